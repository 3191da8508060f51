"""Lists of Step Functions by pages, as the API reference has GetExecutionHistory, ListExecutions and ListMapRuns."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import account
from machines import Client, ended, execute, machine, role, unique

MACHINE = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}}
EVENTS = [
    "ExecutionStarted",
    "PassStateEntered",
    "PassStateExited",
    "SucceedStateEntered",
    "SucceedStateExited",
    "ExecutionSucceeded",
]
TAGS = [{"key": "team", "value": "rides"}]


@pytest.fixture(scope="module")
def states(client: Client) -> Any:
    return client("stepfunctions")


@pytest.fixture(scope="module")
def machine_arn(client: Client) -> str:
    return machine(client, MACHINE, role(client, "states.amazonaws.com"))


@pytest.fixture(scope="module")
def execution(client: Client, machine_arn: str) -> str:
    return execute(client, machine_arn, {"rides": 12})["executionArn"]


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as refusal:
        call(**parameters)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return refusal.value.response["Error"]["Code"]


def test_history_is_read_by_pages_and_from_its_end(states: Any, execution: str) -> None:
    first = states.get_execution_history(executionArn=execution, maxResults=4)
    rest = states.get_execution_history(executionArn=execution, maxResults=4, nextToken=first["nextToken"])
    assert [event["type"] for event in first["events"] + rest["events"]] == EVENTS
    assert "nextToken" not in rest
    (last,) = states.get_execution_history(executionArn=execution, maxResults=1, reverseOrder=True)["events"]
    assert (last["type"], last["id"]) == ("ExecutionSucceeded", len(EVENTS))
    backwards = account.entries(
        states,
        "get_execution_history",
        "events",
        executionArn=execution,
        reverseOrder=True,
        PaginationConfig={"PageSize": 2},
    )
    assert [event["type"] for event in backwards] == EVENTS[::-1]


def test_history_without_data_has_neither_inputs_nor_outputs(states: Any, execution: str) -> None:
    whole = states.get_execution_history(executionArn=execution)["events"]
    bare = states.get_execution_history(executionArn=execution, includeExecutionData=False)["events"]
    assert whole[1]["stateEnteredEventDetails"]["input"] == '{"rides":12}'
    assert bare[1]["stateEnteredEventDetails"] == {"name": "A"}
    assert bare[-1]["executionSucceededEventDetails"] == {}
    assert [event["id"] for event in bare] == [event["id"] for event in whole]


def test_token_that_no_page_of_the_list_gave_is_invalid(states: Any, execution: str, machine_arn: str) -> None:
    token = states.get_execution_history(executionArn=execution, maxResults=4)["nextToken"]
    history = states.get_execution_history
    assert refused(history, executionArn=execution, nextToken="nonsense") == "InvalidToken"
    assert refused(history, executionArn=execution, nextToken=token, reverseOrder=True) == "InvalidToken"
    assert refused(states.list_map_runs, executionArn=execution, nextToken=token) == "InvalidToken"
    assert refused(states.list_executions, stateMachineArn=machine_arn, nextToken=token) == "InvalidToken"
    assert refused(states.list_state_machines, nextToken="nonsense") == "InvalidToken"


def test_page_has_a_thousand_entries_at_most(states: Any, execution: str, machine_arn: str) -> None:
    assert refused(states.get_execution_history, executionArn=execution, maxResults=1001) == "ValidationException"
    assert refused(states.list_executions, stateMachineArn=machine_arn, maxResults=1001) == "ValidationException"
    assert refused(states.list_state_machines, maxResults=1001) == "ValidationException"
    # Zero stands for the usual hundred.
    assert len(states.get_execution_history(executionArn=execution, maxResults=0)["events"]) == len(EVENTS)


def test_executions_are_those_of_a_machine_or_of_a_map_run(states: Any, machine_arn: str) -> None:
    map_run = machine_arn.replace(":stateMachine:", ":mapRun:") + "/Map:b1a7"
    assert refused(states.list_executions) == "ValidationException"
    assert refused(states.list_executions, stateMachineArn=machine_arn, mapRunArn=map_run) == "ValidationException"
    assert refused(states.list_executions, mapRunArn=map_run) == "ResourceNotFound"
    assert refused(states.describe_map_run, mapRunArn=map_run) == "ResourceNotFound"


def test_executions_are_listed_by_status_and_by_pages(client: Client, states: Any) -> None:
    failing = {"Type": "Choice", "Choices": [{"Variable": "$.fail", "IsPresent": True, "Next": "F"}], "Default": "S"}
    definition = {"StartAt": "C", "States": {"C": failing, "F": {"Type": "Fail"}, "S": {"Type": "Succeed"}}}
    arn = machine(client, definition, role(client, "states.amazonaws.com"))
    started = [
        states.start_execution(stateMachineArn=arn, input=text)["executionArn"] for text in ("{}", '{"fail":1}', "{}")
    ]
    assert [ended(client, each)["status"] for each in started] == ["SUCCEEDED", "FAILED", "SUCCEEDED"]
    page = states.list_executions(stateMachineArn=arn, statusFilter="SUCCEEDED", maxResults=1)
    rest = states.list_executions(
        stateMachineArn=arn, statusFilter="SUCCEEDED", maxResults=1, nextToken=page["nextToken"]
    )
    newest_first = [each["executionArn"] for each in page["executions"] + rest["executions"]]
    assert newest_first == [started[2], started[0]]
    assert "nextToken" not in rest


def test_tags_belong_to_what_there_is(states: Any, machine_arn: str) -> None:
    states.tag_resource(resourceArn=machine_arn, tags=TAGS)
    assert states.list_tags_for_resource(resourceArn=machine_arn)["tags"] == TAGS
    states.untag_resource(resourceArn=machine_arn, tagKeys=["team"])
    assert states.list_tags_for_resource(resourceArn=machine_arn)["tags"] == []
    nothing = {"resourceArn": machine_arn + unique("no")}
    assert refused(states.list_tags_for_resource, **nothing) == "ResourceNotFound"
    assert refused(states.tag_resource, tags=TAGS, **nothing) == "ResourceNotFound"
    many = [{"key": str(number), "value": ""} for number in range(51)]
    assert refused(states.tag_resource, resourceArn=machine_arn, tags=many) == "TooManyTags"
