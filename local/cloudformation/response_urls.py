"""The URLs by which functions answer for custom resources, and others signal wait conditions.

On AWS they are presigned URLs of S3. Here each holds a random token that its receiver alone was told; it takes a PUT
of 4,096 bytes at most, as AWS does, and needs no signature. A custom resource takes one, a wait condition one signal of
each UniqueId, and a thousand at most. Everything else below these paths stays closed.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from local import account
from local.iam import bodies
from local.iam.request_guard import ANSWER_PREFIXES, NOTHING_HERE, Application, Receive, Scope, Send, send_json
from local.seams import replace, seam

LARGEST_ANSWER = 4096
MOST_SIGNALS = 1000

_RESPONSES, _SIGNALS = ANSWER_PREFIXES


def install() -> None:
    """Let a custom resource fail as soon as its function has, and not after an hour: nobody else would answer."""
    from ministack.services import lambda_svc
    from ministack.services.cloudformation import custom_resource, wait_conditions

    for module, name in ((custom_resource, "_pending"), (custom_resource, "deliver_response")):
        seam(module, name)
    for name in ("has_handle", "deliver_signal", "_handles"):
        seam(wait_conditions, name)
    # The server listens on this address alone, and some take `localhost` for that of IPv6.
    replace(custom_resource, "_HOST", account.HOST)
    execute = seam(lambda_svc, "_execute_function_with_config_scope")

    def execute_and_answer(function: dict[str, Any], event: Any) -> dict[str, Any]:
        result = execute(function, event)
        token = _token_of(event)
        if result.get("error") and token is not None and is_awaited(token):
            custom_resource.deliver_response(token, {"Status": "FAILED", "Reason": _reason(result.get("body"))})
        return result

    replace(lambda_svc, "_execute_function_with_config_scope", execute_and_answer)


def _token_of(event: Any) -> str | None:
    """The token of the URL in the event of a custom resource; None for every other event."""
    url = event.get("ResponseURL") if isinstance(event, dict) else None
    _, prefix, token = str(url).partition(_RESPONSES)
    return token if prefix else None


def _reason(error: Any) -> str:
    details = error if isinstance(error, dict) else {}
    return f"The function failed: {details.get('errorType', 'error')}: {details.get('errorMessage', '')}"


def is_awaited(token: str) -> bool:
    """Whether a custom resource waits for an answer by this token."""
    from ministack.services.cloudformation import custom_resource

    entry = custom_resource._pending.get(token)
    return entry is not None and entry["result"] is None


@dataclass(frozen=True)
class AnswerUrls:
    """Takes the answers that are put to these URLs, and hands every other request to `application`."""

    application: Application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        prefix = next((each for each in ANSWER_PREFIXES if scope.get("path", "").startswith(each)), None)
        if scope["type"] != "http" or prefix is None:
            await self.application(scope, receive, send)
            return
        token = scope["path"].removeprefix(prefix)
        if scope["method"] != "PUT" or not is_expected(prefix, token):
            # As where nothing is: a guess learns nothing.
            await send_json(send, 403, {"message": NOTHING_HERE})
            return
        try:
            body = await bodies.read(receive, "", LARGEST_ANSWER)
        except bodies.DisconnectedError:
            return
        except bodies.TooLargeError:
            await send_json(send, 400, {"message": "The answer is too long."})
            return
        refusal = await asyncio.to_thread(_deliver, prefix, token, body)
        await send_json(send, 400 if refusal else 200, {"message": refusal} if refusal else {})


def is_expected(prefix: str, token: str) -> bool:
    """Whether somebody waits for what is put to this URL."""
    from ministack.services.cloudformation import wait_conditions

    return is_awaited(token) if prefix == _RESPONSES else wait_conditions.has_handle(token)


def _deliver(prefix: str, token: str, body: bytes) -> str | None:
    """Hand the answer to who waits for it; why not, where it is none."""
    from ministack.services.cloudformation import custom_resource, wait_conditions

    try:
        answer = json.loads(body)
        if prefix == _SIGNALS:
            handle = wait_conditions._handles.get(token)
            if handle is not None and len(handle["signals"]) >= MOST_SIGNALS:
                return f"A wait condition takes {MOST_SIGNALS} signals at most."
            wait_conditions.deliver_signal(token, answer)
        elif isinstance(answer, dict) and answer.get("Status") in ("SUCCESS", "FAILED"):
            custom_resource.deliver_response(token, answer)
        else:
            return "The Status of an answer is SUCCESS or FAILED."
    except (ValueError, RecursionError) as fault:
        return f"The answer is none: {fault}"
    return None
