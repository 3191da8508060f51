"""An execution is killed in each state that it comes to, and the next start is not locked out.

The states are those of `statemachines/retrain.asl.json` that a retraining enters on its way to a new champion, the
Maps' included, as one that nobody disturbs goes through them. Each execution is stopped in one of them, while the one
before it was stopped in another. Each has new rides, so that each has all of the way before it.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import deploy
from cli import weather as noaa
from local import account
from local.account import EmbeddedAws
from machines import unique, until
from promotions import redefined
from stacks import ROOT, SAMPLE_RIDES, MakeStack, Stack
from stream_rides import ride
from wildrydes.bucket import Source
from wildrydes.rides.files import records
from wildrydes.rides.ingestion import ingest

pytestmark = pytest.mark.loop

FEW = min(SAMPLE_RIDES, key=lambda path: path.stat().st_size)
# The last state before which an execution does not have the turn.
TURN = "Take turn"
# From here on the model is live, and an execution may succeed before it is stopped.
LIVE, LAST = "Account costs", "Retrained"
# A model that is as good as the champion is not promoted: each of these promotes the first model of its task.
UNDISTURBED, KILLED, KILLED_LAST = "service_requested", "heavy_utilization", "magic_points"
CHILD = "Ingest chunk"
PROMOTION = "Name promotion"
SECONDS = 120


def states_of(machine: dict[str, Any]) -> Iterator[str]:
    """The names of a machine's states, with those of its Maps."""
    for name, state in machine["States"].items():
        yield name
        if "ItemProcessor" in state:
            yield from states_of(state["ItemProcessor"])


class Chain:
    """Executions of one stack, each with a new ride, that are stopped one after the other."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.states = stack, stack.client("stepfunctions")
        self.rides = 0

    def upload(self, key: str, body: bytes) -> None:
        """Put a file of rides, and count those that are accepted."""
        self.stack.put(f"raw/{key}", body)
        self.rides += ingest(records([body]), Source(key, "")).counts.accepted

    def start(self, task: str) -> str:
        number = self.rides
        self.upload(f"{number:06}.json", json.dumps([ride(number)]).encode())
        return self.stack.start(task=task)

    def children(self, arn: str) -> list[str]:
        """The executions of the Distributed Map."""
        runs = account.entries(self.states, "list_map_runs", "mapRuns", executionArn=arn)
        return [
            each["executionArn"]
            for run in runs
            for each in account.entries(self.states, "list_executions", "executions", mapRunArn=run["mapRunArn"])
        ]

    def entered(self, *executions: str) -> list[str]:
        """The states that executions have come to, in their order."""
        names = [
            event["stateEnteredEventDetails"]["name"]
            for arn in executions
            for event in account.entries(self.states, "get_execution_history", "events", executionArn=arn)
            if "stateEnteredEventDetails" in event
        ]
        return list(dict.fromkeys(names))

    def kill(self, state: str, task: str = KILLED) -> None:
        """Start, and stop in a state, or right after it. It must not yield."""
        arn = self.start(task)

        def entered() -> list[str]:
            # Only a child comes to its own states, and each look at the children costs as much as the execution.
            return self.entered(arn, *(self.children(arn) if state == CHILD else ()))

        def is_over() -> bool:
            return self.states.describe_execution(executionArn=arn)["status"] != "RUNNING"

        until(lambda: state in entered() or is_over(), bool, SECONDS, longest_pause=0.01)
        self.states.stop_execution(executionArn=arn)
        described = self.stack.ended(arn)
        names = entered()
        assert state in names, (state, names, described)
        assert "Yielded" not in names, described
        stopped = {"ABORTED", "SUCCEEDED"} if LIVE in names else {"ABORTED"}
        assert described["status"] in stopped, (state, described)

    def succeed(self, task: str = KILLED) -> dict[str, Any]:
        """Start, and wait for the success, of every ride once; the output."""
        arn = self.start(task)
        described = self.stack.ended(arn, 2 * SECONDS)
        assert described["status"] == "SUCCEEDED", described
        output = json.loads(described["output"])
        assert "yielded_to" not in output
        assert output["training_set"]["rides"] == self.rides
        return output | {"arn": arn}


@pytest.fixture
def chain(make_stack: MakeStack) -> Chain:
    chain = Chain(make_stack())
    chain.upload(FEW.name, FEW.read_bytes())
    return chain


def alternately(names: list[str]) -> list[str]:
    """The states before the turn, each followed by some after it, which show that the next start has the turn."""
    before = names[: names.index(TURN) + 1]
    after = names[len(before) :]
    step = -(-len(after) // len(before))
    return [each for place, name in enumerate(before) for each in (name, *after[place * step : (place + 1) * step])]


def test_killed_at_each_state_the_next_start_is_not_locked_out(chain: Chain) -> None:
    machine = json.loads((ROOT / "statemachines" / "retrain.asl.json").read_text(encoding="utf-8"))
    # The next one of each task finds that the turn is another's, who has ended: all states of the turn are on its way.
    for task in (UNDISTURBED, KILLED):
        chain.kill(CHILD, task)
    arn = chain.succeed(UNDISTURBED)["arn"]
    entered = chain.entered(arn, *chain.children(arn))
    assert set(entered) <= set(states_of(machine))
    assert {TURN, "Take over", CHILD, "Train candidate", "Promote", LIVE, LAST} <= set(entered)
    names = [name.replace(UNDISTURBED, KILLED) for name in entered if name not in (LIVE, LAST)]
    for state in alternately(names):
        chain.kill(state)
    chain.kill(LIVE)
    chain.kill(LAST, KILLED_LAST)
    chain.succeed(KILLED_LAST)
    output = chain.succeed()
    status, answer = chain.stack.ask(output["metrics"]["golden"]["ride"])
    assert (status, answer["model"]) == (200, output["live_model_path"].split("/")[1])


def test_stopped_in_state_after_state_and_redriven_each_time_it_repeats_none(chain: Chain) -> None:
    """One execution, until it promotes: what a stopped promotion leaves is put in order, and the retraining fails."""
    arn = chain.start(KILLED)
    stopped: set[str] = set()
    stops = 0

    def new() -> set[str]:
        described = chain.states.describe_execution(executionArn=arn)
        assert described["status"] == "RUNNING", (described.get("error"), described.get("cause"), stopped)
        return set(chain.entered(arn, *chain.children(arn))) - stopped

    while PROMOTION not in stopped:
        names = until(new, bool, SECONDS, longest_pause=0.01)
        if PROMOTION not in names:
            chain.states.stop_execution(executionArn=arn)
            chain.states.redrive_execution(executionArn=arn)
            stops += 1
        stopped |= names
    described = chain.stack.ended(arn, 2 * SECONDS)
    assert described["status"] == "SUCCEEDED", described
    # How many there are depends on the machine: quick states pass between two looks.
    assert described["redriveCount"] == stops > 0
    assert json.loads(described["output"])["training_set"]["rides"] == chain.rides
    history = account.entries(chain.states, "get_execution_history", "events", executionArn=arn)
    own = json.loads((ROOT / "statemachines" / "retrain.asl.json").read_text(encoding="utf-8"))["States"]
    left = Counter(event["stateExitedEventDetails"]["name"] for event in history if "stateExitedEventDetails" in event)
    assert {name: number for name, number in left.items() if name in own and number > 1} == {}


def test_after_an_end_that_no_state_catches_the_next_start_is_not_locked_out(chain: Chain) -> None:
    broken = {"Select weather": {"Type": "Wait", "SecondsPath": "$.nothing", "End": True}}
    with redefined(chain.stack, "StateMachineArn", States=broken):
        described = chain.stack.ended(chain.start(KILLED))
        assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")
    chain.succeed()


DYING = """

def dying(answer, path={path!r}):
    import os, pathlib, signal

    def handle(event, context):
        if pathlib.Path(path).exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return answer(event, context)

    return handle

handler = dying(handler)
"""


def test_after_a_worker_was_killed_each_time_the_next_start_is_not_locked_out(
    server: EmbeddedAws, weather: noaa.Weather, copy_of_the_project: Path, tmp_path: Path
) -> None:
    """As where it is out of memory: the function's process is killed at each attempt, and the execution fails."""
    mark = tmp_path / "killing"
    with (copy_of_the_project / "functions" / "list_rides" / "app.py").open("a", encoding="utf-8") as code:
        code.write(DYING.format(path=str(mark)))
    name = unique("rydes")
    parameters = deploy.parameters_of_champions(f"/wildrydes/{name}")
    chain = Chain(Stack(server, deploy.deploy(copy_of_the_project, server, name, parameters)))
    chain.upload(FEW.name, FEW.read_bytes())
    mark.touch()
    described = chain.stack.ended(chain.start(KILLED))
    assert (described["status"], described["error"]) == ("FAILED", "Runtime.ExitError"), described
    mark.unlink()
    chain.succeed()
