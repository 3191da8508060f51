"""The API under load: what it is made for, and then ten times what its plan allows.

    python -m bench.load                    against `make up`, or a server of its own, where it trains a model first

Five requests a second for a minute, all of which have to be answered, then ten times the plan's rate for ten seconds,
of which the excess has to be refused with 429. Every answer is compared with the number that the live model's artefact
gives here. Prints p50 and p99; the exit code is 1 where an answer is wrong, missing, or a 5xx.
"""

import argparse
import contextlib
import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from bench.command import Show, bar, note, run
from cli import api, deploy, models, trial
from cli.__main__ import STACK
from cli.server_record import ServerRecord
from local import account
from local.account import EmbeddedAws
from local.server import ROOT
from wildrydes.model.linear_model import read_model
from wildrydes.model.storage import execution_of

_CONNECTIONS = 16
_EXCESS = 10


@dataclass(frozen=True)
class Question:
    """A ride, and the probability that is its right answer."""

    ride: dict[str, float]
    probability: float


@dataclass(frozen=True)
class Reply:
    """An answer: its status, 0 for none, the seconds it took, and what is wrong with it, if something is."""

    status: int
    seconds: float
    fault: str | None


@dataclass(frozen=True)
class Phase:
    """The replies to requests that were sent at a steady rate, in `seconds` all in all."""

    name: str
    replies: list[Reply]
    seconds: float

    def __str__(self) -> str:
        statuses = Counter(reply.status for reply in self.replies)
        counted = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
        rate = len(self.replies) / self.seconds
        lines = [
            f"{self.name}: {len(self.replies):,} requests in {self.seconds:.1f} s ({rate:.0f} a second): {counted}"
        ]
        for status in sorted(statuses):
            times = [reply.seconds for reply in self.replies if reply.status == status]
            lines.append(f"  {status}: p50 {percentile(times, 50):.1f} ms, p99 {percentile(times, 99):.1f} ms")
        return "\n".join(lines)


def percentile(seconds: Sequence[float], share: int) -> float:
    """The smallest of the times, in milliseconds, that `share` percent do not exceed."""
    return sorted(seconds)[-(-len(seconds) * share // 100) - 1] * 1000


def main(arguments: list[str] | None = None) -> int:
    """Measure and print. Returns 1 where something was wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.load", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60, help="how long to ask 5 times a second (%(default)s)")
    parser.add_argument("--excess-seconds", type=float, default=10, help="how long to ask too often (%(default)s)")
    given = parser.parse_args(arguments)
    with _stack() as (server, outputs):
        questions = questions_for(server, outputs)
        if not questions:
            print("No model is live: `make run` promotes one.")  # noqa: T201
            return 1
        target, (rate, burst) = api.of_stack(server, outputs), plan_of(server, outputs)
        with bar("5 requests a second", count := round(5 * given.seconds)) as show:
            steady = send("steady", target, questions, 5, count, show)
        print(steady)  # noqa: T201
        too_often = _EXCESS * rate
        with bar(f"{too_often:g} requests a second", count := round(too_often * given.excess_seconds)) as show:
            excess = send("excess", target, questions, too_often, count, show)
        print(excess)  # noqa: T201
    faults = [*faults_of(steady, None), *faults_of(excess, burst + rate * excess.seconds + 1)]
    print("\n".join(faults) or "Every answer was right, and all of the excess was refused with 429.")  # noqa: T201
    return 1 if faults else 0


@contextlib.contextmanager
def _stack() -> Iterator[tuple[EmbeddedAws, dict[str, str]]]:
    """Server and outputs of the stack that `make up` keeps, or of one for the length of the block, with a model."""
    running = ServerRecord().running_server()
    if running is not None:
        yield running, deploy.deployed(running, STACK).outputs
        return
    note("No embedded AWS is running: starting one, and training a model for it")
    with TemporaryDirectory() as folder:
        data = ROOT / "data"
        with trial.trial(data / "rides", data / "weather", Path(folder) / "log") as aws:
            aws.retrain()
            yield aws.server, aws.deployment.outputs


def questions_for(server: EmbeddedAws, outputs: dict[str, str], count: int = 200) -> list[Question]:
    """Rides for the live model, each with its right answer; none where no model is live."""
    function = server.client("lambda").get_function_configuration(
        FunctionName=outputs["PredictFunctionName"], Qualifier="live"
    )
    path = function["Environment"]["Variables"]["MODEL_PATH"]
    if path == deploy.NO_MODEL:
        return []
    bucket = outputs["DataBucketName"]
    model = read_model(server.client("s3").get_object(Bucket=bucket, Key=path)["Body"].read())
    features = models.card(server, bucket, execution_of(path))["features"]
    rides = [
        {name: float((place * 7 + 13 * each) % 400) for each, name in enumerate(features)} for place in range(count)
    ]
    return [Question(ride, model.score(list(ride.values()))) for ride in rides]


def plan_of(server: EmbeddedAws, outputs: dict[str, str]) -> tuple[float, int]:
    """The rate and the burst of the usage plan that the API's key is in."""
    plans = account.entries(server.client("apigateway"), "get_usage_plans", "items")
    (plan,) = [each for each in plans if outputs["ApiId"] in [stage["apiId"] for stage in each["apiStages"]]]
    return float(plan["throttle"]["rateLimit"]), int(plan["throttle"]["burstLimit"])


def send(
    name: str,
    target: api.Api,
    questions: Sequence[Question],
    rate: float,
    count: int,
    show: Show = lambda _: None,
) -> Phase:
    """Send so many requests at a rate, each when it is due, whether or not those before are answered."""
    due, stopped = itertools.count(), threading.Event()
    replies: list[Reply] = []
    began = time.monotonic()

    def work() -> None:
        url = urlsplit(target.url)
        connection = http.client.HTTPConnection(url.netloc, timeout=30)
        while not stopped.is_set() and (place := next(due)) < count:
            stopped.wait(max(0.0, began + place / rate - time.monotonic()))
            replies.append(_ask(connection, url.path, target, questions[place % len(questions)]))
            show(len(replies))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    finally:
        # By Ctrl-C: nothing more is to be sent.
        stopped.set()
    return Phase(name, replies, time.monotonic() - began)


def _ask(connection: http.client.HTTPConnection, path: str, target: api.Api, question: Question) -> Reply:
    headers = {"Content-Type": "application/json", "x-api-key": target.key or ""}
    began = time.monotonic()
    try:
        connection.request("POST", path, json.dumps(question.ride), headers)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as fault:
        connection.close()
        return Reply(0, time.monotonic() - began, f"no answer: {fault!r}")
    seconds = time.monotonic() - began
    return Reply(response.status, seconds, _fault(response, body, question))


def _fault(response: http.client.HTTPResponse, body: bytes, question: Question) -> str | None:
    """What is wrong with an answer, None where nothing is."""
    answer: dict[str, Any] = json.loads(body)
    if response.status == 200:
        told = answer["probability"]
        return None if told == question.probability else f"{question.ride} got {told}, not {question.probability}"
    if response.status == 429:
        whole = answer["field"] == "rate" and answer["status"] == 429 and response.getheader("Retry-After")
        return None if whole else f"a refusal that is no problem with Retry-After: {body.decode()}"
    return f"an answer of {response.status}: {body.decode(errors='replace')}"


def faults_of(phase: Phase, allowed: float | None) -> list[str]:
    """What was wrong in a phase: bad answers, a 429 where None is due, or more than `allowed` that were answered."""
    faults = sorted({reply.fault for reply in phase.replies if reply.fault})[:10]
    answered, refused = (sum(reply.status == status for reply in phase.replies) for status in (200, 429))
    if allowed is None and refused:
        faults.append(f"{refused} requests were refused that the plan allows")
    if allowed is not None and not (0 < answered <= allowed and refused):
        faults.append(f"{answered} requests were answered, {refused} refused; the plan allows {allowed:.0f}")
    return [f"{phase.name}: {fault}" for fault in faults]


if __name__ == "__main__":
    run(main)
