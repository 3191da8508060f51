"""What people are told, and what is counted."""

import json
from typing import Any

import pytest

from cli.stack import DEFAULT_NAME
from courses import START, History
from wildrydes.announcements.course import Course, Stay, read_history
from wildrydes.announcements.end import End, arn_of, read_description
from wildrydes.announcements.metric_lines import metric_lines
from wildrydes.announcements.notice import DEFAULT_STACK, LONGEST_SUBJECT, log_group, notice_of, sentence
from wildrydes.errors import BadEndEvent

ARN = "arn:aws:states:us-east-1:123456789012:execution:wildrydes-{}:run-1"


def ended(workflow: str, status: str, **fields: Any) -> End:
    return End(ARN.format(workflow), status, **fields)


def stopped_in(state: str, service: str = "", **parameters: Any) -> Course:
    stay = Stay(state, "Task", START, START, service, parameters)
    return Course([stay], stay)


def test_stopped_retraining_is_told_of_with_state_log_and_command() -> None:
    function = "arn:aws:lambda:us-east-1:123456789012:function:wildrydes-PlanIngestionFunction-1A2B3C"
    course = stopped_in("Plan ingestion", "lambda", FunctionName=function)
    notice = notice_of(
        ended("retrain", "ABORTED", cause="too dear", request={"task": "magic_points"}), course, is_on_aws=False
    )
    assert notice is not None
    assert notice.subject == "Retraining was stopped"
    for line in (
        "state    Plan ingestion",
        "cause    too dear",
        "log      /aws/lambda/wildrydes-plan-ingestion",
        f"show it  wildrydes watch {ARN.format('retrain')}",
        f"go on    wildrydes redrive {ARN.format('retrain')}",
        "or anew  wildrydes retrain --task magic_points",
        "runbook  docs/operations.md#executions-aborted",
    ):
        assert line in notice.message.splitlines()


@pytest.mark.parametrize(
    ("workflow", "request_fields", "anew"),
    [
        ("retrain", {"task": "magic_points"}, "wildrydes retrain --task magic_points"),
        # `target` is the older name of `task`.
        ("retrain", {"target": "magic_points"}, "wildrydes retrain --task magic_points"),
        ("monitor", {"task": "magic_points"}, "wildrydes monitor --task magic_points"),
        ("restore", {"task": "magic_points"}, "wildrydes status"),
        ("retrain", {"task": "none; rm -r"}, "wildrydes retrain"),
        ("retrain", {}, "wildrydes retrain"),
    ],
)
def test_commands_lead_to_the_execution_s_stack_and_task(
    workflow: str, request_fields: dict[str, str], anew: str
) -> None:
    arn = f"arn:aws:states:eu-west-1:123456789012:execution:rydes-dev-{workflow}:run-1"
    notice = notice_of(End(arn, "TIMED_OUT", request=request_fields), Course(), is_on_aws=True)
    assert notice is not None
    options = "--aws --region eu-west-1 --stack rydes-dev"
    for line in (
        f"show it  wildrydes watch {arn} {options}",
        f"go on    wildrydes redrive {arn} {options}",
        f"or anew  {anew} {options}",
    ):
        assert line in notice.message.splitlines()


def test_stack_of_commands_that_name_none_is_that_of_the_command_line() -> None:
    assert DEFAULT_STACK == DEFAULT_NAME


@pytest.mark.parametrize(
    ("workflow", "kind", "error", "command"),
    [
        ("monitor", "Task", "Athena.AccessDeniedException", "redrive"),
        ("monitor", "Fail", "MonitoringFailed", "monitor"),
        ("retrain", "Task", "BadExecutionInput", "retrain"),
        ("promote", "Task", "States.Runtime", "models"),
    ],
)
def test_command_to_go_on_is_a_redrive_where_one_helps(workflow: str, kind: str, error: str, command: str) -> None:
    stay = Stay("Last", kind, START, START)
    notice = notice_of(ended(workflow, "FAILED", error=error), Course([stay], stay), is_on_aws=False)
    assert notice is not None
    (line,) = (line for line in notice.message.splitlines() if line.startswith("go on"))
    assert line.split()[3] == command


@pytest.mark.parametrize(
    "cause",
    [
        json.dumps({"Status": {"StateChangeReason": "HIVE_PATH_ALREADY_EXISTS: s3://data/weather/run-1"}}),
        "The execution reached the maximum number of history events (25000).",
    ],
)
def test_query_that_finds_files_of_another_and_a_full_history_are_begun_anew(cause: str) -> None:
    notice = notice_of(
        ended("retrain", "FAILED", error="States.TaskFailed", cause=cause),
        stopped_in("Select weather"),
        is_on_aws=False,
    )
    assert notice is not None
    assert "go on    wildrydes retrain" in notice.message.splitlines()
    assert "redrive" not in notice.message


@pytest.mark.parametrize(
    ("workflow", "status", "subject"),
    [
        ("promote", "TIMED_OUT", "Promotion ran out of time"),
        ("restore", "FAILED", "Restoring failed"),
        ("monitor", "ABORTED", "Monitoring was stopped"),
        ("tidy", "FAILED", "Tidy failed"),
    ],
)
def test_every_workflow_is_told_of_by_its_name(workflow: str, status: str, subject: str) -> None:
    notice = notice_of(ended(workflow, status), Course(), is_on_aws=False)
    assert notice is not None
    assert notice.subject == subject
    assert "state    none was entered" in notice.message


def test_what_the_workflow_has_said_and_what_succeeded_is_not_told_of() -> None:
    assert notice_of(ended("retrain", "FAILED"), Course(is_announced=True), is_on_aws=False) is None
    assert notice_of(ended("retrain", "SUCCEEDED", output={"promoted": True}), Course(), is_on_aws=False) is None
    assert notice_of(ended("restore", "SUCCEEDED"), Course(), is_on_aws=False) is None


@pytest.mark.parametrize(
    ("reason", "subject"),
    [("log loss is better by 0.1", "Promotion: run-9 is live"), ("rollback from run-10", "Rollback: run-9 is live")],
)
def test_promotion_and_rollback_are_announced_with_the_way_back(reason: str, subject: str) -> None:
    request = {"task": "magic_points", "reason": reason}
    output = {"execution": "run-9", "version": "5", "previous_version": "4", "reason": reason}
    output |= {"model_path": "models/a", "previous_model_path": "models/b"}
    notice = notice_of(ended("promote", "SUCCEEDED", request=request, output=output), Course(), is_on_aws=False)
    assert notice is not None
    assert notice.subject == subject
    assert notice.message.startswith("The model of run-9 is live for magic_points.\n")
    for text in (reason, "before   version 4, models/b", "wildrydes rollback --task magic_points"):
        assert text in notice.message


@pytest.mark.parametrize(
    ("workflow", "status", "champion"),
    [
        ("promote", "SUCCEEDED", "models/a"),
        ("restore", "SUCCEEDED", "models/a"),
        ("promote", "FAILED", None),
        ("retrain", "SUCCEEDED", None),
    ],
)
def test_what_is_live_is_known_of_promotions_and_of_those_put_in_order(
    workflow: str, status: str, champion: str | None
) -> None:
    assert ended(workflow, status, output={"model_path": "models/a"}).champion == champion
    assert ended(workflow, status).champion is None


def test_subject_is_short_and_ascii() -> None:
    output = {"execution": "ä" * 200}
    notice = notice_of(ended("promote", "SUCCEEDED", output=output), Course(), is_on_aws=False)
    assert notice is not None
    assert len(notice.subject) == LONGEST_SUBJECT
    assert notice.subject.isascii()


@pytest.mark.parametrize(
    ("service", "parameters", "group"),
    [
        (
            "lambda",
            {"FunctionName": "a-PredictPickDurationFunction-X1:7"},
            "/aws/lambda/wildrydes-predict-pick-duration",
        ),
        ("lambda", {"FunctionName": "renamed"}, "/aws/vendedlogs/states/wildrydes-promote"),
        ("sagemaker", {"TrainingJobName": "j"}, "/aws/sagemaker/TrainingJobs, streams of j"),
        ("sagemaker", {"TransformJobName": "j"}, "/aws/sagemaker/TransformJobs, streams of j"),
        ("athena", {}, "/aws/vendedlogs/states/wildrydes-promote"),
    ],
)
def test_log_is_that_of_what_ran(service: str, parameters: dict[str, Any], group: str) -> None:
    assert log_group(ended("promote", "ABORTED"), stopped_in("S", service, **parameters).where) == group


def test_cause_is_a_sentence_of_bounded_length() -> None:
    assert sentence('{"errorMessage": "no\\n rides"}') == "no rides"
    assert sentence('{"Status": {"StateChangeReason": "no table"}}') == "no table"
    assert sentence("") == "none was stated"
    assert len(sentence("x" * 5000)) == 1201


@pytest.mark.parametrize("event", [None, {}, {"detail": {"executionArn": 1}}, {"detail": {"executionArn": ARN}}])
def test_event_that_is_no_end_is_refused(event: Any) -> None:
    with pytest.raises(BadEndEvent):
        arn_of(event)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [('{"promoted": true}', "promoted"), ('{"promoted": false}', "kept"), ('{"yielded_to": "arn"}', "yielded")],
)
def test_retraining_that_succeeded_has_an_outcome(text: str, outcome: str) -> None:
    described = {"executionArn": ARN.format("retrain"), "status": "SUCCEEDED", "input": "[1]", "output": text}
    assert read_description(described).outcome == outcome


def test_lines_hold_every_metric_with_its_dimensions() -> None:
    history = History()
    for seconds in range(101):
        history.run("Wait for others", seconds)
    history.enter("Is it better?", "Choice")
    history.leave("Is it better?", "Choice")
    output = {"promoted": False, "rides": {"read": 40, "rejected": 2}, "training_set": {"without_weather": 3}}
    end = ended("retrain", "SUCCEEDED", output=output)
    lines = [json.loads(line) for line in metric_lines("s", end, read_history(history.end("Succeeded")), 1.5)]
    values = []
    for line in lines:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        (dimensions,) = directive["Dimensions"]
        assert (directive["Namespace"], line["_aws"]["Timestamp"]) == ("WildRydes", 1500)
        names = [metric["Name"] for metric in directive["Metrics"]]
        values.append(({name: line[name] for name in dimensions}, {name: line[name] for name in names}))
    workflow = {"service": "s", "workflow": "retrain"}
    state = workflow | {"state": "Wait for others"}
    assert values == [
        (workflow | {"outcome": "kept"}, {"Executions": 1}),
        (state, {"StateSeconds": list(range(100))}),
        (state, {"StateSeconds": [100]}),
        ({"service": "s"}, {"RidesIn": 40, "RidesRejected": 2, "RidesWithoutWeather": 3}),
        ({"service": "s"}, {"DaysSinceRetraining": 0.0}),
    ]


def test_retraining_that_yielded_is_none_that_ended_well() -> None:
    end = ended("retrain", "SUCCEEDED", output={"yielded_to": "arn"})
    lines = [json.loads(line) for line in metric_lines("s", end, Course(), 0)]
    assert [line["outcome"] for line in lines] == ["yielded"]
