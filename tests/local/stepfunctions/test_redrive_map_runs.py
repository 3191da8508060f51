"""AWS: "Redriving Map Runs in Step Functions executions"."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import account
from machines import Client, allow, ended, role, unique, until
from queue_makers import counts, queue, send
from redrives import entered, history, is_polling, long_poll, parameter, parted, read, reader, redrive, start


@pytest.fixture(scope="module")
def role_arn(client: Client) -> str:
    return reader(client)


def distributed(**fields: Any) -> dict[str, Any]:
    """A Map whose children read the parameters that are its items, in two states."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Each",
        "States": {"Each": {"Type": "Pass", "Next": "Read"}, "Read": read("$")},
    }
    return {"Type": "Map", "MaxConcurrency": 1, "Label": "Readers", "ItemProcessor": processor, "End": True} | fields


def children(client: Client, map_run: str, **filters: str) -> dict[str, dict[str, Any]]:
    """The children of a Map Run, by ARN."""
    states = client("stepfunctions")
    listed = account.entries(states, "list_executions", "executions", mapRunArn=map_run, **filters)
    return {each["executionArn"]: each for each in listed}


def map_runs(client: Client, execution: str) -> list[str]:
    listed = account.entries(client("stepfunctions"), "list_map_runs", "mapRuns", executionArn=execution)
    return [each["mapRunArn"] for each in listed]


def test_children_that_succeeded_are_not_run_again(client: Client, role_arn: str) -> None:
    there, missing, later = parameter(client, value="1"), unique("missing"), parameter(client, value="3")
    states = client("stepfunctions")
    execution = start(client, {"Map": distributed(ItemsPath="$.names")}, role_arn, {"names": [there, missing, later]})
    assert ended(client, execution)["error"] == "States.ExceedToleratedFailureThreshold"
    (map_run,) = map_runs(client, execution)
    before = children(client, map_run)
    parameter(client, missing, "2")
    described = redrive(client, execution)
    assert json.loads(described["output"]) == [{"value": "1"}, {"value": "2"}, {"value": "3"}]
    assert map_runs(client, execution) == [map_run]
    after = children(client, map_run)
    assert after.keys() == before.keys()
    (again,) = children(client, map_run, redriveFilter="REDRIVEN")
    assert (before[again]["status"], after[again]["status"]) == ("FAILED", "SUCCEEDED")
    assert (after[again]["redriveCount"], "redriveDate" in after[again]) == (1, True)
    rest = children(client, map_run, redriveFilter="NOT_REDRIVEN")
    assert rest == {arn: child for arn, child in before.items() if arn != again}
    first, second = parted(history(client, again))
    assert (entered(first), entered(second)) == (["Each", "Read"], ["Read"])
    assert [event["id"] for event in (*first, *second)] == list(range(1, len(first) + len(second) + 1))
    assert (first[-1]["type"], second[-1]["type"]) == ("ExecutionFailed", "ExecutionSucceeded")
    record = states.describe_map_run(mapRunArn=map_run)
    assert (record["status"], record["redriveCount"], "redriveDate" in record) == ("SUCCEEDED", 1, True)
    each = record["executionCounts"]
    assert (each["total"], each["succeeded"], each["failed"], each["running"]) == (3, 3, 0, 0)
    events = parted(history(client, execution))[1]
    (redriven,) = (event for event in events if event["type"] == "MapRunRedriven")
    assert redriven["mapRunRedrivenEventDetails"] == {"mapRunArn": map_run, "redriveCount": 1}
    assert "MapRunStarted" not in {event["type"] for event in events}


def test_map_run_that_fails_again_counts_its_failures_once(client: Client, role_arn: str) -> None:
    names = [parameter(client), unique("missing"), unique("missing")]
    execution = start(client, {"Map": distributed(ItemsPath="$.names")}, role_arn, {"names": names})
    ended(client, execution)
    parameter(client, names[1])
    assert redrive(client, execution)["status"] == "FAILED"
    (map_run,) = map_runs(client, execution)
    record = client("stepfunctions").describe_map_run(mapRunArn=map_run)
    each = record["executionCounts"]
    assert (record["status"], each["total"], each["succeeded"], each["failed"]) == ("FAILED", 3, 2, 1)


def test_children_of_a_stopped_execution_go_on(client: Client, role_arn: str) -> None:
    wait = {"Type": "Wait", "Seconds": 300, "End": True}
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Wait"}
    waiting = {"Type": "Map", "ItemProcessor": processor | {"States": {"Wait": wait}}, "End": True}
    states = client("stepfunctions")
    execution = start(client, {"Map": waiting}, role_arn, [1])
    until(lambda: map_runs(client, execution) and children(client, map_runs(client, execution)[0]), bool)
    states.stop_execution(executionArn=execution)
    (map_run,) = map_runs(client, execution)
    assert states.describe_map_run(mapRunArn=map_run)["status"] == "ABORTED"
    states.redrive_execution(executionArn=execution)
    (child,) = until(lambda: children(client, map_run, redriveFilter="REDRIVEN"), bool)
    assert [event["type"] for event in history(client, child)][-3:] == [
        "ExecutionAborted",
        "ExecutionRedriven",
        "WaitStateEntered",
    ]
    states.stop_execution(executionArn=execution)


def test_child_that_ends_after_a_stop_and_a_redrive_counts_for_nothing(client: Client) -> None:
    # A long poll goes on after the stop; when it ends, the Map Run that was redriven is in its own.
    role_arn = role(client, "states.amazonaws.com", allow("sqs:ReceiveMessage"))
    url = queue(client)
    poll = long_poll(url)
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Poll"}
    polling = {"Type": "Map", "ItemProcessor": processor | {"States": {"Poll": poll}}, "End": True}
    execution = start(client, {"Map": polling}, role_arn, [1, 2])

    def polling_children() -> list[str]:
        return [arn for run in map_runs(client, execution) for arn in children(client, run) if is_polling(client, arn)]

    until(polling_children, lambda arns: len(arns) == 2)
    client("stepfunctions").stop_execution(executionArn=execution)
    client("stepfunctions").redrive_execution(executionArn=execution)
    # Two messages end the polls of before, two the new ones.
    send(client, url, *"abcd")
    described = ended(client, execution)
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", [{"polled": True}] * 2)
    until(lambda: counts(client, url), lambda count: count == (0, 4))
    (map_run,) = map_runs(client, execution)
    of_children = client("stepfunctions").describe_map_run(mapRunArn=map_run)["executionCounts"]
    assert (of_children["total"], of_children["succeeded"], of_children["aborted"]) == (2, 2, 0)
    assert {child["status"] for child in children(client, map_run).values()} == {"SUCCEEDED"}


def test_items_are_those_of_the_first_attempt_where_children_were_started(client: Client) -> None:
    role_arn = role(client, "states.amazonaws.com", allow("ssm:GetParameter", "s3:GetObject"))
    bucket, missing = unique("items"), unique("missing")
    client("s3").create_bucket(Bucket=bucket)
    reads = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": bucket, "Key": "items.json"},
    }
    # Without its file the Map Run starts no child: a redrive reads it then.
    execution = start(client, {"Map": distributed(ItemReader=reads)}, role_arn)
    ended(client, execution)
    client("s3").put_object(Bucket=bucket, Key="items.json", Body=json.dumps([missing]))
    assert redrive(client, execution)["error"] == "States.ExceedToleratedFailureThreshold"
    client("s3").put_object(Bucket=bucket, Key="items.json", Body=json.dumps([missing, missing]))
    parameter(client, missing, "1")
    described = redrive(client, execution)
    assert json.loads(described["output"]) == [{"value": "1"}]


def test_child_is_redriven_with_its_parent_alone(client: Client, role_arn: str) -> None:
    map_state = distributed(ItemsPath="$.names")
    execution = start(client, {"Map": map_state}, role_arn, {"names": [unique("missing")]})
    ended(client, execution)
    (child,) = children(client, map_runs(client, execution)[0])
    with pytest.raises(ClientError, match="the execution that started the Map Run") as refusal:
        client("stepfunctions").redrive_execution(executionArn=child)
    assert refusal.value.response["Error"]["Code"] == "ValidationException"
