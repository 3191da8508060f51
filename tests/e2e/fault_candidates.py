"""How candidates are trained, and a champion predicts, in executions that begin and end there, for the fault matrix.

They begin on what an execution that nothing disturbed came with: its state as its history has it, with another name.
"""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fault_trials import SAMPLES_TASK, few_samples, jobs_of
from local import account
from machines import unique
from promotions import redefined, state_of
from stacks import Stack

CANDIDATES, CHAMPION = "Train candidates", "Read parameter"
"""The states that they begin in."""

_MACHINE = "StateMachineArn"
_SEARCH = {"strategy": "Grid", "parallel": 2, "ranges": {"xgboost": {"max_depth": [2, 3], "num_round": [2]}}}


@dataclass(frozen=True)
class Recorded:
    """An execution that nothing disturbed: its name, its output, and with what it came to each state."""

    name: str
    output: dict[str, Any]
    inputs: dict[str, str]


def record(stack: Stack, **execution_input: Any) -> Recorded:
    """Retrain of few samples, and keep what a later execution may begin on."""
    name = unique("undisturbed")
    stack.put("samples/2024-07-09/few.gz", gzip.compress("\n".join(few_samples()).encode() + b"\n"))
    arn = stack.start(name, task=SAMPLES_TASK, **execution_input)
    described = stack.ended(arn, 600)
    assert described["status"] == "SUCCEEDED", described
    events = account.entries(stack.client("stepfunctions"), "get_execution_history", "events", executionArn=arn)
    entries = (each.get("stateEnteredEventDetails", {}) for each in events)
    inputs = {each["name"]: each["input"] for each in entries if each}
    return Recorded(name, json.loads(described["output"]), inputs)


def record_candidates(stack: Stack) -> Recorded:
    """Of a search, and of a model that only its container reads."""
    return record(stack, promote=False, algorithms=["xgboost", "knn"], tuning=_SEARCH)


def record_champion(stack: Stack) -> Recorded:
    """Of a retraining whose champion only its container reads: an endpoint serves it from here on."""
    promoted = record(stack, serving="endpoint", algorithms=["knn"], force=True).output
    assert promoted["promoted"], promoted["verdict"]
    return record(stack, promote=False, algorithms=["xgboost"], hyperparameters={"xgboost": {"num_round": 1}})


@contextmanager
def only_candidates(stack: Stack) -> Iterator[None]:
    """Retrainings of the stack train their candidates, and end."""
    map_state = {name: value for name, value in state_of(stack, _MACHINE, CANDIDATES).items() if name != "Next"}
    with redefined(stack, _MACHINE, StartAt=CANDIDATES, States={CANDIDATES: map_state | {"End": True}}):
        yield


@contextmanager
def only_champion(stack: Stack, recorded: Recorded) -> Iterator[None]:
    """Retrainings of the stack begin with what is live, and keep it: the evaluation is that of the recorded one."""
    evaluation = {
        "Type": "Pass",
        "Result": recorded.output["metrics"],
        "ResultPath": "$.metrics",
        "Next": "Is it better?",
    }
    with redefined(stack, _MACHINE, StartAt=CHAMPION, States={"Evaluate model": evaluation}):
        yield


@dataclass
class Begun:
    """Executions that begin in one state on what a recorded one came there with; `may_lose` says a candidate may."""

    stack: Stack
    recorded: Recorded
    begins: str
    may_lose: bool = False
    always: tuple[dict[str, Any], ...] = ()
    fails_by: str = ""
    fails_whole: bool = False

    def start(self, name: str) -> str:
        prefix = f"training-sets/{self.recorded.name}/"
        for key in self.stack.keys(prefix):
            self.stack.put(key.replace(self.recorded.name, name), self.stack.read(key))
        text = self.recorded.inputs[self.begins].replace(self.recorded.name, name)
        started = self.stack.client("stepfunctions").start_execution(
            stateMachineArn=self.stack.outputs[_MACHINE], name=name, input=text
        )
        return started["executionArn"]

    def wrong(self, output: dict[str, Any]) -> str:
        if self.begins == CHAMPION:
            return "promoted" if output["promoted"] else ""
        errors = [each["error"] for each in output["candidates"] if "error" in each]
        missing = [
            each["model_key"]
            for each in output["candidates"]
            if "error" not in each and not self.stack.keys(each["model_key"])
        ]
        return f"lost: {errors}, without a model: {missing}" if missing or (errors and not self.may_lose) else ""

    def left(self, arn: str) -> str:
        name = arn.rpartition(":")[2]
        if running := jobs_of(self.stack, name):
            return f"jobs go on: {running}"
        models = account.entries(self.stack.client("sagemaker"), "list_models", "Models", NameContains=name)
        return "" if self.may_lose or not models else f"models are left: {[each['ModelName'] for each in models]}"
