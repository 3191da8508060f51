"""What the commands say and do where a child of a distributed Map fails, and where a child is named to them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cli import __main__ as commands
from cli import executions, failures, map_children, options, outcome, redrive
from cli.display import failure_report
from cli.stack import Account, Stack
from local.account import EmbeddedAws
from machines import Client, ended, machine, role, unique
from redrives import parameter, read, reader

PROCESSOR: dict[str, Any] = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "Read",
    "States": {"Read": read("$.name")},
}
FAN_OUT = {
    "Type": "Map",
    "ItemsPath": "$.names",
    "ItemSelector": {"name.$": "$$.Map.Item.Value"},
    "MaxConcurrency": 1,
    "Label": "Readers",
    "ItemProcessor": PROCESSOR,
    "End": True,
}
STATES = {"Begin": {"Type": "Pass", "Next": "Fan out"}, "Fan out": FAN_OUT}


class Ran(NamedTuple):
    """An execution whose Map has failed, its stack, and the names that its children read, two of them in vain."""

    stack: Stack
    arn: str
    names: list[str]

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]


@pytest.fixture(scope="module")
def ran(client: Client, server: EmbeddedAws) -> Ran:
    arn = machine(client, {"StartAt": "Begin", "States": STATES}, reader(client))
    outputs = dict.fromkeys(("PromoteStateMachineArn", "MonitorStateMachineArn"), f"{arn}-none")
    account = Account.on_embedded_aws(server)
    names = [parameter(client), unique("missing"), unique("missing")]
    started = client("stepfunctions").start_execution(
        stateMachineArn=arn, input=json.dumps({"names": names, "task": "magic_points"})
    )
    described = ended(client, started["executionArn"])
    assert described["error"] == "States.ExceedToleratedFailureThreshold"
    return Ran(Stack("test", {"StateMachineArn": arn, **outputs}, account.client), described["executionArn"], names)


@pytest.fixture
def failure(ran: Ran) -> failures.Failure:
    *_, progress = executions.follow(ran.stack, ran.arn)
    return failures.failure(ran.stack, ran.arn, progress)


@pytest.fixture
def on_stack(ran: Ran, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ran:
    """Commands work on that stack, and write below a folder of their own."""
    monkeypatch.setattr(options, "account", lambda *_: None)
    monkeypatch.setattr(Stack, "describe", lambda *_: ran.stack)
    monkeypatch.setattr(outcome, "run_folder", lambda name: tmp_path / name)
    return ran


def test_first_child_that_failed_is_shown_with_its_error_its_item_and_how_to_try_it(
    ran: Ran, failure: failures.Failure
) -> None:
    assert (failure.state, failure.error) == ("Fan out → Read", "Ssm.ParameterNotFoundException")
    child = failure.child
    assert child is not None
    assert (json.loads(child.item), child.failed, child.total) == ({"name": ran.names[1]}, 2, 3)
    assert failure.try_command == f'`wildrydes try "Read" --from {child.execution}`'
    assert failure.next_step.startswith(f"Mend what the cause names: then `wildrydes redrive {ran.name}` goes on")
    lines = [str(line) for line in failure_report(failure, 10, "failure.log").renderables]
    assert f"  child  {child.execution}, the first of 2 that failed of 3" in lines
    assert f"  try    {failure.try_command}" in lines
    assert failure.as_json()["child"]["item"] == child.item


def test_what_wrote_no_log_has_none_that_says_more(failure: failures.Failure) -> None:
    assert failure.log == []
    assert "log" not in failure.next_step


def test_state_of_a_child_is_tried_by_the_child_s_arn_and_name(
    on_stack: Ran, failure: failures.Failure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failure.child is not None
    for execution in (failure.child.execution, failure.child.execution.rpartition(":")[2]):
        assert commands.main(["try", "Read", "--from", execution, "--json"]) == 1
        answer = json.loads(capsys.readouterr().out)
        assert (answer["execution"], answer["input"]) == (failure.child.execution, {"name": on_stack.names[1]})
        assert answer["error"] == "Ssm.ParameterNotFoundException"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("Read", "did not enter the state 'Read'. It entered, in this order: Begin, Fan out. Children of its"),
        ("Nowhere", "The workflow has no state 'Nowhere'. "),
    ],
)
def test_execution_that_did_not_enter_a_state_says_which_it_entered(
    on_stack: Ran, failure: failures.Failure, state: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(["try", state, "--from", on_stack.name]) == 1
    message = " ".join(capsys.readouterr().err.split())
    assert said in message
    assert f"{on_stack.name} did not enter" in message
    assert failure.child is not None
    assert (f'`wildrydes try "Read" --from {failure.child.execution}`' in message) == (state == "Read")


def test_child_is_redriven_with_the_execution_that_is_named(
    on_stack: Ran, failure: failures.Failure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failure.child is not None
    assert commands.main(["redrive", failure.child.execution]) == 1
    message = " ".join(capsys.readouterr().err.split())
    assert f"is a child of the distributed Map of {on_stack.name}" in message
    assert f"`wildrydes redrive {on_stack.name}`" in message


def test_child_is_followed_by_itself(
    on_stack: Ran, failure: failures.Failure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failure.child is not None
    assert commands.main(["watch", failure.child.execution]) == 1
    out = capsys.readouterr().out
    assert f"A child of the distributed Map of {on_stack.name}: `wildrydes watch {on_stack.name}` follows" in out
    assert "The execution failed in the state Read." in out


def test_redrive_goes_on_with_the_retraining_that_failed_last(
    on_stack: Ran, client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine_arn = on_stack.stack.machine("retrain")
    other = client("stepfunctions").start_execution(stateMachineArn=machine_arn, input=json.dumps({"names": "none"}))
    later = ended(client, other["executionArn"])["executionArn"]
    chosen: list[str] = []
    monkeypatch.setattr(redrive, "restart_in_turn", lambda _, arn: chosen.append(arn))
    monkeypatch.setattr(redrive, "follow_detached", lambda *_, **__: 0)
    assert commands.main(["redrive"]) == 0
    assert f"The retraining that failed last is {later.rpartition(':')[2]}." in capsys.readouterr().out
    assert commands.main(["redrive", "--task", "magic_points"]) == 0
    assert chosen == [later, on_stack.arn]
    assert commands.main(["redrive", "--task", "pick_duration"]) == 1
    assert "No retraining of pick_duration has failed" in capsys.readouterr().err
    assert commands.main(["redrive", on_stack.name, "--task", "magic_points"]) == 2


def test_item_of_any_kind_is_shown_in_a_line() -> None:
    assert map_children.item_of('{"chunk": 3}') == '{"chunk": 3}'
    assert len(map_children.item_of(json.dumps("x" * 5000))) == 301


def test_execution_of_restore_is_found_by_its_name(ran: Ran, client: Client) -> None:
    passing = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}
    arn = machine(client, passing, role(client, "states.amazonaws.com"))
    stack = replace(ran.stack, outputs={**ran.stack.outputs, "RestoreStateMachineArn": arn})
    started = client("stepfunctions").start_execution(stateMachineArn=arn, name=unique("restore"))["executionArn"]
    assert executions.find(stack, started.rpartition(":")[2]) == started
