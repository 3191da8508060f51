"""kill -9 of a server that keeps its state, in state after state of a retraining and of its promotion.

The next server goes on, a redrive repeats nothing that was over, and what comes of it is what comes of an execution
that nobody disturbs: counts, metrics and the model, byte for byte.
"""

import hashlib
import io
import json
import os
import re
import signal
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cli import deploy, embedded, orphans
from cli import stack as stacks_of_commands
from cli import weather as noaa
from local import account
from local.account import EmbeddedAws
from machines import until
from stacks import ROOT, SAMPLE_RIDES, SAMPLE_WEATHER, Stack
from wildrydes.tasks import TASKS

FEW = min(SAMPLE_RIDES, key=lambda path: path.stat().st_size)
NAME, TASK = "proof", "heavy_utilization"
INTERRUPTED = "EmbeddedAws.ServerEnded"
# The server is killed whenever so many states are new. With the smaller number the kills reach into the promotion.
FEW_KILLS, MANY_KILLS = 10, 3
# A promotion that was killed with its retraining is put in order, and starts once more: these come again for it.
AGAIN = {"Name promotion", "Promote", "Stop promotion", "Restore", "Did it go live?"}
SECONDS = 1800


@dataclass
class Server:
    """A server on one port that keeps its state in one folder, one process after another."""

    folder: Path
    port: int = field(default_factory=embedded.free_port)
    kills: int = 0

    def launch(self) -> Stack:
        """Start it; the stack on it, deployed if it was not."""
        self.server = EmbeddedAws.on_port(self.port)
        log = self.folder.parent / f"server-{self.kills}.log"
        options = ("--keep", str(self.folder))
        self.process = embedded.launch(self.server, log, tied=True, options=options)
        return Stack(self.server, deploy.deploy(ROOT, self.server, stacks_of_commands.DEFAULT_NAME))

    def kill(self) -> None:
        """Kill it, and end the jobs that it left running, as the next `up` does."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        orphans.sweep()
        self.kills += 1


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Server]:
    """A server whose state outlives it."""
    server = Server(tmp_path / "state")
    yield server
    embedded.end(server.process)


def prepare(server: EmbeddedAws, stack: Stack) -> None:
    """Put weather and rides in place."""
    noaa.fill(server, noaa.collect(SAMPLE_WEATHER))
    stack.upload([FEW])


def entered(stack: Stack, *executions: str) -> list[str]:
    """The states that executions have come to, in their order."""
    states = stack.client("stepfunctions")
    events = [
        event
        for arn in executions
        for event in account.entries(states, "get_execution_history", "events", executionArn=arn)
    ]
    return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]


def promotions(stack: Stack) -> dict[str, str]:
    """The executions of `promote`, with how they ended."""
    listed = account.entries(
        stack.client("stepfunctions"),
        "list_executions",
        "executions",
        stateMachineArn=stack.outputs["PromoteStateMachineArn"],
    )
    return {each["executionArn"]: each["status"] for each in listed}


def result(stack: Stack, arn: str) -> dict[str, Any]:
    """What came of an execution: counts and metrics, the digests of its models, what is live, and what it answers.

    A training job that was killed leaves its name taken, so the job after it, and the model's key, have a number more.
    """
    return json.loads(re.sub(rf"\b{NAME}-\d+/output/", f"{NAME}/output/", json.dumps(outcome(stack, arn))))


def outcome(stack: Stack, arn: str) -> dict[str, Any]:
    """What `result` says, by the names as they are."""
    output = json.loads(stack.client("stepfunctions").describe_execution(executionArn=arn)["output"])
    _, answer = stack.ask(output["metrics"]["golden"]["ride"])
    alias = stack.client("lambda").get_alias(FunctionName=stack.outputs["PredictFunctionName"], Name="live")
    return {
        "promoted": output["promoted"],
        "registry": [json.loads(stack.read(key))["model_path"] for key in stack.keys("models/registry/")],
        "weights": alias.get("RoutingConfig"),
        "parameter": stack.client("ssm").get_parameter(Name=TASKS[TASK].parameter)["Parameter"]["Value"],
        "training_set": output["training_set"],
        "metrics": output["metrics"],
        "live": output["live_model_path"],
        "model": digests(stack.read(output["live_model_path"])),
        "answer": answer,
        "rejected": sorted(json.dumps(without_upload(each), sort_keys=True) for each in stack.rejected()),
    }


def without_upload(line: dict[str, Any]) -> dict[str, Any]:
    """A rejected record's line without what differs from one upload of its file to the next."""
    source = {field: value for field, value in line["source"].items() if field not in ("version", "arrived_at")}
    return line | {"source": source}


def digests(artefact: bytes) -> dict[str, str]:
    """The digests of the files in a model.tar.gz, which is a tar of one zip; both have the moment of their making."""
    with tarfile.open(fileobj=io.BytesIO(artefact)) as archive:
        (inner,) = archive.getmembers()
        content = archive.extractfile(inner)
        assert content is not None
        with zipfile.ZipFile(io.BytesIO(content.read())) as files:
            return {name: hashlib.sha256(files.read(name)).hexdigest() for name in files.namelist()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What comes of the execution on a server that nobody kills."""
    log = tmp_path_factory.mktemp("undisturbed") / "server.log"
    with embedded.temporary_server(log) as server:
        stack = Stack(server, deploy.deploy(ROOT, server, stacks_of_commands.DEFAULT_NAME))
        prepare(server, stack)
        arn = stack.start(NAME, task=TASK)
        described = stack.ended(arn, SECONDS)
        assert described["status"] == "SUCCEEDED", described
        return result(stack, arn)


@pytest.mark.parametrize(
    ("every", "redrives", "ended_promotions"),
    [
        pytest.param(FEW_KILLS, 2, 0, marks=pytest.mark.proof),
        pytest.param(MANY_KILLS, 5, 2, marks=pytest.mark.loop),
    ],
    ids=["some states", "every third state"],
)
def test_killed_in_state_after_state_the_result_is_that_of_an_undisturbed_execution(
    killed: Server, undisturbed: dict[str, Any], every: int, redrives: int, ended_promotions: int
) -> None:
    stack = killed.launch()
    prepare(killed.server, stack)
    arn = stack.start(NAME, task=TASK)
    seen: set[str] = set()
    while states := until(partial(new_states, stack, arn, seen, every), lambda new: new is not None, SECONDS, 0.05):
        seen |= states
        killed.kill()
        stack = killed.launch()
        described = stack.client("stepfunctions").describe_execution(executionArn=arn)
        if described["status"] == "SUCCEEDED":
            # It got to its end between the look and the kill.
            break
        assert (described["status"], described.get("error")) == ("FAILED", INTERRUPTED), described
        stack.client("stepfunctions").redrive_execution(executionArn=arn)
    described = stack.ended(arn, SECONDS)
    assert described["status"] == "SUCCEEDED", (described, seen)
    assert described["redriveCount"] >= redrives
    # Many kills end a promotion or two; few may end none.
    assert list(promotions(stack).values()).count("FAILED") >= ended_promotions
    assert result(stack, arn) == undisturbed
    assert left_twice(stack, arn) == {}


def new_states(stack: Stack, arn: str, seen: set[str], every: int) -> set[str] | None:
    """The states that are new: None until there are `every` of them, none where there is no other to kill in."""
    if stack.client("stepfunctions").describe_execution(executionArn=arn)["status"] != "RUNNING":
        return set()
    own, of_promotions = entered(stack, arn), entered(stack, *promotions(stack))
    new = {*own, *(f"promotion: {name}" for name in of_promotions)} - seen
    return new if len(new) >= every else None


def left_twice(stack: Stack, arn: str) -> dict[str, int]:
    """The states of the workflow itself that were left more than once: its loops, and the end, have states that are."""
    history = account.entries(stack.client("stepfunctions"), "get_execution_history", "events", executionArn=arn)
    own = json.loads((ROOT / "statemachines" / "retrain.asl.json").read_text(encoding="utf-8"))["States"]
    left = Counter(event["stateExitedEventDetails"]["name"] for event in history if "stateExitedEventDetails" in event)
    return {name: number for name, number in left.items() if name in own and name not in AGAIN and number > 1}
