"""A promotion makes a model live whole, or changes nothing: whatever fails, and however many there are."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from jsonschema import Draft202012Validator
from rich.console import Console

from cli import models
from fault_cells import cells
from fault_course import FAILED, RECOVERED, Course
from fault_promotions import Promotion
from notices import Heard, listen
from promotions import (
    RIDE,
    Model,
    WriteArtefact,
    bring_back,
    live,
    promote,
    start,
    store,
    trained,
    unchanged,
    without_grant,
)
from redefinitions import shorten_pauses
from stacks import ROOT, MakeStack, Stack

SCHEMA = Draft202012Validator(json.loads((ROOT / "docs" / "promotion.schema.json").read_text(encoding="utf-8")))
# Nobody looks whether it is there before the request is found to be complete.
COMPLETE = {"model_path": "models/a/a/output/model.tar.gz", "execution": "a", "golden": {"ride": {}, "probability": 1}}


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    return shorten_pauses(make_stack())


@pytest.fixture(scope="module")
def first_model(stack: Stack, write_artefact: WriteArtefact) -> Model:
    """The first model to be live; before it there was none."""
    model = trained(stack, write_artefact, 0.25)
    status, answer = stack.ask(RIDE)
    assert (status, "no model has been promoted yet" in answer["detail"]) == (503, True)
    output = promote(stack, model, reason="there is no champion")
    assert output["previous_model_path"] == "none"
    return model


@pytest.fixture
def first(stack: Stack, first_model: Model) -> Model:
    """A champion."""
    bring_back(stack, first_model)
    return first_model


def fail(stack: Stack, request: Any) -> tuple[str, str]:
    """A promotion that must fail; its error and cause."""
    described = stack.ended(start(stack, request))
    assert described["status"] == "FAILED", described
    return described["error"], described["cause"]


def test_model_that_is_promoted_answers_and_is_recorded(
    stack: Stack, first: Model, write_artefact: WriteArtefact
) -> None:
    before = live(stack)
    assert before.answer[1]["model"] == first.execution
    second = trained(stack, write_artefact, 0.5)
    output = promote(stack, second, reason="log loss is better by 0.1")
    after = live(stack)
    assert after.answer == (200, after.answer[1] | {"probability": second.probability, "model": second.execution})
    assert (after.version, after.routing) == (output["version"], {})
    assert output["previous_version"] == before.version
    assert (output["model_path"], output["previous_model_path"]) == (second.path, first.path)
    assert after.model_path == after.parameter == second.path
    # Set by the template, and kept.
    assert after.variables == before.variables | {"MODEL_PATH": second.path}
    (added,) = set(after.registry) - set(before.registry)
    assert added == max(after.registry)
    entry = json.loads(stack.read(added))
    assert (entry["execution"], entry["version"], entry["reason"]) == (
        second.execution,
        output["version"],
        "log loss is better by 0.1",
    )
    assert entry["previous"] == {"version": before.version, "model_path": first.path}
    assert entry["golden"] == {"ride": RIDE, "probability": second.probability}


def test_version_that_was_published_is_never_changed(stack: Stack, first: Model, write_artefact: WriteArtefact) -> None:
    version = promote(stack, first)["version"]
    promote(stack, trained(stack, write_artefact, -0.75))
    answer = stack.client("lambda").invoke(
        FunctionName=stack.outputs["PredictFunctionName"],
        Qualifier=version,
        Payload=json.dumps({"body": json.dumps(RIDE)}),
    )
    body = json.loads(json.loads(answer["Payload"].read())["body"])
    assert (body["model"], body["probability"]) == (first.execution, first.probability)


@pytest.mark.parametrize(
    "request_",
    [
        ["model"],
        {},
        COMPLETE | {"golden": {"ride": {}, "probability": "1"}},
        COMPLETE | {"model_path": "none"},
        COMPLETE | {"bake_seconds": -1},
        COMPLETE | {"bake_seconds": 3601},
        COMPLETE | {"bake_seconds": 0.5},
        COMPLETE | {"bake_seconds": 2999.9999},
        COMPLETE | {"bake_seconds": "300"},
        COMPLETE | {"bake_seconds": None},
    ],
)
def test_wrong_request_is_refused_before_anything_is_read(stack: Stack, request_: Any) -> None:
    assert SCHEMA.is_valid(COMPLETE)
    assert not SCHEMA.is_valid(request_)
    error, cause = fail(stack, request_)
    assert error == "BadPromotionRequest"
    assert json.dumps(request_, separators=(",", ":")) in cause


def test_request_of_the_schema_is_complete(stack: Stack, first: Model) -> None:
    # A fraction of zero is none: a whole number may be written with one. None bakes: the alarm is other tests' too.
    for seconds in (0, 0.0):
        request = first.request(bake_seconds=seconds, reason="", replaces="")
        assert SCHEMA.is_valid(request)
        assert promote(stack, first, **request)["reason"] == ""


@pytest.mark.parametrize("seconds", ["0.5", "-1", "3601", "1e2", ""])
def test_template_takes_whole_seconds_alone(make_stack: MakeStack, seconds: str) -> None:
    with pytest.raises(ClientError, match="must be a whole number from 0 to 3600"):
        make_stack(BakeSeconds=seconds)


def corrupted(artefact: bytes) -> bytes:
    return artefact[: len(artefact) // 2]


def test_artefact_that_cannot_be_served_never_goes_live(
    stack: Stack, first: Model, write_artefact: WriteArtefact
) -> None:
    good = write_artefact([0.1, 0.2, 0.3], 0.0, 0.5)
    bad = {
        "cut in half": store(stack, corrupted(good)),
        "weights that are no numbers": store(stack, write_artefact([0.1, float("nan"), 0.3], 0.0, 0.5)),
        "of another dimension": store(stack, write_artefact([0.1, 0.2], 0.0, 0.5)),
        "not passed by the gate": store(stack, good, passed=False),
    }
    with unchanged(stack):
        for name, model in bad.items():
            error, cause = fail(stack, model.request())
            assert error == "SmokeTestFailed", name
            assert "with 503 and" in cause


def test_model_that_answers_otherwise_than_it_was_evaluated_never_goes_live(
    stack: Stack, first: Model, write_artefact: WriteArtefact
) -> None:
    model = trained(stack, write_artefact, 0.125)
    with unchanged(stack):
        wrong = model.request(golden={"ride": RIDE, "probability": model.probability + 1e-9})
        error, cause = fail(stack, wrong)
        assert error == "SmokeTestFailed"
        assert str(model.probability) in cause
        error, cause = fail(stack, model.request(execution="run-of-another"))
        assert error == "SmokeTestFailed"
        assert "run-of-another" in cause


def test_model_that_replaces_one_that_is_live_no_more_does_not(
    stack: Stack, first: Model, write_artefact: WriteArtefact
) -> None:
    model = trained(stack, write_artefact, 0.375)
    with unchanged(stack) as before:
        error, cause = fail(stack, model.request(replaces="models/old/old/output/model.tar.gz"))
        assert error == "PromotionConflict"
        assert before.model_path in cause
    promote(stack, model, replaces=before.model_path)
    assert live(stack).answer[1]["model"] == model.execution


@pytest.mark.parametrize(
    ("sid", "action", "bake_seconds"),
    [
        ("ReadConfiguration", "lambda:GetFunctionConfiguration", 0),
        ("MoveLive", "lambda:UpdateAlias", 0),
        *(
            pytest.param(*each, marks=pytest.mark.proof)
            for each in (
                ("MoveLive", "lambda:GetAlias", 0),
                ("ReadLastPromotion", "states:DescribeExecution", 0),
                ("PublishModel", "lambda:UpdateFunctionConfiguration", 0),
                ("PublishModel", "lambda:PublishVersion", 0),
                ("SmokeTest", "lambda:InvokeFunction", 0),
                ("ReadErrorAlarm", "cloudwatch:DescribeAlarms", 1),
                ("RegisterModel", "s3:PutObject", 0),
            )
        ),
    ],
)
def test_step_that_fails_leaves_everything_as_it_was(
    stack: Stack, first: Model, write_artefact: WriteArtefact, sid: str, action: str, bake_seconds: int
) -> None:
    # One that succeeded holds the function, so that there is a last promotion to read.
    promote(stack, first)
    model = trained(stack, write_artefact, 0.625)
    with unchanged(stack), without_grant(stack, "Promote", sid, actions=(action,)):
        _, cause = fail(stack, model.request(bake_seconds=bake_seconds))
        assert action in cause


def test_parameter_that_cannot_be_written_leaves_everything_as_it_was_and_says_so(
    stack: Stack, first: Model, write_artefact: WriteArtefact
) -> None:
    queue = heard(stack)
    with unchanged(stack), without_grant(stack, "Promote", "RecordModel"):
        _, cause = fail(stack, trained(stack, write_artefact, 0.625).request())
        assert "ssm:PutParameter" in cause
    # The alarm of an earlier test may clear at this time, and be told of too.
    notice = Heard(stack, queue).about("What could not be put back")[1]
    assert '"parameter"' in notice


def heard(stack: Stack) -> str:
    """A queue that hears of failures."""
    queue = stack.client("sqs").create_queue(QueueName=f"{stack.name}-promotions")["QueueUrl"]
    arn = stack.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    stack.client("sns").subscribe(TopicArn=stack.outputs["FailureTopicArn"], Protocol="sqs", Endpoint=arn)
    policy = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    stack.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": document})
    return queue


def test_errors_while_a_tenth_is_baking_put_everything_back(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    promote(stack, first)
    model = trained(stack, write_artefact, 1.125)
    with unchanged(stack):
        execution = start(stack, model.request(bake_seconds=2))
        # An event that is no request at all is an error of the function.
        answer = stack.client("lambda").invoke(
            FunctionName=stack.outputs["PredictFunctionName"], Qualifier="live", Payload=b"[]"
        )
        assert answer["FunctionError"]
        described = stack.ended(execution)
    assert (described["status"], described["error"]) == ("FAILED", "ErrorsWhileBaking")


def test_alarm_that_is_gone_puts_everything_back(stack: Stack, write_artefact: WriteArtefact, first: Model) -> None:
    model = trained(stack, write_artefact, 1.375)
    alarms = stack.client("cloudwatch")
    (alarm,) = alarms.describe_alarms(AlarmNames=[f"{stack.name}-predict-errors"])["MetricAlarms"]
    alarms.delete_alarms(AlarmNames=[alarm["AlarmName"]])
    try:
        with unchanged(stack):
            error, cause = fail(stack, model.request(bake_seconds=1))
    finally:
        fields = set(alarms.meta.service_model.operation_model("PutMetricAlarm").input_shape.members)
        alarms.put_metric_alarm(**{name: value for name, value in alarm.items() if name in fields})
    assert (error, "There is no alarm" in cause) == ("ErrorsWhileBaking", True)


def test_models_are_listed_with_when_and_why(
    stack: Stack, write_artefact: WriteArtefact, first: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    promote(stack, first, reason="log loss is better by 0.125")
    never = trained(stack, write_artefact, 1.75)
    command_stack = stack.command_stack
    listed = models.lines(models.promotions(command_stack), models.cards(command_stack))
    models.show(listed, Console(highlight=False, soft_wrap=True))
    output = capsys.readouterr().out.splitlines()
    (now,) = [number for number, line in enumerate(output) if " to now, version " in line]
    assert output[now].startswith(f"{first.execution}  linear-learner on lambda  live from 20")
    assert output[now].endswith("log loss 0.2500, AUC 0.9000, accuracy 0.8750")
    assert output[now + 1] == "    log loss is better by 0.125"
    (other,) = [number for number, line in enumerate(output) if line.startswith(never.execution)]
    assert "never live" in output[other]
    assert output[other + 1] == "    its promotion failed or was not started; there is no champion"


# One for each write whose repetition meets what was written, and one that is put back; `make faults` runs all.
FAULTS = {
    "promote: Set MODEL_PATH: lost connection, first attempt": RECOVERED,
    "promote: Move a tenth: lost connection, first attempt": RECOVERED,
    "promote: Move live: lost connection, first attempt": RECOVERED,
    "promote: Write registry: timeout, once": FAILED,
}


def test_write_whose_answer_is_lost_is_known_again_and_one_out_of_time_is_put_back(
    stack: Stack, first: Model, write_artefact: WriteArtefact
) -> None:
    by_name = {str(cell): cell for cell in cells("promote")}
    # Errors of tests before this one would set the alarm off that watches a tenth of the requests.
    stack.server.request("/_local/clock", advance_seconds=3600)
    # What goes on from a conflict is seen in a promotion that succeeds.
    trial = Promotion(stack, (first, trained(stack, write_artefact, 1.875)), fails_whole=False)
    course = Course(stack, listen(stack), trial, [by_name[name] for name in FAULTS])
    assert {str(each.cell): each.outcome for each in course.run()} == FAULTS, course.results
