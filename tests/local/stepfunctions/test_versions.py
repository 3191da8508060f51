"""Versions and aliases of state machines, as the developer guide and the API reference have them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from machines import Client, ended, machine, role


def definition(result: str) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": result, "End": True}}}


@pytest.fixture(scope="module")
def states(client: Client) -> Any:
    return client("stepfunctions")


@pytest.fixture(scope="module")
def versions(client: Client, states: Any) -> list[str]:
    """The ARNs of a state machine, and of its versions 1 and 2."""
    arn = machine(client, definition("first"), role(client, "states.amazonaws.com"))
    first = states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    # What has not changed since is not published again.
    assert states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"] == first
    states.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition("second")))
    second = states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    states.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition("latest")))
    assert (first, second) == (f"{arn}:1", f"{arn}:2")
    return [arn, first, second]


def start(client: Client, arn: str) -> dict[str, Any]:
    return ended(client, client("stepfunctions").start_execution(stateMachineArn=arn)["executionArn"])


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as refusal:
        call(**parameters)
    return refusal.value.response["Error"]["Code"]


def test_versions_are_listed_the_newest_first_and_by_pages(states: Any, versions: list[str]) -> None:
    arn, first, second = versions
    page = states.list_state_machine_versions(stateMachineArn=arn, maxResults=1)
    rest = states.list_state_machine_versions(stateMachineArn=arn, maxResults=1, nextToken=page["nextToken"])
    listed = page["stateMachineVersions"] + rest["stateMachineVersions"]
    assert [each["stateMachineVersionArn"] for each in listed] == [second, first]


def test_execution_runs_the_version_that_starts_it(client: Client, states: Any, versions: list[str]) -> None:
    arn, first, _ = versions
    described, latest = start(client, first), start(client, arn)
    assert (described["output"], described["stateMachineArn"]) == ('"first"', arn)
    assert described["stateMachineVersionArn"] == first
    assert (latest["output"], "stateMachineVersionArn" in latest) == ('"latest"', False)
    used = states.describe_state_machine_for_execution(executionArn=described["executionArn"])
    assert (used["stateMachineArn"], json.loads(used["definition"])) == (arn, definition("first"))
    listed = states.list_executions(stateMachineArn=first, maxResults=10)["executions"]
    arns = {each["executionArn"] for each in listed}
    assert (described["executionArn"] in arns, latest["executionArn"] in arns) == (True, False)


def test_alias_runs_the_version_that_it_routes_to(client: Client, states: Any, versions: list[str]) -> None:
    arn, first, second = versions
    routes = [{"stateMachineVersionArn": second, "weight": 100}]
    alias = states.create_state_machine_alias(name="live", routingConfiguration=routes)["stateMachineAliasArn"]
    assert alias == f"{arn}:live"
    assert states.create_state_machine_alias(name="live", routingConfiguration=routes)["stateMachineAliasArn"] == alias
    described = start(client, alias)
    assert (described["output"], described["stateMachineAliasArn"]) == ('"second"', alias)
    assert refused(states.delete_state_machine_version, stateMachineVersionArn=second) == "ConflictException"
    routes = [{"stateMachineVersionArn": first, "weight": 100}]
    assert refused(states.create_state_machine_alias, name="live", routingConfiguration=routes) == "ConflictException"
    states.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=routes)
    assert start(client, alias)["output"] == '"first"'
    listed = states.list_executions(stateMachineArn=alias, maxResults=10)["executions"]
    assert [each["stateMachineVersionArn"] for each in listed] == [first, second]


def test_version_that_no_alias_routes_to_can_be_deleted(client: Client, states: Any) -> None:
    arn = machine(client, definition("only"), role(client, "states.amazonaws.com"))
    version = states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    states.delete_state_machine_version(stateMachineVersionArn=version)
    assert refused(states.start_execution, stateMachineArn=version) == "StateMachineDoesNotExist"
    # Numbers are not used again.
    assert states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"] == f"{arn}:2"


def test_names_and_arns_that_are_none_are_refused(states: Any, versions: list[str]) -> None:
    arn, first, _ = versions
    routes = [{"stateMachineVersionArn": first, "weight": 100}]
    missing = [{"stateMachineVersionArn": f"{arn}:9", "weight": 100}]
    create = states.create_state_machine_alias
    assert refused(create, name="7", routingConfiguration=routes) == "ValidationException"
    assert refused(create, name="beta", routingConfiguration=missing) == "StateMachineDoesNotExist"
    assert refused(states.describe_state_machine_alias, stateMachineAliasArn=arn) == "InvalidArn"
    assert refused(states.start_execution, stateMachineArn=f"{arn}:none") == "StateMachineDoesNotExist"
    assert refused(states.list_executions, stateMachineArn=f"{arn}:none") == "StateMachineDoesNotExist"
    assert refused(states.delete_state_machine_version, stateMachineVersionArn=arn) == "ValidationException"
