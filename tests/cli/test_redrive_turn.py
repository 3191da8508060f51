"""A retraining that is redriven takes its task's turn, so that no other runs beside it."""

import json
from typing import Any

import pytest

from cli.executions import task_of
from cli.redrive import restart_in_turn
from cli.redrive_turn import AnotherRunsError, holder_of, stop_unless_its_turn, take_turn
from cli.stack import Account, Stack
from local.account import EmbeddedAws
from machines import Client, ended, machine, unique
from redrives import parameter, read, reader

TASK = "heavy_utilization"


@pytest.fixture(scope="module")
def missing() -> str:
    """The name of a parameter that there is not, until a test puts it."""
    return unique("missing")


@pytest.fixture(scope="module")
def stack(client: Client, server: EmbeddedAws, missing: str) -> Stack:
    """A stack whose retraining waits where its input says so, and otherwise reads the parameter."""
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.wait", "IsPresent": True, "Next": "Wait"}]}
    wait = {"Type": "Wait", "Seconds": 300, "End": True}
    states = {"Which": choice | {"Default": "Read"}, "Wait": wait, "Read": read(missing)}
    arn = machine(client, {"StartAt": "Which", "States": states}, reader(client))
    table = unique("turns")
    client("dynamodb").create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "task", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "task", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    account = Account.on_embedded_aws(server)
    outputs = {"StateMachineArn": arn, "TurnsTableName": table}
    return Stack("test", outputs, account.client, account.now)


def start(stack: Stack, **request: Any) -> str:
    states = stack.client("stepfunctions")
    return states.start_execution(stateMachineArn=stack.machine("retrain"), input=json.dumps(request))["executionArn"]


def failed(stack: Stack, client: Client) -> str:
    execution = start(stack)
    assert ended(client, execution)["status"] == "FAILED"
    return execution


def test_turn_is_not_taken_from_one_that_runs(stack: Stack, client: Client) -> None:
    execution, running = failed(stack, client), start(stack, wait=True)
    take_turn(stack, running, TASK)
    with pytest.raises(AnotherRunsError, match=rf"Another retraining of {TASK} runs: {running[-36:]}") as refusal:
        restart_in_turn(stack, execution)
    assert refusal.value.exit_code == 3
    assert holder_of(stack, TASK) == running
    stack.client("stepfunctions").stop_execution(executionArn=running)
    take_turn(stack, execution, TASK)
    assert holder_of(stack, TASK) == execution


def test_of_two_that_take_it_at_once_one_is_refused(
    stack: Stack, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = failed(stack, client), failed(stack, client)
    take_turn(stack, one, TASK)
    # The other has looked before the first took it.
    monkeypatch.setattr("cli.redrive_turn.holder_of", lambda *_: None)
    with pytest.raises(AnotherRunsError):
        take_turn(stack, other, TASK)
    monkeypatch.undo()
    assert holder_of(stack, TASK) == one


def test_execution_whose_turn_was_taken_while_it_began_again_is_stopped(stack: Stack, client: Client) -> None:
    running = start(stack, wait=True)
    take_turn(stack, failed(stack, client), TASK)
    with pytest.raises(AnotherRunsError):
        stop_unless_its_turn(stack, running, TASK)
    described = ended(client, running)
    assert (described["status"], described["error"]) == ("ABORTED", "TurnLost")


def test_execution_goes_on_in_its_turn(stack: Stack, client: Client, missing: str) -> None:
    execution = failed(stack, client)
    parameter(client, missing)
    try:
        restart_in_turn(stack, execution)
        assert ended(client, execution)["status"] == "SUCCEEDED"
    finally:
        client("ssm").delete_parameter(Name=missing)
    assert holder_of(stack, TASK) == execution


@pytest.mark.parametrize(
    ("request_text", "task"),
    [
        ("{}", "heavy_utilization"),
        ('{"task": "magic_points"}', "magic_points"),
        ('{"target": "service_requested"}', "service_requested"),
        ("[]", "heavy_utilization"),
    ],
)
def test_task_is_that_of_the_input(request_text: str, task: str) -> None:
    assert task_of({"input": request_text}) == task
