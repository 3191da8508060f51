"""The stack's API as a client of it needs it: where it is, and the key that it asks for."""

import http.client
import json
import shlex
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from cli.errors import CommandError
from cli.stack import Stack
from wildrydes.tasks import DEFAULT_TASK, TASKS, features_of

_SECONDS = 30

# A ride to ask about, in the fields of the API; heat of 33 °C, as the workshop's own example has it.
SAMPLE_RIDE = {"distance": 30, "healthpoints": 30, "magicpoints": 2500, "TMAX": 333, "TMIN": 300, "PRCP": 0}


class NoAnswerError(CommandError):
    """The API refused a request or could not be reached; the message says why."""


@dataclass(frozen=True)
class Api:
    """`url` ends with a slash; `key` is None where requests are to be signed instead; `options` lead to its stack."""

    url: str
    key: str | None
    options: str = ""

    @classmethod
    def of(cls, stack: Stack) -> "Api":
        """The API of a stack. No template and no file has the value of its key: API Gateway says it."""
        key_id = stack.outputs.get("ApiKeyId")
        if key_id is None:
            return cls(stack.api_url, None, stack.options)
        key = stack.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)
        return cls(stack.api_url, key["value"], stack.options)

    def request(self, body: Any, path: str = "") -> urllib.request.Request:
        """A POST of `body` as JSON, with the key."""
        headers = {"Content-Type": "application/json"} | ({"x-api-key": self.key} if self.key else {})
        return urllib.request.Request(self.url + path, data=json.dumps(body).encode(), headers=headers)  # noqa: S310

    def ask(self, ride: Any, path: str = "") -> str:
        """POST `ride`; the body of the answer. Raises NoAnswerError."""
        if self.key is None:
            raise NoAnswerError("This stack's API takes signed requests alone: `curl --aws-sigv4` sends one.")
        return self._answer(self.request(ride, path), task_at(path))

    def sample_ride(self) -> dict[str, int]:
        """The sample ride, as far as the champion looks at it: a ride with more fields is refused."""
        features = self.features()
        return {name: value for name, value in SAMPLE_RIDE.items() if features is None or name in features}

    def sample(self, task: str) -> dict[str, Any]:
        """A usual ride or sample of a task. What the champion does not look at is passed over."""
        if task == DEFAULT_TASK:
            return self.sample_ride()
        named = features_of(TASKS[task].source)
        return {name: named[name].example for name in TASKS[task].features}

    def features(self) -> list[str] | None:
        """What the champion looks at, by the API's document, which is there for everybody; None without a champion.

        Raises NoAnswerError.
        """
        document = json.loads(self._answer(urllib.request.Request(self.url + "openapi.json")))  # noqa: S310
        return document["components"]["schemas"]["Ride"].get("required")

    def _answer(self, request: urllib.request.Request, task: str = DEFAULT_TASK) -> str:
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
                return response.read().decode()
        except urllib.error.HTTPError as refusal:
            raise NoAnswerError(_reason(refusal.code, refusal.read(), task, self.options)) from None
        except (OSError, http.client.HTTPException) as fault:
            raise NoAnswerError(f"The API at {self.url} could not be reached: {fault}") from None


def _reason(status: int, body: bytes, task: str, options: str) -> str:
    """What a refusal of a task says: its problem's `detail` (RFC 9457), or the body as it is."""
    text = body.decode(errors="replace").strip()
    try:
        problem = json.loads(text)
    except ValueError:
        problem = {}
    detail = problem.get("detail", text) if isinstance(problem, dict) else text
    if status == 503 and isinstance(problem, dict) and problem.get("field") == "model":
        return f"{task} has no champion: `wildrydes retrain --task {task}{options}` trains one."
    return f"The API answered {status}: {detail}"


def path_of(task: str) -> str:
    """Where the API answers for a task, below its URL."""
    return "" if task == DEFAULT_TASK else f"tasks/{task}/predictions"


def task_at(path: str) -> str:
    """The task that the API answers for at a path below its URL."""
    return next((task for task in TASKS if path and path == path_of(task)), DEFAULT_TASK)


def curl(ride: Any, path: str = "") -> str:
    """The command line that asks the same, with the variables of build/embedded-aws.env."""
    url = f"${{API_URL}}{path}" if path else "$API_URL"
    return f"""curl -H "x-api-key: $API_KEY" -d {shlex.quote(json.dumps(ride))} {url}"""
