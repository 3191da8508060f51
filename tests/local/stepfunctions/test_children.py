"""The children of a Distributed Map: listed by their Map Run, each with a history."""

import json
from typing import Any

import pytest

from local import account
from machines import allow, role, run, unique

MAP: dict[str, Any] = {
    "Type": "Map",
    "ItemsPath": "$.items",
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Is it good?",
        "States": {
            "Is it good?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$", "NumericGreaterThan": 1, "Next": "Bad"}],
                "Default": "Good",
            },
            "Good": {"Type": "Pass", "End": True},
            "Bad": {"Type": "Fail", "Error": "Bad"},
        },
    },
    "ToleratedFailureCount": 3,
    "End": True,
}


@pytest.fixture(scope="module")
def map_run(client: Any) -> str:
    """The Map Run of an execution whose Map has three items, of which one fails."""
    arn = role(client, "states.amazonaws.com", allow("states:*"))
    described = run(client, {"Fan out": MAP}, arn, {"items": [0, 1, 2]})
    assert described["status"] == "SUCCEEDED", described
    runs = account.entries(client("stepfunctions"), "list_map_runs", "mapRuns", executionArn=described["executionArn"])
    return runs[0]["mapRunArn"]


def test_children_are_listed_by_their_map_run(client: Any, map_run: str) -> None:
    states = client("stepfunctions")
    children = account.entries(states, "list_executions", "executions", mapRunArn=map_run)
    assert sorted(each["status"] for each in children) == ["FAILED", "SUCCEEDED", "SUCCEEDED"]
    assert {each["mapRunArn"] for each in children} == {map_run}
    # The Map Run's own name is a part of the children's.
    label = map_run.split(":")[-2]
    assert {each["executionArn"].split(":")[-2] for each in children} == {label}
    page = states.list_executions(mapRunArn=map_run, maxResults=2)
    rest = states.list_executions(mapRunArn=map_run, maxResults=2, nextToken=page["nextToken"])
    assert [*page["executions"], *rest["executions"]] == children
    listing = {"mapRunArn": map_run, "statusFilter": "FAILED"}
    (failed,) = account.entries(states, "list_executions", "executions", **listing)
    assert failed in children


def test_express_children_run_too(client: Any) -> None:
    processor = MAP["ItemProcessor"] | {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}
    express = {"Fan out": MAP | {"ItemProcessor": processor}}
    described = run(client, express, role(client, "states.amazonaws.com"), {"items": [0, 1]})
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", [0, 1])


def test_results_are_written_by_status_with_a_manifest(client: Any) -> None:
    bucket = unique("results")
    client("s3").create_bucket(Bucket=bucket)
    there = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": bucket, "Prefix": "rides"}}
    writer = role(client, "states.amazonaws.com", allow("s3:PutObject"))
    described = run(client, {"Fan out": MAP | {"ResultWriter": there}}, writer, {"items": [0, 1, 2]})
    output = json.loads(described["output"])

    def read(key: str) -> Any:
        return json.load(client("s3").get_object(Bucket=bucket, Key=key)["Body"])

    details = output["ResultWriterDetails"]
    manifest = read(details["Key"])
    folder = f"rides/{output['MapRunArn'].rpartition(':')[2]}"
    assert details == {"Bucket": bucket, "Key": f"{folder}/manifest.json"}
    assert (manifest["DestinationBucket"], manifest["MapRunArn"]) == (bucket, output["MapRunArn"])
    keys = {status: [each["Key"] for each in files] for status, files in manifest["ResultFiles"].items()}
    written = {"FAILED": [f"{folder}/FAILED_0.json"], "PENDING": [], "SUCCEEDED": [f"{folder}/SUCCEEDED_0.json"]}
    assert keys == written
    succeeded, (failed,) = read(keys["SUCCEEDED"][0]), read(keys["FAILED"][0])
    assert [(each["Input"], each["Output"]) for each in succeeded] == [("0", "0"), ("1", "1")]
    assert (failed["Input"], failed["Error"], failed["Status"]) == ("2", "Bad", "FAILED")


@pytest.mark.parametrize(("percentage", "status"), [(34, "SUCCEEDED"), (33, "FAILED"), (33.4, "SUCCEEDED")])
def test_percentage_of_children_that_may_fail_is_any_number(client: Any, percentage: float, status: str) -> None:
    tolerant = {name: value for name, value in MAP.items() if name != "ToleratedFailureCount"}
    tolerant["ToleratedFailurePercentage"] = percentage
    described = run(client, {"Fan out": tolerant}, role(client, "states.amazonaws.com"), {"items": [0, 1, 2]})
    assert described["status"] == status


def test_each_child_has_a_history_of_its_own(client: Any, map_run: str) -> None:
    states = client("stepfunctions")
    for child in account.entries(states, "list_executions", "executions", mapRunArn=map_run):
        execution = child["executionArn"]
        events = account.entries(states, "get_execution_history", "events", executionArn=execution)
        entered = [each["stateEnteredEventDetails"]["name"] for each in events if "stateEnteredEventDetails" in each]
        succeeded = child["status"] == "SUCCEEDED"
        assert entered == ["Is it good?", "Good" if succeeded else "Bad"]
        assert events[0]["type"] == "ExecutionStarted"
        assert events[-1]["type"] == ("ExecutionSucceeded" if succeeded else "ExecutionFailed")
        assert [each["id"] for each in events] == list(range(1, len(events) + 1))


def test_children_are_described_with_their_map_run(client: Any, map_run: str) -> None:
    """DescribeExecution and DescribeStateMachineForExecution: `mapRunArn`, `label`, REDRIVABLE_BY_MAP_RUN."""
    states = client("stepfunctions")
    by_input = {}
    for child in account.entries(states, "list_executions", "executions", mapRunArn=map_run):
        described = states.describe_execution(executionArn=child["executionArn"])
        assert {name: described[name] for name in child} == child
        by_input[described["input"]] = described
        machine = states.describe_state_machine_for_execution(executionArn=child["executionArn"])
        assert (machine["mapRunArn"], json.loads(machine["definition"])["StartAt"]) == (map_run, "Fan out")
        assert machine["label"] == map_run.split("/")[1].split(":")[0]
    assert (by_input["0"]["output"], by_input["0"]["redriveStatus"]) == ("0", "NOT_REDRIVABLE")
    failed = by_input["2"]
    assert (failed["status"], failed["error"], failed["redriveStatus"]) == ("FAILED", "Bad", "REDRIVABLE_BY_MAP_RUN")
