"""Versions and aliases of state machines, as the developer guide and the API reference have them."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import account
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


@pytest.fixture(scope="module")
def other(client: Client, states: Any) -> str:
    """The only version of another state machine."""
    arn = machine(client, definition("other"), role(client, "states.amazonaws.com"))
    return states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]


def test_version_is_neither_updated_nor_published_nor_deleted_as_a_machine(states: Any, versions: list[str]) -> None:
    arn, first, _ = versions
    before = states.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    changed = json.dumps(definition("changed"))
    update = states.update_state_machine
    for qualified in (first, f"{arn}:live"):
        assert refused(update, stateMachineArn=qualified, definition=changed, publish=True) == "ValidationException"
        assert refused(states.publish_state_machine_version, stateMachineArn=qualified) == "ValidationException"
        assert refused(states.delete_state_machine, stateMachineArn=qualified) == "ValidationException"
    assert json.loads(states.describe_state_machine(stateMachineArn=first)["definition"]) == definition("first")
    assert states.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"] == before


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ({"{arn}:1": 0, "{arn}:2": 0}, "ValidationException"),
        ({"{arn}:1": 60, "{arn}:2": 60}, "ValidationException"),
        ({"{arn}:1": 50, "{arn}": 50}, "ValidationException"),
        ({"{arn}": 100}, "ValidationException"),
        ({"{other}": 50, "{arn}:1": 50}, "ValidationException"),
        ({"{arn}:1": 50, "{arn}:9": 50}, "StateMachineDoesNotExist"),
        ({"{arn}:9": 100}, "StateMachineDoesNotExist"),
    ],
)
def test_routes_are_checked_at_creation_and_at_update(
    states: Any, versions: list[str], other: str, weights: dict[str, int], code: str
) -> None:
    arn, first, _ = versions
    routes = [
        {"stateMachineVersionArn": text.format(arn=arn, other=other), "weight": weight}
        for text, weight in weights.items()
    ]
    assert refused(states.create_state_machine_alias, name="wrong", routingConfiguration=routes) == code
    right = [{"stateMachineVersionArn": first, "weight": 100}]
    alias = states.create_state_machine_alias(name="right", routingConfiguration=right)["stateMachineAliasArn"]
    update = states.update_state_machine_alias
    assert refused(update, stateMachineAliasArn=alias, routingConfiguration=routes) == code
    assert states.describe_state_machine_alias(stateMachineAliasArn=alias)["routingConfiguration"] == right


def test_alias_is_not_moved_to_another_machine(states: Any, versions: list[str], other: str) -> None:
    right, wrong = ([{"stateMachineVersionArn": arn, "weight": 100}] for arn in (versions[1], other))
    alias = states.create_state_machine_alias(name="right", routingConfiguration=right)["stateMachineAliasArn"]
    update = states.update_state_machine_alias
    assert refused(update, stateMachineAliasArn=alias, routingConfiguration=wrong) == "ValidationException"


def test_version_is_published_of_the_revision_that_the_caller_knows(client: Client, states: Any) -> None:
    publish = states.publish_state_machine_version
    arn = machine(client, definition("one"), role(client, "states.amazonaws.com"))
    assert "revisionId" not in states.describe_state_machine(stateMachineArn=arn)
    first = publish(stateMachineArn=arn, revisionId="INITIAL")["stateMachineVersionArn"]
    stale = states.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition("two")))["revisionId"]
    # The contents of the first revision, but another one.
    now = states.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition("one")))["revisionId"]
    for revision in ("INITIAL", stale):
        assert refused(publish, stateMachineArn=arn, revisionId=revision) == "ConflictException"
    second = publish(stateMachineArn=arn, revisionId=now)["stateMachineVersionArn"]
    assert (first, second) == (f"{arn}:1", f"{arn}:2")
    described = [states.describe_state_machine(stateMachineArn=each).get("revisionId") for each in (arn, first, second)]
    assert described == [now, None, now]


def test_revision_that_many_publish_at_once_gets_one_version(client: Client, states: Any) -> None:
    arn = machine(client, definition("once"), role(client, "states.amazonaws.com"))

    def publish(_: int) -> str:
        return states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(publish, range(16))) == {f"{arn}:1"}


def test_executions_are_listed_in_one_shape(client: Client, states: Any, versions: list[str]) -> None:
    arn, _, second = versions
    routes = [{"stateMachineVersionArn": second, "weight": 100}]
    alias = states.create_state_machine_alias(name="listed", routingConfiguration=routes)["stateMachineAliasArn"]
    described = start(client, alias)
    entries = []
    for listed in (arn, second, alias):
        shown = account.entries(
            states, "list_executions", "executions", stateMachineArn=listed, statusFilter="SUCCEEDED"
        )
        entries += [each for each in shown if each["executionArn"] == described["executionArn"]]
        wrong = {"stateMachineArn": listed, "redriveFilter": "REDRIVEN"}
        assert refused(states.list_executions, **wrong) == "ValidationException"
    assert entries[0] == entries[1] == entries[2]
    names = {"startDate", "stopDate", "redriveCount", "stateMachineArn", "stateMachineVersionArn"}
    names |= {"stateMachineAliasArn"}
    assert {name: entries[0][name] for name in names} == {name: described[name] for name in names}
    both = {"stateMachineArn": alias, "mapRunArn": described["executionArn"]}
    assert refused(states.list_executions, **both) == "ValidationException"
