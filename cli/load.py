"""`wildrydes load`: the API under load, what it is made for, and then ten times what its plan allows.

Five requests a second for a minute, all of which must be answered, then ten times the plan's rate for ten seconds, of
which the excess must be refused with 429. Every answer is compared with the number that the champion's artefact gives
here. Prints p50 and p99; the exit code is 1 where an answer is wrong, missing, or a 5xx.
"""

import contextlib
import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import click

from cli import models, options, trial
from cli.api import Api
from cli.progress import Show, bar
from cli.server_record import ServerRecord
from cli.stack import Stack
from cli.status import champion_path
from local import account
from wildrydes.model.linear_model import read_model
from wildrydes.model.storage import execution_of
from wildrydes.tasks import DEFAULT_TASK

_CONNECTIONS = 16
_EXCESS = 10
_SECONDS = click.FloatRange(0, 3600, min_open=True)


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

    def statuses(self) -> dict[int, dict[str, float]]:
        """By status: how many requests, and the median and 99th percentile of their times in milliseconds."""
        statuses: dict[int, dict[str, float]] = {}
        for status in sorted({reply.status for reply in self.replies}):
            times = [reply.seconds for reply in self.replies if reply.status == status]
            percentiles = {f"p{share}_ms": round(percentile(times, share), 3) for share in (50, 99)}
            statuses[status] = {"requests": len(times), **percentiles}
        return statuses

    def to_json(self) -> dict[str, Any]:
        """The phase as a JSON object."""
        seconds = round(self.seconds, 3)
        return {"phase": self.name, "requests": len(self.replies), "seconds": seconds, "statuses": self.statuses()}

    def __str__(self) -> str:
        statuses = self.statuses()
        counted = ", ".join(f"{of['requests']} × {status}" for status, of in statuses.items())
        rate = len(self.replies) / self.seconds
        lines = [
            f"{self.name}: {len(self.replies):,} requests in {self.seconds:.1f} s ({rate:.0f} a second): {counted}"
        ]
        for status, of in statuses.items():
            lines.append(f"  {status}: p50 {of['p50_ms']:.1f} ms, p99 {of['p99_ms']:.1f} ms")
        return "\n".join(lines)


def percentile(seconds: Sequence[float], share: int) -> float:
    """The smallest of the times, in milliseconds, that `share` percent do not exceed."""
    return sorted(seconds)[-(-len(seconds) * share // 100) - 1] * 1000


@click.command("load", epilog=options.EXIT_CODES, short_help="Put the API under load, and check every answer.")
@click.option("--seconds", type=_SECONDS, default=60, show_default=True, help="How long to ask 5 times a second.")
@click.option("--excess-seconds", type=_SECONDS, default=10, show_default=True, help="How long to ask too often.")
@options.as_json
@options.stack_options
def load_command(
    seconds: float,
    excess_seconds: float,
    *,
    as_json: bool,
    aws: bool,
    profile: str | None,
    region: str | None,
    stack_name: str,
) -> int:
    """Ask the API 5 times a second, then ten times what its plan allows, and check every answer.

    Without a running embedded AWS it starts one, and trains a model for it. On AWS, requests are billed.

    \b
    Example:
      wildrydes load --seconds 10
    """
    with _stack(aws, profile, region, stack_name) as stack:
        return measure(stack, seconds, excess_seconds, as_json=as_json)


def measure(stack: Stack, seconds: float, excess_seconds: float, *, as_json: bool = False) -> int:
    """Measure and print. Returns 1 where something was wrong, or there is no champion."""
    questions = questions_for(stack)
    if not questions:
        click.echo(f"{DEFAULT_TASK} has no champion: {stack.command('retrain')} promotes one.", err=True)
        return 1
    target, (rate, burst) = Api.of(stack), plan_of(stack)
    with bar("5 requests a second", count := round(5 * seconds)) as show:
        steady = send("steady", target, questions, 5, count, show)
    if not as_json:
        click.echo(steady)
    too_often = _EXCESS * rate
    with bar(f"{too_often:g} requests a second", count := round(too_often * excess_seconds)) as show:
        excess = send("excess", target, questions, too_often, count, show)
    faults = [*faults_of(steady, None), *faults_of(excess, burst + rate * excess.seconds + 1)]
    if as_json:
        click.echo(json.dumps({"phases": [steady.to_json(), excess.to_json()], "faults": faults}, indent=2))
        return 1 if faults else 0
    click.echo(excess)
    click.echo("\n".join(faults) or "Every answer was right, and all of the excess was refused with 429.")
    return 1 if faults else 0


@contextlib.contextmanager
def _stack(aws: bool, profile: str | None, region: str | None, name: str) -> Iterator[Stack]:
    """The stack that the options name, or one for the length of the block, with a champion."""
    if aws or ServerRecord().running_server() is not None:
        yield Stack.describe(options.account(aws, profile, region), name)
        return
    click.echo("No embedded AWS is running: starting one, and training a model for it", err=True)
    with TemporaryDirectory() as folder, trial.trial(options.RIDES, options.WEATHER, Path(folder) / "log") as made:
        made.retrain()
        yield made.stack


def questions_for(stack: Stack, count: int = 200) -> list[Question]:
    """Rides for the champion, each with its right answer; none where there is no champion."""
    path = champion_path(stack)
    if path is None:
        return []
    model = read_model(stack.client("s3").get_object(Bucket=stack.bucket, Key=path)["Body"].read())
    features = models.card(stack, execution_of(path))["features"]
    rides = [
        {name: float((place * 7 + 13 * each) % 400) for each, name in enumerate(features)} for place in range(count)
    ]
    return [Question(ride, model.score(list(ride.values()))) for ride in rides]


def plan_of(stack: Stack) -> tuple[float, int]:
    """The rate and the burst of the usage plan that the API's key is in."""
    (plan,) = [
        plan
        for plan in account.entries(stack.client("apigateway"), "get_usage_plans", "items")
        if stack.output("ApiId") in [stage["apiId"] for stage in plan["apiStages"]]
    ]
    return float(plan["throttle"]["rateLimit"]), int(plan["throttle"]["burstLimit"])


def send(
    name: str,
    target: Api,
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
        connection_class = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = connection_class(url.netloc, timeout=30)
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


def _ask(connection: http.client.HTTPConnection, path: str, target: Api, question: Question) -> Reply:
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
        probability = answer["probability"]
        same = probability == question.probability
        return None if same else f"{question.ride} got {probability}, not {question.probability}"
    if response.status == 429:
        complete = answer["field"] == "rate" and answer["status"] == 429 and response.getheader("Retry-After")
        return None if complete else f"a refusal that is no problem with Retry-After: {body.decode()}"
    return f"an answer of {response.status}: {body.decode(errors='replace')}"


def faults_of(phase: Phase, allowed: float | None) -> list[str]:
    """What was wrong in a phase: bad answers, a 429 where None is due, or more than `allowed` that were answered."""
    faults = sorted({reply.fault for reply in phase.replies if reply.fault})[:10]
    served, refused = (sum(reply.status == status for reply in phase.replies) for status in (200, 429))
    if allowed is None and refused:
        faults.append(f"{refused} requests were refused that the plan allows")
    if allowed is not None and not (0 < served <= allowed and refused):
        faults.append(f"{served} requests were answered, {refused} refused; the plan allows {allowed:.0f}")
    return [f"{phase.name}: {fault}" for fault in faults]
