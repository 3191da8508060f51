"""How the workflows are started for the fault matrix, on how little, and what must hold at their ends."""

import json
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from fault_course import LONGEST_SECONDS
from local import account
from machines import until
from promotions import Model, ask_function, traces
from stacks import SAMPLE_RIDES, Stack
from stream_rides import ride
from wildrydes.bucket import Source
from wildrydes.rides.files import records
from wildrydes.rides.ingestion import ingest
from wildrydes.tasks import DEFAULT_TASK, TASKS

FEW = min(SAMPLE_RIDES, key=lambda path: path.stat().st_size)
_NOT_PUT_BACK = "It is not as it was before"


def what_is_live(stack: Stack, task: str) -> dict[str, Any]:
    """What answers for a task: the alias, its weights, and what is recorded of it."""
    found = traces(stack, task)
    alias = {name: found["alias"][name] for name in ("FunctionVersion", "RoutingConfig")}
    variables = {"MODEL_PATH": found["function"][1]["MODEL_PATH"]}
    return {"alias": alias, **variables, "parameter": found["parameter"][0], "registry": sorted(found["registry"])}


def served(stack: Stack, task: str) -> str:
    """The key of the model that the alias `live` serves."""
    function = {"FunctionName": stack.outputs[f"{TASKS[task].function}Name"], "Qualifier": "live"}
    variables = stack.client("lambda").get_function_configuration(**function)["Environment"]["Variables"]
    return variables["MODEL_PATH"]


@dataclass
class Retraining:
    """A retraining of few rides, each with a new one, of a task whose SSM parameter somebody has overwritten."""

    stack: Stack
    task: str = DEFAULT_TASK
    always: tuple[dict[str, Any], ...] = ()
    fails_by: str = ""
    rides: int = 0
    number: int = 0
    live: str = ""

    def upload(self, key: str, body: bytes) -> None:
        """Put a file of rides, and count those that are accepted."""
        self.stack.put(f"raw/{key}", body)
        self.rides += ingest(records([body]), Source(key, "")).counts.accepted

    def start(self, name: str) -> str:
        if not self.rides:
            self.upload(FEW.name, FEW.read_bytes())
        self.number += 1
        self.upload(f"{self.number:04}.json", json.dumps([ride(self.number)]).encode())
        parameter = TASKS[self.task].parameter.replace("/wildrydes", f"/wildrydes/{self.stack.name}")
        self.stack.client("ssm").put_parameter(Name=parameter, Value="none", Type="String", Overwrite=True)
        self.live = served(self.stack, self.task)
        # By turns: a model of other features than the champion's is promoted where the input says `force`.
        features = TASKS[self.task].features[: 3 + self.number % 2]
        return self.stack.start(name, task=self.task, features=features, force=True)

    def wrong(self, output: dict[str, Any]) -> str:
        counts = output["training_set"]
        rows = sum(counts[f"{split}_rows"] for split in ("train", "validation", "test"))
        if counts["rides"] != self.rides or rows + counts["without_weather"] + counts["without_label"] != self.rides:
            return f"of {self.rides} rides the training set has {counts}"
        if output["promoted"] and not output["verdict"]["promote"]:
            return "promoted without a passed gate"
        if (live := served(self.stack, self.task)) != output["live_model_path"]:
            return f"{live} is live, and not {output['live_model_path']}"
        return ""

    def left(self, arn: str) -> str:
        name = arn.rpartition(":")[2]
        if running := jobs_of(self.stack, name):
            return f"jobs go on: {running}"
        described = self.stack.client("stepfunctions").describe_execution(executionArn=arn)
        if described["status"] == "FAILED" and (live := served(self.stack, self.task)) != self.live:
            return f"{live} is live"
        return ""


def jobs_of(stack: Stack, execution: str) -> list[str]:
    """The training jobs of an execution that do not end by themselves within some time."""

    def running() -> list[str]:
        listed = account.entries(
            stack.client("sagemaker"), "list_training_jobs", "TrainingJobSummaries", NameContains=execution
        )
        return [each["TrainingJobName"] for each in listed if each["TrainingJobStatus"] in ("InProgress", "Stopping")]

    try:
        return until(running, lambda names: not names, LONGEST_SECONDS)
    except AssertionError:
        return running()


@dataclass
class Promotion:
    """A promotion by turns of two models of one task, with a tenth of the requests first."""

    stack: Stack
    models: tuple[Model, Model]
    always: tuple[dict[str, Any], ...] = ()
    fails_by: str = ""
    bake_seconds: int = 1
    # Weights that an earlier promotion left, as one does that was stopped while it baked.
    leaves_weights: bool = False
    before: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.turns = cycle(self.models)

    @property
    def task(self) -> str:
        return self.models[0].task

    def start(self, name: str) -> str:
        live = served(self.stack, self.task)
        model = next(each for each in self.turns if each.path != live)
        if self.leaves_weights:
            self._leave_weights()
        self.before = what_is_live(self.stack, self.task)
        self.before["alias"]["RoutingConfig"] = None
        started = self.stack.client("stepfunctions").start_execution(
            stateMachineArn=self.stack.outputs["PromoteStateMachineArn"],
            name=name,
            input=json.dumps(model.request(bake_seconds=self.bake_seconds)),
        )
        return started["executionArn"]

    def _leave_weights(self) -> None:
        """Give the version before the live one a tenth of the requests."""
        function = {"FunctionName": self.stack.outputs[f"{TASKS[self.task].function}Name"], "Name": "live"}
        functions = self.stack.client("lambda")
        version = functions.get_alias(**function)["FunctionVersion"]
        weights = {"AdditionalVersionWeights": {str(int(version) - 1): 0.1}}
        functions.update_alias(**function, FunctionVersion=version, RoutingConfig=weights)

    def wrong(self, output: dict[str, Any]) -> str:
        now = what_is_live(self.stack, self.task)
        path = output["model_path"]
        if not served(self.stack, self.task) == now["MODEL_PATH"] == now["parameter"] == path:
            return f"{path} was promoted, and there is {now}"
        if now["alias"]["RoutingConfig"] or len(now["registry"]) != len(self.before["registry"]) + 1:
            return f"after the promotion there is {now}"
        status, answer = ask_function(self.stack, self.task)
        return "" if (status, answer.get("model")) == (200, output["execution"]) else f"{status}: {answer}"

    def left(self, arn: str) -> str:
        """What was live is live again; `restore` may have to see to it first."""
        if self.stack.client("stepfunctions").describe_execution(executionArn=arn)["status"] == "SUCCEEDED":
            return ""
        try:
            until(lambda: what_is_live(self.stack, self.task), lambda now: now == self.before, LONGEST_SECONDS)
        except AssertionError as late:
            return f"{_NOT_PUT_BACK}, {self.before}: {late}"
        return ""


@dataclass
class Monitoring:
    """A look at a day on which nobody asked."""

    stack: Stack
    always: tuple[dict[str, Any], ...] = ()
    fails_by: str = ""

    def start(self, name: str) -> str:
        started = self.stack.client("stepfunctions").start_execution(
            stateMachineArn=self.stack.outputs["MonitorStateMachineArn"], name=name, input="{}"
        )
        return started["executionArn"]

    def wrong(self, output: dict[str, Any]) -> str:
        failed = [each for each in output["outcomes"] if each["failed"]]
        return f"of {output['outcomes']} some failed" if failed or len(output["outcomes"]) != len(TASKS) else ""

    def left(self, arn: str) -> str:
        return ""
