"""`make rollback` and `make models`: an earlier model live again, and the list of all there were.

A rollback is a promotion of the earlier model: the same workflow, the same smoke test with the ride and the answer
that the registry kept, and at once for all requests.
"""

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from cli import console as shown
from cli import deploy, executions
from cli import models as registry
from local.account import EmbeddedAws


@dataclass(frozen=True)
class Outcome:
    """How a promotion ended: its last progress, the execution's ARN, and how long it took."""

    progress: executions.Progress
    arn: str
    seconds: float


def rollback(server: EmbeddedAws, stack: str, to: str | None, console: Console) -> int:
    """Make the model of execution `to` live again, by default the one before. Returns 1 where that failed.

    Raises registry.NoEarlierModelError.
    """
    outputs = deploy.deployed(server, stack).outputs
    history = registry.entries(server, outputs["DataBucketName"])
    earlier = registry.earlier(history, to)
    console.print(f"From the model of {history[-1].execution} back to that of {earlier.execution}")
    outcome = promote(server, outputs["PromoteStateMachineArn"], request(earlier, history[-1]))
    if outcome.progress.status != "SUCCEEDED":
        console.print(shown.failure_report(executions.failure(server, outcome.arn, outcome.progress)))
        return 1
    output = json.loads(outcome.progress.output or "{}")
    console.print(
        f"{output['execution']} is live as version {output['version']}, instead of version "
        f"{output['previous_version']}, after {outcome.seconds:.1f} s."
    )
    return 0


def request(earlier: registry.Entry, now: registry.Entry) -> dict[str, Any]:
    """The input of the promotion that takes `now` back to `earlier`."""
    return {
        "model_path": earlier.model_path,
        "execution": earlier.execution,
        "golden": earlier.golden,
        "bake_seconds": 0,
        "reason": f"rollback from {now.execution}",
    }


def promote(server: EmbeddedAws, machine: str, given: dict[str, Any]) -> Outcome:
    """Run the promotion to its end."""
    began = time.monotonic()
    started = server.client("stepfunctions").start_execution(
        stateMachineArn=machine, name=f"rollback-{uuid.uuid4().hex[:12]}", input=json.dumps(given)
    )
    *_, progress = executions.follow(server, started["executionArn"])
    return Outcome(progress, started["executionArn"], time.monotonic() - began)


def models(server: EmbeddedAws, stack: str, console: Console) -> int:
    """List what was live, when and with which numbers, and why the others were not."""
    bucket = deploy.deployed(server, stack).outputs["DataBucketName"]
    listed = registry.lines(registry.entries(server, bucket), registry.cards(server, bucket))
    if not listed:
        console.print("There is no model yet: `make run` trains one.")
        return 0
    for line in listed:
        console.print(described(line), style="bold" if line.until == "now" else None, markup=False)
    return 0


def described(line: registry.ModelLine) -> str:
    """A line as a person reads it, with the reason below it; times in UTC, to the second."""
    since, until = (each[:19].replace("T", " ") for each in (line.since, line.until))
    when = f"live from {since} to {until}, version {line.version}" if until else "never live"
    numbers = {"log loss": line.log_loss, "AUC": line.auc, "accuracy": line.accuracy}
    told = ", ".join(f"{name} {number:.4f}" for name, number in numbers.items() if number is not None)
    return f"{line.execution}  {when}  {told}\n    {line.why}"
