"""`wildrydes redrive`: what goes on, and what is refused in words that help."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.failures import NEXT_STEPS
from cli.redrive import NotRedrivableError, check, restart
from cli.stack import Account, Stack
from local.account import EmbeddedAws
from machines import Client, ended, machine, unique
from redrives import parameter, read, reader
from wildrydes import errors
from wildrydes.announcements.redrives import FAIL_AGAIN

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


@pytest.fixture(scope="module")
def role_arn(client: Client) -> str:
    return reader(client)


def stack_of(server: EmbeddedAws, arn: str, output: str = "StateMachineArn") -> Stack:
    """A stack whose retraining, or another workflow, is this machine; the others are none."""
    names = ("StateMachineArn", "PromoteStateMachineArn", "MonitorStateMachineArn")
    outputs = dict.fromkeys(names, "arn:aws:states:us-east-1:123456789012:stateMachine:none") | {output: arn}
    account = Account.on_embedded_aws(server)
    return Stack("test", outputs, account.client, account.now)


def start(client: Client, arn: str, **request: Any) -> str:
    return client("stepfunctions").start_execution(stateMachineArn=arn, input=json.dumps(request))["executionArn"]


def test_execution_that_failed_goes_on(client: Client, server: EmbeddedAws, role_arn: str) -> None:
    name = unique("missing")
    arn = machine(client, {"StartAt": "Read", "States": {"Read": read(name)}}, role_arn)
    stack, execution = stack_of(server, arn), start(client, arn)
    ended(client, execution)
    parameter(client, name)
    check(stack, execution)
    restart(stack, execution)
    described = ended(client, execution)
    assert (described["status"], described["redriveCount"]) == ("SUCCEEDED", 1)
    for refuse in (check, restart):
        with pytest.raises(NotRedrivableError, match="Execution is SUCCEEDED and cannot be redriven"):
            refuse(stack, execution)


def test_execution_that_its_workflow_ended_would_fail_again(client: Client, server: EmbeddedAws, role_arn: str) -> None:
    fail = {"Type": "Fail", "Error": "UnusableTrainingSet"}
    arn = machine(client, {"StartAt": "Failed", "States": {"Failed": fail}}, role_arn)
    execution = start(client, arn)
    ended(client, execution)
    with pytest.raises(NotRedrivableError, match=r"'Failed' \(UnusableTrainingSet\).*start again"):
        check(stack_of(server, arn), execution)


def test_promotion_is_not_redriven(client: Client, server: EmbeddedAws, role_arn: str) -> None:
    arn = machine(client, {"StartAt": "Read", "States": {"Read": read(unique("missing"))}}, role_arn)
    execution = start(client, arn)
    ended(client, execution)
    with pytest.raises(NotRedrivableError, match=r"is a promotion.*`wildrydes retrain"):
        check(stack_of(server, arn, "PromoteStateMachineArn"), execution)


@pytest.mark.parametrize("name", sorted(FAIL_AGAIN))
def test_errors_that_come_again_exist_and_have_another_next_step(name: str) -> None:
    assert issubclass(getattr(errors, name), errors.WildRydesError)
    assert "redrive" not in NEXT_STEPS[name]
    assert f"`{name}`" in OPERATIONS.read_text(encoding="utf-8").partition("## Redrive")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        *((name, "") for name in sorted(FAIL_AGAIN)),
        ("States.TaskFailed", "HIVE_PATH_ALREADY_EXISTS: s3://data/weather/run-1"),
        ("States.Runtime", "The execution reached the maximum number of history events (25000)."),
    ],
)
def test_error_of_the_input_or_the_data_would_come_again(error: str, cause: str) -> None:
    event: dict[str, Any] = {"id": 1, "previousEventId": 0, "type": "TaskStateEntered"}
    event["timestamp"], event["stateEnteredEventDetails"] = datetime(2026, 1, 2, tzinfo=UTC), {"name": "Defaults"}
    arn = "arn:aws:states:us-east-1:1:execution:retrain:run-1"
    described = {"executionArn": arn, "stateMachineArn": "retrain", "error": error, "cause": cause}
    described["redriveStatus"] = "REDRIVABLE"
    states = SimpleNamespace(
        describe_execution=lambda **_: described,
        get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: [{"events": [event]}]),
    )
    outputs = {"StateMachineArn": "retrain", "PromoteStateMachineArn": "promote"}
    stack = Stack("test", outputs, lambda _: states, lambda: 0.0)
    with pytest.raises(NotRedrivableError, match=rf"run-1 ended in the state 'Defaults' \({error}\).*start again"):
        check(stack, arn)
