"""How the workflows are started for the fault matrix, on how little, and what must hold at their ends."""

import gzip
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from fault_course import ANOTHER, LONGEST_SECONDS
from local import account
from machines import until
from stacks import ROOT, SAMPLE_RIDES, Stack
from stream_rides import ride
from wildrydes.bucket import Source
from wildrydes.rides.files import records
from wildrydes.rides.ingestion import ingest
from wildrydes.samples.sample import FIELDS
from wildrydes.tasks import DEFAULT_TASK, TASKS

FEW = min(SAMPLE_RIDES, key=lambda path: path.stat().st_size)
SAMPLES_TASK = "pick_duration"
SAMPLE_LINES = ROOT / "data" / "samples" / "samples.csv.gz"
FEW_SAMPLES = 600


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
    fails_whole: bool = False
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
        return self.begin(name, task=self.task, features=features, force=True)

    def begin(self, name: str, **execution_input: Any) -> str:
        """Start it on this input."""
        return self.stack.start(name, **execution_input)

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
        return left_of(self.stack, arn, self.task, self.live)


@dataclass
class WithoutWeather(Retraining):
    """A retraining of rides from years of which there is no weather: it says so, and fails."""

    fails_by: str = "TooManyRidesWithoutWeather"

    def begin(self, name: str, **execution_input: Any) -> str:
        self.stack.put("raw/earlier.json", FEW.read_bytes().replace(b"2018-", b"2016-").replace(b"2019-", b"2017-"))
        return super().begin(name, years={"first": 2016, "last": 2017}, **execution_input)


def left_of(stack: Stack, arn: str, task: str, champion: str) -> str:
    """What a retraining has left: jobs that go on, or, where it failed, another champion than the one before."""
    if running := jobs_of(stack, arn.rpartition(":")[2]):
        return f"jobs go on: {running}"
    described = stack.client("stepfunctions").describe_execution(executionArn=arn)
    live = served(stack, task)
    return f"{ANOTHER}: {live}" if described["status"] == "FAILED" and live != champion else ""


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
class RetrainingOfSamples:
    """A retraining of a few hundred samples."""

    stack: Stack
    always: tuple[dict[str, Any], ...] = ()
    fails_by: str = ""
    fails_whole: bool = False
    live: str = ""

    def start(self, name: str) -> str:
        self.live = served(self.stack, SAMPLES_TASK)
        self.stack.put("samples/2024-07-09/few.gz", gzip.compress("\n".join(few_samples()).encode() + b"\n"))
        return self.stack.start(name, task=SAMPLES_TASK, force=True)

    def wrong(self, output: dict[str, Any]) -> str:
        rows = sum(output["training_set"][f"{split}_rows"] for split in ("train", "validation", "test"))
        if rows != FEW_SAMPLES:
            return f"of {FEW_SAMPLES} samples the training set has {output['training_set']}"
        live = served(self.stack, SAMPLES_TASK)
        return "" if live == output["live_model_path"] else f"{live} is live, and not {output['live_model_path']}"

    def left(self, arn: str) -> str:
        return left_of(self.stack, arn, SAMPLES_TASK, self.live)


def few_samples() -> list[str]:
    """Lines as Firehose delivers them. Their ids are digests, so that a tenth are test rows: the gate needs 30."""
    lines = gzip.decompress(SAMPLE_LINES.read_bytes()).decode().splitlines()[:FEW_SAMPLES]
    common = {"arrived_at": "2024-07-09T12:00:00.000Z", "message_id": "m"}
    names = [field.name for field in FIELDS]
    return [
        json.dumps({"sample_id": digest, **dict(zip(names, map(int, line.split(",")), strict=True)), **common})
        for number, line in enumerate(lines)
        for digest in [sha256(str(number).encode()).hexdigest()]
    ]


@dataclass
class Monitoring:
    """A look at a day on which nobody asked."""

    stack: Stack
    always: tuple[dict[str, Any], ...] = ()
    fails_by: str = ""
    fails_whole: bool = False

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
