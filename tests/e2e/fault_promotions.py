"""How promotions, what puts them in order, and retrainings that wait for them are started for the fault matrix."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from fault_course import LONGEST_SECONDS
from fault_histories import history
from fault_trials import served
from machines import unique, until
from promotions import NO_OTHER_YEARS, RIDE, Model, ask_function, number_of, redefined, start, state_of
from stacks import Stack
from wildrydes.tasks import TASKS

_NOT_PUT_BACK = "It is not as it was before"


def what_is_live(stack: Stack, task: str) -> dict[str, Any]:
    """What answers for a task: the alias, its weights, and what is recorded of it.

    It is asked for again and again, so it leaves out the versions, of which there is one more after each promotion.
    """
    function, functions = {"FunctionName": stack.outputs[f"{TASKS[task].function}Name"]}, stack.client("lambda")
    alias = functions.get_alias(**function, Name="live")
    variables = functions.get_function_configuration(**function)["Environment"]["Variables"]
    parameter = TASKS[task].parameter.replace("/wildrydes", f"/wildrydes/{stack.name}")
    return {
        "alias": {name: alias.get(name) for name in ("FunctionVersion", "RoutingConfig")},
        "MODEL_PATH": variables["MODEL_PATH"],
        "parameter": stack.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"],
        "registry": sorted(stack.keys(f"{TASKS[task].models_prefix}registry/")),
    }


def changes(before: dict[str, Any], now: dict[str, Any]) -> str:
    """What is not as it was before, field by field; of a list what has come and gone."""
    return "; ".join(
        f"{name}: {_difference(before.get(name), now.get(name))}"
        for name in sorted(before | now)
        if before.get(name) != now.get(name)
    )


def _difference(before: Any, now: Any) -> str:
    if isinstance(before, list) and isinstance(now, list):
        return f"came {sorted(set(now) - set(before))}, gone {sorted(set(before) - set(now))}"
    return f"{before!r} became {now!r}"


@dataclass
class Promotion:
    """A promotion by turns of two models of one task, with a tenth of the requests first."""

    stack: Stack
    models: tuple[Model, Model]
    always: tuple[dict[str, Any], ...] = ()
    fails_by: str = ""
    fails_whole: bool = True
    bake_seconds: int = 1
    # Weights that an earlier promotion left, as one does that was stopped while it baked.
    leaves_weights: bool = False
    before: dict[str, Any] = field(default_factory=dict)
    # What answers before, and is to be in the parameter: an earlier promotion that failed may have left another there.
    champion: str = ""
    candidate: Model | None = None

    def __post_init__(self) -> None:
        self.turns = cycle(self.models)

    @property
    def task(self) -> str:
        return self.models[0].task

    def next_model(self) -> Model:
        """The model to promote now; what is live before is noted."""
        self.champion = served(self.stack, self.task)
        model = next(each for each in self.turns if each.path != self.champion)
        if self.leaves_weights:
            self._leave_weights()
        self.before, self.candidate = self.live_now(), model
        self.before["alias"]["RoutingConfig"] = None
        return model

    def live_now(self) -> dict[str, Any]:
        """What answers, and what is recorded of it."""
        return what_is_live(self.stack, self.task)

    def start(self, name: str) -> str:
        return start(self.stack, self.request_of(self.next_model()), name)

    def request_of(self, model: Model) -> dict[str, Any]:
        """What the promotion of a model is started with."""
        return model.request(bake_seconds=self.bake_seconds)

    def _leave_weights(self) -> None:
        """Give the version before the live one a tenth of the requests."""
        function = {"FunctionName": self.stack.outputs[f"{TASKS[self.task].function}Name"], "Name": "live"}
        functions = self.stack.client("lambda")
        version = functions.get_alias(**function)["FunctionVersion"]
        weights = {"AdditionalVersionWeights": {str(int(version) - 1): 0.1}}
        functions.update_alias(**function, FunctionVersion=version, RoutingConfig=weights)

    def wrong(self, output: dict[str, Any]) -> str:
        now = self.live_now()
        path = output["model_path"]
        if not served(self.stack, self.task) == now["MODEL_PATH"] == now["parameter"] == path:
            return f"{path} was promoted, and there is {now}"
        if now["alias"]["RoutingConfig"] or len(now["registry"]) != len(self.before["registry"]) + 1:
            return f"after the promotion there is {now}"
        ride = self.candidate.ride if self.candidate else RIDE
        status, answer = ask_function(self.stack, self.task, ride)
        return "" if (status, answer.get("model")) == (200, output["execution"]) else f"{status}: {answer}"

    def left(self, arn: str) -> str:
        """What was live is live again, or the model that passed is, as a whole; `restore` may have to see to it first.

        Where the parameter alone could not be put back, the notice says so, and the next retraining mends it.
        """
        if self.stack.client("stepfunctions").describe_execution(executionArn=arn)["status"] == "SUCCEEDED":
            return ""
        try:
            until(self.live_now, self._is_whole, LONGEST_SECONDS / 2)
        except AssertionError:
            return f"{_NOT_PUT_BACK}: {changes(self.before, self.live_now())}"
        return ""

    def _is_whole(self, now: dict[str, Any]) -> bool:
        path = self.candidate.path if self.candidate else ""
        parameters = (self.before["parameter"], self.champion, path)
        return any(now == self.before | {"parameter": each} for each in parameters) or self._is_completed(now)

    def _is_completed(self, now: dict[str, Any]) -> bool:
        path = self.candidate.path if self.candidate else ""
        is_live = now["parameter"] == served(self.stack, self.task) == path and not now["alias"]["RoutingConfig"]
        return is_live and len(now["registry"]) == len(self.before["registry"]) + 1


@contextmanager
def only_ends(stack: Stack) -> Iterator[None]:
    """Retrainings of the stack begin with what is live, and what they would evaluate is in their input."""
    evaluation = {
        "Type": "Pass",
        "InputPath": "$.evaluated",
        "ResultPath": "$.metrics",
        "Next": "Is it better?",
    }
    serving = [f"Serve {task}" for task in TASKS]
    states = {
        "Evaluate model": evaluation,
        "Wait for restoring": state_of(stack, "StateMachineArn", "Wait for restoring") | {"Seconds": 5},
        **{name: state_of(stack, "StateMachineArn", name) | {"Next": "Read parameter"} for name in serving},
    }
    with redefined(stack, "StateMachineArn", StartAt="Which task?", States=states):
        yield


@dataclass
class EndOfRetraining(Promotion):
    """A retraining from the verdict on, within `only_ends`. It stops and restores a promotion that it cannot follow.

    With `has_restoring` the name that it gives to `restore` has been taken, as by a start whose answer was lost.
    """

    has_restoring: bool = False

    def start(self, name: str) -> str:
        if self.has_restoring:
            promotion = self.stack.outputs["PromoteStateMachineArn"].replace(":stateMachine:", ":execution:")
            self.stack.ended(start_restoring(self.stack, f"{promotion}:{name}-0", f"{name}-0-0"))
        model = self.next_model()
        golden = {"ride": model.ride, number_of(model.task): model.probability}
        verdict = {"promote": True, "reason": "log loss is better by 0.1"}
        named = {"execution": model.execution, "features": ["distance"], "kind": "binary_classification"}
        served_by = {"task": model.task, "target": model.task, "serving": "lambda"}
        parameters = named | served_by | {"started_by": {"reason": "person", "detail": ""}}
        evaluated = {"model_path": model.path, "golden": golden, "verdict": verdict, "card": ""}
        empty: dict[str, Any] = {"rides": {}, "plan": {}, "training_set": {}, "candidates": []}
        return self.stack.start(name, parameters=parameters, evaluated=evaluated, rides_listed=NO_OTHER_YEARS, **empty)

    def wrong(self, output: dict[str, Any]) -> str:
        return super().wrong(output) if output["promoted"] else "not promoted"


@dataclass
class Restoring(Promotion):
    """Puts in order what a promotion left that was stopped; `completes` one whose model was live by then.

    With `runs` it stops the promotion itself. Within `nothing_restored`.
    """

    completes: bool = False
    runs: bool = False
    bake_seconds: int = 0

    def start(self, name: str) -> str:
        model, promotion = self.next_model(), unique("stopped")
        state = "Record MODEL_PATH" if self.completes else "Read version"
        waiting = {"state": state, "moment": "timeout", "seconds": 600}
        self.stack.server.request("/_local/faults", execution=promotion, faults=[waiting])
        arn = start(self.stack, self.request_of(model), promotion)
        until(lambda: state in entered(self.stack, arn), bool, LONGEST_SECONDS, longest_pause=0.05)
        if not self.runs:
            self.stack.client("stepfunctions").stop_execution(executionArn=arn)
        self.stack.server.request("/_local/faults", execution=promotion, faults=[])
        return self._restore(arn, name)

    def _restore(self, promotion: str, name: str) -> str:
        return start_restoring(self.stack, promotion, name)

    def wrong(self, output: dict[str, Any]) -> str:
        now = self.live_now()
        is_right = self._is_whole(now) and output["promoted"] == self.completes
        return "" if is_right else f"{output}, and since the promotion {changes(self.before, now) or 'nothing changed'}"

    def left(self, arn: str) -> str:
        """Where it failed, whoever reads its notice starts it again."""
        described = self.stack.client("stepfunctions").describe_execution(executionArn=arn)
        if described["status"] == "SUCCEEDED":
            return ""
        again = self._restore(json.loads(described["input"])["promotion"], unique("again"))
        ended = self.stack.ended(again)
        if ended["status"] != "SUCCEEDED":
            return f"started again it ended {ended['status']}: {ended.get('error')}: {ended.get('cause')}"
        return self.wrong(json.loads(ended["output"]))


def start_restoring(stack: Stack, promotion: str, name: str) -> str:
    """Start `restore` by this name for the promotion of this ARN; its own ARN."""
    started = stack.client("stepfunctions").start_execution(
        stateMachineArn=stack.outputs["RestoreStateMachineArn"],
        name=name,
        input=json.dumps({"promotion": promotion}),
    )
    return started["executionArn"]


def entered(stack: Stack, arn: str) -> list[str]:
    """The states that an execution has come to."""
    events = history(stack, arn)
    return [each["stateEnteredEventDetails"]["name"] for each in events if "stateEnteredEventDetails" in each]
