"""The stack's dashboard after all that can happen to it has happened: there is no chart without a point.

The server is of this file alone. Functions know the machine's clock: on a server whose clock other files have moved by
days, what was asked today would lie among the predictions of another day.
"""

import gzip
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from cli import athena, dashboard, deploy, embedded, rollback, sample_files
from cli import weather as noaa
from endings import end_badly
from http_caller import Answer, Caller
from local import account
from local.account import EmbeddedAws
from machines import until
from notices import listen
from promotions import RIDE, Model, WriteArtefact, promote, start, store, trained
from stacks import ROOT, SAMPLE_RIDES, SAMPLE_WEATHER, Stack
from stream_rides import ride
from wildrydes.model.linear_model import read_model
from wildrydes.tasks import DEFAULT_TASK, TASKS

SAMPLES = ROOT / "data" / "samples" / "samples.csv.gz"
EVENTS = ROOT / "events"
QUIET_SECONDS = 31 * 60
LONG = 600
AGE = f"Age of the champion in days, as last measured: {DEFAULT_TASK}"

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Server:
    """An embedded AWS with the sample's weather."""

    aws: EmbeddedAws

    def deploy(self, **parameters: str) -> Stack:
        """A new stack."""
        name = f"rydes-{uuid.uuid4().hex[:6]}"
        overrides = deploy.parameters_of_champions(f"/wildrydes/{name}") | parameters
        return Stack(self.aws, deploy.deploy(ROOT, self.aws, name, overrides))

    def advance(self, seconds: float) -> list[str]:
        """Move the clock on; the schedules that fired."""
        return self.aws.request("/_local/clock", advance_seconds=seconds)["fired"]


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with embedded.temporary_server(tmp_path_factory.mktemp("server") / "embedded-aws.log") as aws:
        noaa.fill(aws, noaa.collect(SAMPLE_WEATHER))
        yield Server(aws)


def charts(stack: Stack) -> dict[str, dict[str, Points]]:
    """The points of the last day, by chart and label."""
    widgets = dashboard.read(stack.command_stack, 24)["widgets"]
    return {
        widget["title"]: {each["label"]: each["points"] for each in widget["series"]}
        for widget in widgets
        if widget["kind"] == "metric"
    }


def silent(stack: Stack) -> list[str]:
    """The metrics of the dashboard without a point."""
    return [
        f"{title}: {label}" for title, series in charts(stack).items() for label, points in series.items() if not points
    ]


def post(stack: Stack, path: str, value: Any) -> Answer:
    return Caller(stack.url, stack.key).ask(path, json.dumps(value).encode(), content_type="application/json")


def succeed(stack: Stack, machine: str, request: Any) -> dict[str, Any]:
    """Run a workflow to its end, which must be a success; its output."""
    client = stack.client("stepfunctions")
    started = client.start_execution(stateMachineArn=stack.outputs[machine], input=json.dumps(request))
    return output_of(stack, started["executionArn"])


def output_of(stack: Stack, arn: str) -> dict[str, Any]:
    described = stack.ended(arn, LONG)
    assert described["status"] == "SUCCEEDED", (described.get("error"), described.get("cause"))
    return json.loads(described["output"])


def invoke(stack: Stack, function: str, event: Any) -> Any:
    """What a function answers to an event."""
    name = stack.command_stack.functions()[function]
    answer = stack.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    content = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, content
    return content


def example(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def ask_before_there_is_a_model(stack: Stack) -> None:
    assert post(stack, "predictions", {"distance": 1}).status == 503
    assert Caller(stack.url, stack.key).ask("predictions", b"{", content_type="application/json").status == 400


def send_rides_and_samples(stack: Stack) -> None:
    """Rides and samples one at a time, a file of rides, and one ride that can be located nowhere."""
    sqs, queue = stack.client("sqs"), stack.outputs["RidesQueueUrl"]
    for each in (ride(1), ride(2), ride(3) | {"Latitude": 123.0}):
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(each))
    stack.put("stream/a.json", json.dumps([ride(4), ride(5)]))
    (record,) = example("collect_samples_one_of_csv")["Records"]
    stack.client("sns").publish(TopicArn=stack.outputs["SamplesTopicArn"], Message=record["Sns"]["Message"])


def train_champions(stack: Stack) -> dict[str, dict[str, Any]]:
    """A champion of each task; the outputs of the retrainings by task. One yields to another, and one is kept back."""
    (outcome,) = invoke(stack, "start_retraining", example("start_retraining_person"))["outcomes"]
    machine = stack.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
    both = [f"{machine}:{outcome['started']}", stack.start(task="magic_points")]
    outputs = [output_of(stack, arn) for arn in both]
    (first,) = [output for output in outputs if "yielded_to" not in output]
    assert first["promoted"], first["verdict"]
    started = {task: stack.start(task=task) for task in TASKS if task != "magic_points"}
    unpromoted = stack.start(task="magic_points", promote=False)
    trainings = {task: output_of(stack, arn) for task, arn in started.items()} | {"magic_points": first}
    assert all(output["promoted"] for output in trainings.values())
    assert not output_of(stack, unpromoted)["promoted"]
    return trainings


def promote_and_roll_back(stack: Stack, write_artefact: WriteArtefact) -> None:
    """Another model of the default task is live for a while; then there is nothing to put in order, which is said."""
    other = start(stack, trained(stack, write_artefact, 0.25).request())
    output_of(stack, other)
    assert rollback.roll_back(stack.command_stack, None, Console(quiet=True)) == 0
    succeed(stack, "RestoreStateMachineArn", {"promotion": other})


def ask_and_tell(stack: Stack, task: str, training: dict[str, Any]) -> int:
    """Ask about the test split of a model, and tell what came true of it; how many rows that are."""
    prefix = f"training-sets/{training['execution']}/split=test/"
    lines = [line for key in stack.keys(prefix) for line in gzip.decompress(stack.read(key)).decode().splitlines()]
    rows = [list(map(float, line.split(","))) for line in lines[:1000]]
    records = [dict(zip(training["features"], features, strict=True)) for _, *features in rows]
    answer = post(stack, f"tasks/{task}/predictions", records)
    assert answer.status == 200, answer
    request = answer.json()["request_id"]
    outcomes = [
        {"request_id": request, "place": place, "value": label, "task": task} for place, (label, *_) in enumerate(rows)
    ]
    assert post(stack, "outcomes", outcomes).json()["accepted"] == len(rows)
    return len(rows)


def count(stack: Stack) -> tuple[int, int]:
    """The predictions and outcomes in the tables, with all that is on its way by then delivered."""
    stack.server.request("/_local/clock", advance_seconds=61)
    queries = ("SELECT sum(cardinality(scores)) AS n FROM predictions", "SELECT count(*) AS n FROM outcomes")
    predictions, outcomes = (athena.query(stack.command_stack, query)[0]["n"] for query in queries)
    return int(predictions or 0), int(outcomes or 0)


@pytest.mark.loop
def test_every_metric_of_the_dashboard_has_a_point(own_server: Server, write_artefact: WriteArtefact) -> None:
    stack = own_server.deploy(RetrainOnAlarm="false")
    assert silent(stack)
    ask_before_there_is_a_model(stack)
    send_rides_and_samples(stack)
    stack.upload(SAMPLE_RIDES)
    sample_files.upload(stack.command_stack, sample_files.check(SAMPLES))
    trainings = train_champions(stack)
    promote_and_roll_back(stack, write_artefact)
    day = datetime.now(UTC)
    requests = sum(ask_and_tell(stack, task, training) for task, training in trainings.items())
    until(lambda: count(stack), lambda counts: min(counts) >= requests, LONG)
    monitored = succeed(stack, "MonitorStateMachineArn", {"date": f"{day:%Y-%m-%d}"})
    assert {each["task"] for each in monitored["outcomes"] if each["quality_loss"] is not None} == set(TASKS)
    invoke(stack, "quote_price", example("quote_price_hot_day"))
    invoke(stack, "edge_compute", example("edge_compute_magic_points"))
    end_badly(stack)
    until(lambda: silent(stack), lambda names: not names, 120)


def last(series: dict[str, Points], label: str) -> float | None:
    """The value that a chart shows last."""
    return series[label][-1][1] if series[label] else None


@pytest.mark.loop
def test_upload_alone_ends_in_a_better_champion_a_notice_and_a_dashboard_that_shows_it(
    own_server: Server, write_artefact: WriteArtefact
) -> None:
    stack = own_server.deploy(NewRidesQuietMinutes="30")
    heard = listen(stack)
    old = of_all_features(stack, write_artefact)
    promote(stack, old, reason="the first")
    heard.about("the first")
    assert until(lambda: last(charts(stack)[AGE], "days"), lambda age: age is not None) > 300

    stack.upload(SAMPLE_RIDES)
    execution = execution_after_quiet_period(own_server, stack)
    output = output_of(stack, execution)
    assert output["started_by"]["reason"] == "new_rides"
    assert output["promoted"]
    card = json.loads(stack.read(output["metrics"]["card"]))
    assert card["live"]["execution"] == old.execution
    assert card["metrics"]["log_loss"] < card["live"]["metrics"]["log_loss"]

    name = output["execution"]
    subject, message = heard.about(name)
    assert subject == f"Promotion: {name} is live"
    assert output["verdict"]["reason"] in message
    assert old.path in message
    check_dashboard(stack, output["rides"]["read"])


def of_all_features(stack: Stack, write_artefact: WriteArtefact) -> Model:
    """A poor model of last winter, with the features of whatever is trained next: the gate compares no others."""
    record = RIDE | {"TMIN": 211, "TMAX": 320, "PRCP": 0}
    features = TASKS[DEFAULT_TASK].features
    artefact = write_artefact([0.25, -0.05, 0.0001, 0.0, 0.0, 0.0], 0.125, 0.5)
    probability = read_model(artefact).score([float(record[name]) for name in features])
    return store(stack, artefact, probability, features, record)


def execution_after_quiet_period(server: Server, stack: Stack) -> str:
    """The one execution that uploads lead to, once there have been none for half an hour."""
    client, machine = stack.client("stepfunctions"), stack.outputs["StateMachineArn"]

    def executions() -> list[str]:
        listed = account.entries(client, "list_executions", "executions", stateMachineArn=machine)
        return [each["executionArn"] for each in listed]

    wake = until(lambda: turn(stack).get("wake_at"), bool)
    assert executions() == []
    server.advance(QUIET_SECONDS)
    # The timer is of the first file. Where the others came later, it has set another.
    until(lambda: executions() or turn(stack).get("wake_at", wake) > wake, bool)
    if not executions():
        server.advance(QUIET_SECONDS)
    (execution,) = until(executions, bool)
    return execution


def turn(stack: Stack) -> dict[str, str]:
    """What the table has of the default task."""
    key = {"task": {"S": DEFAULT_TASK}}
    response = stack.client("dynamodb").get_item(TableName=stack.outputs["TurnsTableName"], Key=key)
    return {name: value["S"] for name, value in response.get("Item", {}).items()}


def check_dashboard(stack: Stack, rides: int) -> None:
    """It shows one execution, its promotion, its rides, and a champion of today."""
    shown = until(lambda: charts(stack), lambda now: now["What became of retrainings"]["promoted"], 120)
    ends = shown["Executions of retrain"]
    assert {label: sum(value for _, value in points) for label, points in ends.items() if points} == {
        "started": 1,
        "succeeded": 1,
    }
    outcomes = shown["What became of retrainings"]
    assert {label: [value for _, value in points] for label, points in outcomes.items()} == {
        "promoted": [1],
        "kept": [],
        "yielded": [],
    }
    assert last(shown["Rides"], "read") == rides
    assert last(shown["Days since a retraining"], "days") == 0
    age = until(lambda: last(charts(stack)[AGE], "days"), lambda age: age is not None and age < 1)
    assert age >= 0
