"""AWS: "Restarting state machine executions with redrive in Step Functions", and RedriveExecution of the API."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import account
from local.stepfunctions.redrive import Tokens, reason_against
from machines import Client, allow, ended, machine, role, run, unique, until
from queue_makers import admitting, arn_of, counts, queue, send
from redrives import entered, history, is_polling, long_poll, parameter, parted, read, reader, redrive, start

WAIT = {"Type": "Wait", "Seconds": 300, "End": True}


@pytest.fixture(scope="module")
def role_arn(client: Client) -> str:
    return reader(client)


def test_execution_goes_on_at_the_state_that_failed(client: Client, role_arn: str) -> None:
    name = unique("missing")
    states = {
        "First": {"Type": "Pass", "Parameters": {"name": name}, "Next": "Read"},
        "Read": read("$.name", Next="Last"),
        "Last": {"Type": "Succeed"},
    }
    execution = start(client, states, role_arn)
    failed = ended(client, execution)
    assert (failed["status"], failed["redriveCount"], failed["redriveStatus"]) == ("FAILED", 0, "REDRIVABLE")
    parameter(client, name, "found")
    described = redrive(client, execution)
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", {"value": "found"})
    assert (described["executionArn"], described["startDate"]) == (execution, failed["startDate"])
    assert failed["stopDate"] < described["redriveDate"] < described["stopDate"]
    assert "error" not in described
    assert "cause" not in described
    events = history(client, execution)
    before, after = parted(events)
    assert (entered(before), entered(after)) == (["First", "Read"], ["Read", "Last"])
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert (before[-1]["type"], after[-1]["type"]) == ("ExecutionFailed", "ExecutionSucceeded")
    assert after[0]["executionRedrivenEventDetails"] == {"redriveCount": 1}
    inputs = [event["stateEnteredEventDetails"]["input"] for event in events if event["type"] == "TaskStateEntered"]
    assert [json.loads(text) for text in inputs] == [{"name": name}] * 2


def test_redrive_that_fails_again_can_be_redriven_again(client: Client, role_arn: str) -> None:
    name = unique("missing")
    execution = start(client, {"Read": read(name)}, role_arn)
    ended(client, execution)
    assert redrive(client, execution)["status"] == "FAILED"
    parameter(client, name)
    described = redrive(client, execution)
    assert (described["status"], described["redriveCount"]) == ("SUCCEEDED", 2)
    counts = [
        each["executionRedrivenEventDetails"] for each in history(client, execution) if "Redriven" in each["type"]
    ]
    assert counts == [{"redriveCount": 1}, {"redriveCount": 2}]


def test_retries_begin_anew(client: Client, role_arn: str) -> None:
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1, "JitterStrategy": "FULL"}
    execution = start(client, {"Read": read(unique("missing"), Retry=[retry])}, role_arn)
    ended(client, execution)
    redrive(client, execution)
    before, after = parted(history(client, execution))
    assert [sum(event["type"] == "TaskFailed" for event in events) for events in (before, after)] == [2, 2]


def test_fail_state_is_entered_again_and_fails_again(client: Client, role_arn: str) -> None:
    name = unique("missing")
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Fail"}]
    fail = {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}
    execution = start(client, {"Read": read(name, Catch=catch), "Fail": fail}, role_arn)
    failed = ended(client, execution)
    parameter(client, name)
    described = redrive(client, execution)
    assert (described["status"], described["error"]) == ("FAILED", failed["error"])
    assert entered(parted(history(client, execution))[1]) == ["Fail"]


def test_stopped_execution_goes_on(client: Client, role_arn: str) -> None:
    states = client("stepfunctions")
    execution = start(client, {"First": {"Type": "Pass", "Next": "Wait"}, "Wait": WAIT}, role_arn)
    until(lambda: entered(history(client, execution)), lambda names: "Wait" in names)
    states.stop_execution(executionArn=execution)
    states.redrive_execution(executionArn=execution)
    described = states.describe_execution(executionArn=execution)
    assert (described["status"], described["redriveStatus"], "stopDate" in described) == (
        "RUNNING",
        "NOT_REDRIVABLE",
        False,
    )
    until(lambda: entered(parted(history(client, execution))[1]), lambda names: names == ["Wait"])
    states.stop_execution(executionArn=execution)
    assert history(client, execution)[-1]["type"] == "ExecutionAborted"


def test_state_that_ends_after_its_execution_was_stopped_and_redriven_changes_nothing(client: Client) -> None:
    # A long poll goes on after the stop; when it ends, the redriven execution is in its own.
    role_arn = role(client, "states.amazonaws.com", allow("sqs:ReceiveMessage"))
    url = queue(client)
    poll = long_poll(url)
    states = client("stepfunctions")
    execution = start(client, {"Poll": poll}, role_arn)
    until(lambda: is_polling(client, execution), bool)
    states.stop_execution(executionArn=execution)
    states.redrive_execution(executionArn=execution)
    # One message ends the poll of before, the other the new one.
    send(client, url, "a", "b")
    described = ended(client, execution)
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", {"polled": True})
    until(lambda: counts(client, url), lambda count: count == (0, 2))
    before, after = parted(history(client, execution))
    assert "TaskSucceeded" not in {event["type"] for event in before}
    assert [event["type"] for event in after].count("TaskSucceeded") == 1


def test_execution_that_ran_out_of_time_goes_on(client: Client, role_arn: str) -> None:
    states = {"First": {"Type": "Pass", "Next": "Wait"}, "Wait": WAIT | {"Seconds": 2}}
    execution = start(client, states, role_arn, TimeoutSeconds=1)
    assert ended(client, execution)["status"] == "TIMED_OUT"
    assert redrive(client, execution)["status"] == "TIMED_OUT"
    assert entered(parted(history(client, execution))[1]) == ["Wait"]


def test_context_object_tells_of_the_redrive(client: Client, role_arn: str) -> None:
    name = unique("missing")
    states = {
        "Read": read(name, Next="Last"),
        "Last": {
            "Type": "Pass",
            "Parameters": {
                "count.$": "$$.Execution.RedriveCount",
                "time.$": "$$.Execution.RedriveTime",
                "start.$": "$$.Execution.StartTime",
            },
            "End": True,
        },
    }
    execution = start(client, states, role_arn)
    ended(client, execution)
    parameter(client, name)
    described = redrive(client, execution)
    output = json.loads(described["output"])
    assert output["count"] == 1
    times = [datetime.fromisoformat(output[each]) for each in ("time", "start")]
    assert [abs(time - described[each]) for time, each in zip(times, ("redriveDate", "startDate"), strict=True)] == [
        pytest.approx(timedelta(0), abs=timedelta(milliseconds=1))
    ] * 2


def test_definition_is_that_of_the_start(client: Client, role_arn: str) -> None:
    name = unique("missing")
    execution = start(client, {"Read": read(name)}, role_arn)
    described = ended(client, execution)
    other = {"StartAt": "Other", "States": {"Other": {"Type": "Pass", "Result": "other", "End": True}}}
    client("stepfunctions").update_state_machine(
        stateMachineArn=described["stateMachineArn"], definition=json.dumps(other)
    )
    parameter(client, name, "first")
    assert json.loads(redrive(client, execution)["output"]) == {"value": "first"}


def test_started_execution_is_started_anew_by_its_task(client: Client) -> None:
    role_arn = role(client, "states.amazonaws.com", allow("ssm:GetParameter", "states:*"))
    name = unique("missing")
    inner = machine(client, {"StartAt": "Read", "States": {"Read": read(name)}}, role_arn)
    outer = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": inner},
        "OutputPath": "$.Output",
        "End": True,
    }
    execution = start(client, {"Start": outer}, role_arn)
    ended(client, execution)
    parameter(client, name, "inner")
    assert json.loads(redrive(client, execution)["output"]) == {"value": "inner"}
    listed = account.entries(client("stepfunctions"), "list_executions", "executions", stateMachineArn=inner)
    assert [(each["status"], each["redriveCount"]) for each in listed] == [("SUCCEEDED", 0), ("FAILED", 0)]


@pytest.mark.parametrize(("state", "status"), [({"Type": "Succeed"}, "SUCCEEDED"), (WAIT, "RUNNING")])
def test_execution_that_succeeded_or_runs_is_refused(
    client: Client, role_arn: str, state: dict[str, Any], status: str
) -> None:
    execution = start(client, {"Only": state}, role_arn)
    described = ended(client, execution) if status == "SUCCEEDED" else {}
    with pytest.raises(ClientError, match=f"Execution is {status} and cannot be redriven") as refusal:
        client("stepfunctions").redrive_execution(executionArn=execution)
    assert refusal.value.response["Error"]["Code"] == "ExecutionNotRedrivable"
    assert described.get("redriveStatus", "NOT_REDRIVABLE") == "NOT_REDRIVABLE"
    if status == "RUNNING":
        client("stepfunctions").stop_execution(executionArn=execution)


def test_call_that_is_repeated_with_its_token_redrives_once(client: Client, role_arn: str) -> None:
    execution = start(client, {"Read": read(unique("missing"))}, role_arn)
    ended(client, execution)
    states = client("stepfunctions")
    first = states.redrive_execution(executionArn=execution, clientToken="once")
    ended(client, execution)
    assert states.redrive_execution(executionArn=execution, clientToken="once")["redriveDate"] == first["redriveDate"]
    assert states.describe_execution(executionArn=execution)["redriveCount"] == 1
    states.redrive_execution(executionArn=execution, clientToken="twice")
    assert ended(client, execution)["redriveCount"] == 2


def test_unknown_execution_and_filter_of_a_machines_executions_are_refused(client: Client, role_arn: str) -> None:
    arn = machine(client, {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}, role_arn)
    states = client("stepfunctions")
    listing = {"stateMachineArn": arn, "redriveFilter": "REDRIVEN"}
    for call, code in (
        (lambda: states.redrive_execution(executionArn=f"{arn.replace('stateMachine', 'execution')}:no"), "NotExist"),
        (lambda: account.entries(states, "list_executions", "executions", **listing), "ValidationException"),
    ):
        with pytest.raises(ClientError) as refusal:
            call()
        assert refusal.value.response["Error"]["Code"].endswith(code)


def test_grant_is_asked_for_on_the_execution(client: Client, role_arn: str) -> None:
    execution = start(client, {"Read": read(unique("missing"))}, role_arn)
    ended(client, execution)
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:redriveExecution",
        "Parameters": {"ExecutionArn": execution},
        "End": True,
    }
    for resource, status in ((f"{execution}-other", "FAILED"), (execution, "SUCCEEDED")):
        caller = role(client, "states.amazonaws.com", allow("states:RedriveExecution", resource=resource))
        described = run(client, {"Redrive": call}, caller)
        assert described["status"] == status, described
    assert ended(client, execution)["redriveCount"] == 1


def notified(client: Client, machine_arn: str) -> str:
    """The URL of a queue that gets the notices of a machine's executions."""
    name, events = unique("rule"), client("events")
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [machine_arn]}}
    rule = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    url = admitting(client, "events.amazonaws.com", rule)
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn_of(client, url)}])
    return url


def test_notices_tell_of_redrives(client: Client, role_arn: str) -> None:
    name = unique("missing")
    execution = start(client, {"Read": read(name)}, role_arn)
    described = ended(client, execution)
    url = notified(client, described["stateMachineArn"])
    parameter(client, name)
    redrive(client, execution)
    notices: list[dict[str, Any]] = []

    def receive() -> list[str]:
        messages = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        notices.extend(json.loads(message["Body"])["detail"] for message in messages)
        return [notice["status"] for notice in notices]

    until(receive, lambda statuses: "SUCCEEDED" in statuses)
    by_status = {notice["status"]: notice for notice in notices}
    running = by_status["RUNNING"]
    assert (running["redriveCount"], running["redriveStatus"], running["stopDate"]) == (1, "NOT_REDRIVABLE", None)
    assert running["redriveDate"] > 1000 * described["stopDate"].timestamp()
    assert by_status["SUCCEEDED"]["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"


def test_period_open_time_and_events_limit_what_can_be_redriven() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)

    def reason(stopped: timedelta, started: timedelta, events: int = 5) -> str | None:
        manager = SimpleNamespace(_history_event_list=[{"id": events}])
        worker = SimpleNamespace(env=SimpleNamespace(event_manager=manager))
        return reason_against(
            SimpleNamespace(status="FAILED", stop_date=now - stopped, start_date=now - started, exec_worker=worker),
            now,
        )

    days = timedelta(days=1)
    assert reason(14 * days, 20 * days) is None
    assert reason(14 * days + timedelta(seconds=1), 20 * days) == "Execution redrivable period exceeded"
    assert reason(days, 366 * days) == "Execution has exceeded the max execution time"
    assert reason(days, days, 24_998) is None
    assert reason(days, days, 24_999) == "Execution history event limit exceeded"


def test_last_ten_tokens_count_for_a_quarter_of_an_hour() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    tokens = Tokens().including(None, now)
    for number in range(11):
        tokens = tokens.including(str(number), now + timedelta(seconds=number))
    assert [tokens.is_repeated(token, now) for token in ("0", "1", "10", None)] == [False, True, True, False]
    assert not tokens.is_repeated("10", now + timedelta(minutes=15, seconds=10))
