"""What clients see of the ends of executions, whichever call they make first."""

import json
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from machines import Client, allow, ended, machine, role, unique, until
from queue_makers import admitting

pytestmark = pytest.mark.races

WAIT = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 300, "End": True}}}
KINDS: dict[str, dict[str, Any]] = {
    "SUCCEEDED": {"StartAt": "End", "States": {"End": {"Type": "Pass", "Result": {"rides": 12}, "End": True}}},
    "FAILED": {"StartAt": "End", "States": {"End": {"Type": "Fail", "Error": "BadRide", "Cause": "no latitude"}}},
    "TIMED_OUT": WAIT | {"TimeoutSeconds": 1},
    "ABORTED": WAIT,
}
LAST = {
    "RUNNING": None,
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "TIMED_OUT": "ExecutionTimedOut",
    "ABORTED": "ExecutionAborted",
}
REASONS = {"FAILED": ("BadRide", "no latitude"), "ABORTED": ("Enough", "of it")}


@pytest.fixture(scope="module")
def nobody(client: Client) -> str:
    return role(client, "states.amazonaws.com")


@pytest.fixture(scope="module")
def machines(client: Client, nobody: str) -> dict[str, str]:
    """A machine for each way to end."""
    return {status: machine(client, definition, nobody) for status, definition in KINDS.items()}


def last_event(states: Any, arn: str) -> str | None:
    """The event that ends the execution, where the last is one."""
    pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
    last = [event["type"] for page in pages for event in page["events"]][-1]
    return last if last in LAST.values() else None


def check(described: dict[str, Any], output: str = '{"rides":12}') -> None:
    """The whole of the end that the status says, or nothing of it."""
    status = described["status"]
    assert ("stopDate" in described) == (status != "RUNNING"), described
    assert described.get("output") == (output if status == "SUCCEEDED" else None), described
    assert (described.get("error"), described.get("cause")) == REASONS.get(status, (None, None)), described


def watch(states: Any, machine_arn: str, arn: str) -> str:
    """Look at the execution again and again until it has ended, at each of its sides first; its status."""
    while True:
        described = states.describe_execution(executionArn=arn)
        check(described)
        event = last_event(states, arn)
        if described["status"] != "RUNNING":
            assert event == LAST[described["status"]]
            return described["status"]
        if event:
            described = states.describe_execution(executionArn=arn)
            assert described["status"] != "RUNNING", event
        (listed,) = (
            each
            for page in states.get_paginator("list_executions").paginate(stateMachineArn=machine_arn)
            for each in page["executions"]
            if each["executionArn"] == arn
        )
        assert ("stopDate" in listed) == (listed["status"] != "RUNNING")
        if listed["status"] != "RUNNING":
            assert last_event(states, arn) == LAST[listed["status"]]


@pytest.mark.parametrize("status", KINDS)
def test_who_watches_an_execution_sees_its_end_whole(client: Client, machines: dict[str, str], status: str) -> None:
    states, machine_arn = client("stepfunctions"), machines[status]
    with ThreadPoolExecutor(12) as threads:
        watched: list[Future[str]] = []
        for _ in range(6):
            arn = states.start_execution(stateMachineArn=machine_arn)["executionArn"]
            watched += [threads.submit(watch, states, machine_arn, arn) for _ in range(2)]
            if status == "ABORTED":
                threads.submit(states.stop_execution, executionArn=arn, error="Enough", cause="of it")
        assert {future.result() for future in watched} == {status}


def test_stop_answers_when_the_execution_has_been_aborted(client: Client, machines: dict[str, str]) -> None:
    states = client("stepfunctions")
    for _ in range(10):
        arn = states.start_execution(stateMachineArn=machines["ABORTED"])["executionArn"]
        answer = states.stop_execution(executionArn=arn, error="Enough", cause="of it")
        described = states.describe_execution(executionArn=arn)
        assert (described["status"], described["stopDate"]) == ("ABORTED", answer["stopDate"])
        assert last_event(states, arn) == "ExecutionAborted"


@pytest.mark.parametrize("status", KINDS)
def test_notice_of_an_end_comes_with_the_end(client: Client, machines: dict[str, str], status: str) -> None:
    name = unique("rule")
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [machines[status]]},
    }
    events, states = client("events"), client("stepfunctions")
    rule = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    url = admitting(client, "events.amazonaws.com", rule)
    queue_arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue_arn}])
    arn = states.start_execution(stateMachineArn=machines[status], input='{"own": 1}')["executionArn"]
    if status == "ABORTED":
        states.stop_execution(executionArn=arn, error="Enough", cause="of it")
    notices: list[dict[str, Any]] = []

    def receive() -> list[str]:
        messages = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        notices.extend(json.loads(message["Body"]) for message in messages)
        return [notice["detail"]["status"] for notice in notices]

    assert sorted(until(receive, lambda statuses: status in statuses)) == sorted(["RUNNING", status])
    (notice,) = (notice for notice in notices if notice["detail"]["status"] == status)
    assert (notice["source"], notice["resources"]) == ("aws.states", [arn])
    detail = notice["detail"]
    described = states.describe_execution(executionArn=arn)
    assert (described["status"], last_event(states, arn)) == (status, LAST[status])
    assert detail["stopDate"] == pytest.approx(1000 * described["stopDate"].timestamp(), abs=1)
    assert (detail["input"], detail["executionArn"]) == ('{"own": 1}', arn)
    assert json.loads(detail["output"] or "null") == ({"rides": 12} if status == "SUCCEEDED" else None)
    assert (detail["error"], detail["cause"]) == REASONS.get(status, (None, None))


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT"])
def test_outer_execution_goes_on_when_the_inner_has_ended_whole(
    client: Client, machines: dict[str, str], status: str
) -> None:
    starter = role(client, "states.amazonaws.com", allow("states:StartExecution", "states:DescribeExecution"))
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": machines[status]},
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.failure", "Next": "End"}],
        "Next": "End",
    }
    outer = {"StartAt": "Start", "States": {"Start": start, "End": {"Type": "Succeed"}}}
    states = client("stepfunctions")
    arn = states.start_execution(stateMachineArn=machine(client, outer, starter))["executionArn"]
    output = json.loads(ended(client, arn)["output"])
    inner = json.loads(output["failure"]["Cause"]) if "failure" in output else output
    assert (inner["Status"], "StopDate" in inner) == (status, True)
    assert (inner.get("Error"), inner.get("Cause")) == REASONS.get(status, (None, None))
    assert last_event(states, inner["ExecutionArn"]) == LAST[status]


@pytest.fixture
def mapping(client: Client) -> str:
    """A machine whose Distributed Map runs eight children, of which four wait for as long as the input says."""
    child = {
        "StartAt": "Which",
        "States": {
            "Which": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.seconds", "NumericGreaterThan": 0, "Next": "Wait"}],
                "Default": "Done",
            },
            "Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Done"},
            "Done": {"Type": "Succeed"},
        },
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    }
    states = {"Map": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": child, "End": True}}
    return machine(client, {"StartAt": "Map", "States": states}, role(client, "states.amazonaws.com"))


def items(seconds: int) -> str:
    return json.dumps({"items": [{"seconds": 0}] * 4 + [{"seconds": seconds}] * 4})


def map_run(states: Any, arn: str) -> dict[str, Any]:
    """The execution's one Map Run, described."""
    runs = until(
        lambda: [
            run for page in states.get_paginator("list_map_runs").paginate(executionArn=arn) for run in page["mapRuns"]
        ],
        lambda listed: len(listed) == 1,
    )
    described = states.describe_map_run(mapRunArn=runs[0]["mapRunArn"])
    for counts in (described["itemCounts"], described["executionCounts"]):
        parts = ("pending", "running", "succeeded", "failed", "timedOut", "aborted")
        assert sum(counts[part] for part in parts) == counts["total"], counts
    assert ("stopDate" in described) == (described["status"] != "RUNNING")
    return described


def event_types(states: Any, arn: str) -> list[str]:
    pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
    return [event["type"] for page in pages for event in page["events"]]


def test_map_run_has_succeeded_when_the_history_says_so_and_the_other_way_round(client: Client, mapping: str) -> None:
    states = client("stepfunctions")
    arn = states.start_execution(stateMachineArn=mapping, input=items(1))["executionArn"]
    while True:
        status = map_run(states, arn)["status"]
        succeeded = "MapRunSucceeded" in event_types(states, arn)
        if status != "RUNNING":
            assert (status, succeeded) == ("SUCCEEDED", True)
            break
        if succeeded:
            assert map_run(states, arn)["status"] == "SUCCEEDED"
            break
    assert map_run(states, arn)["executionCounts"]["succeeded"] == 8


def test_map_run_and_its_children_are_aborted_with_the_execution(client: Client, mapping: str) -> None:
    states = client("stepfunctions")
    arn = states.start_execution(stateMachineArn=mapping, input=items(300))["executionArn"]
    until(lambda: map_run(states, arn)["itemCounts"]["succeeded"], lambda succeeded: succeeded == 4)
    until(lambda: map_run(states, arn)["itemCounts"]["total"], lambda total: total == 8)
    states.stop_execution(executionArn=arn)
    run = map_run(states, arn)
    assert (run["status"], run["itemCounts"]["succeeded"], run["itemCounts"]["aborted"]) == ("ABORTED", 4, 4)
    assert event_types(states, arn)[-2:] == ["MapRunAborted", "ExecutionAborted"]
