"""`wildrydes try`: one state again, on the input that an execution gave it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cli import __main__ as commands
from cli import options, recorded_states, try_state
from cli.context_values import with_values
from cli.recorded_states import RecordedState
from cli.stack import Stack
from cli.try_state import Grant, UntriableError, missing_grant
from local.account import ACCOUNT_ID
from machines import Client, ended, machine, role, unique

NAMED = {
    "key.$": "States.Format('runs/{}', $$.Execution.Name)",
    "ride.$": "$.id",
    "started.$": "$$.Execution.StartTime",
    "text.$": "States.Format('{}', $$.Execution.Input.texts[0])",
    "redrives.$": "$$.Execution.RedriveCount",
}
MACHINE = {
    "StartAt": "Name ride",
    "States": {
        "Name ride": {"Type": "Pass", "Parameters": NAMED, "ResultPath": "$.named", "Next": "Read unicorn"},
        "Read unicorn": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter",
            "Parameters": {"Name.$": "$.named.key"},
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Each"}],
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.none",
            "ItemProcessor": {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "End": True}}},
            "End": True,
        },
    },
}


@pytest.fixture(scope="module")
def execution(client: Client) -> tuple[Stack, dict[str, Any]]:
    """A stack whose workflow is such a machine, and an execution of it, which failed."""
    arn = machine(client, MACHINE, role(client, "states.amazonaws.com"))
    stack = Stack("wildrydes", {"StateMachineArn": arn, "PromoteStateMachineArn": arn}, client)
    started = client("stepfunctions").start_execution(
        stateMachineArn=arn, name=unique("run"), input=json.dumps({"id": 7, "texts": ["it's {7}"]})
    )
    return stack, ended(client, started["executionArn"])


@pytest.fixture
def on_stack(execution: tuple[Stack, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> str:
    """Commands work on that stack; the execution's name."""
    stack, described = execution
    monkeypatch.setattr(options, "account", lambda *_: None)
    monkeypatch.setattr(Stack, "describe", lambda *_: stack)
    return described["name"]


def test_state_gives_again_what_the_execution_had_of_it(
    execution: tuple[Stack, dict[str, Any]], on_stack: str, capsys: Any
) -> None:
    assert commands.main(["try", "Name ride", "--from", on_stack, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    pages = execution[0].client("stepfunctions").get_paginator("get_execution_history")
    events = pages.paginate(executionArn=execution[1]["executionArn"]).build_full_result()["events"]
    exits = [each["stateExitedEventDetails"] for each in events if "stateExitedEventDetails" in each]
    assert answer["output"] == json.loads(exits[0]["output"])
    assert answer["output"]["named"]["key"] == f"runs/{on_stack}"
    assert (answer["output"]["named"]["text"], answer["unrecorded"]) == ("it's {7}", [])
    assert (answer["status"], answer["next_state"], answer["missing_grant"]) == ("SUCCEEDED", "Read unicorn", None)


def test_grant_that_the_role_lacks_is_named(on_stack: str, capsys: Any) -> None:
    assert commands.main(["try", "Read unicorn"]) == 1
    out = capsys.readouterr().out
    assert f'"key": "runs/{on_stack}"' in out
    parameter = f"arn:aws:ssm:us-east-1:{ACCOUNT_ID}:parameter/runs/{on_stack}"
    assert f" may not ssm:GetParameter on {parameter}." in out
    assert "Read unicorn: failed; Catch would go on with Each." in out


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("Each", "'Each' is a Map state, which TestState does not run: try a state in it."),
        ("Nowhere", "did not enter one. It entered, in this order: Name ride, Read unicorn, Each."),
        ("Inner", "did not enter the state 'Inner'. It entered, in this order: Name ride, Read unicorn, Each."),
    ],
)
def test_what_cannot_be_tried_is_said(on_stack: str, state: str, said: str, capsys: Any) -> None:
    assert commands.main(["try", state, "--from", on_stack]) == 1
    assert said in " ".join(capsys.readouterr().err.split())


def test_execution_is_named_that_did_not_enter_the_state(on_stack: str, capsys: Any) -> None:
    assert commands.main(["try", "Nowhere"]) == 1
    assert f"{on_stack}, the newest retraining, did not enter one." in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    "resource",
    ["arn:aws:states:::athena:startQueryExecution.sync", "arn:aws:states:::sqs:sendMessage.waitForTaskToken"],
)
def test_task_that_waits_is_not_tried(resource: str) -> None:
    recorded = RecordedState("Wait", {"Type": "Task", "Resource": resource}, "role", "{}", "run-1")
    with pytest.raises(UntriableError, match="waits for its task"):
        try_state.check(recorded)


@pytest.mark.parametrize(
    ("cause", "grant"),
    [
        (
            "User: arn:aws:sts::1:assumed-role/R/states is not authorized to perform: lambda:InvokeFunction on "
            "resource: arn:aws:lambda:us-east-1:1:function:f because no identity-based policy allows it (…)",
            Grant("R", "lambda:InvokeFunction", "arn:aws:lambda:us-east-1:1:function:f"),
        ),
        ("… is not authorized to perform: ssm:GetParameter because …", Grant("R", "ssm:GetParameter", "")),
        (
            '{"errorMessage": "User: arn:aws:sts::1:assumed-role/F/f is not authorized to perform: s3:GetObject on '
            'resource: \\"arn:aws:s3:::rides/a b.json\\" because no identity-based policy allows it"}',
            Grant("F", "s3:GetObject", "arn:aws:s3:::rides/a b.json"),
        ),
        ("The specified key does not exist.", None),
    ],
)
def test_missing_grant_is_read_from_the_cause(cause: str, grant: Grant | None) -> None:
    assert missing_grant("arn:aws:iam::1:role/R", cause) == grant


def test_values_of_the_context_object_are_those_of_the_execution() -> None:
    context = {"Execution": {"Id": "arn:7", "Input": {"text": "it's {7}"}}, "State": {"RetryCount": 0}}
    template = {
        "Parameters": {"input.$": "$$.Execution.Input", "item.$": "$$.Map.Item.Value", "id.$": "$.id", "plain": "$$"},
        "Retry": [{"ErrorEquals": ["States.ALL"]}],
        "ResultSelector": {"all.$": "States.Array($$.Execution.Id, $$.State.RetryCount, $$.Execution.Input)"},
        "Result": {"key.$": "$$.Execution.Id"},
    }
    text = r"""States.StringToJson('\{"text": "it\'s \{7\}"\}')"""
    assert with_values(template, context) == (
        {
            "Parameters": {"input": {"text": "it's {7}"}, "item.$": "$$.Map.Item.Value", "id.$": "$.id", "plain": "$$"},
            "Retry": [{"ErrorEquals": ["States.ALL"]}],
            "ResultSelector": {"all.$": f"States.Array('arn:7', 0, {text})"},
            "Result": {"key.$": "$$.Execution.Id"},
        },
        ["$$.Map.Item.Value"],
    )


RIDES = {"Execution": {"Name": "run-1", "Input": {"rides": [{"id": 7, "a b": "x"}], "wait": 3}}}


@pytest.mark.parametrize(
    ("state", "replaced", "left"),
    [
        (
            {"Parameters": {"a.$": "States.Format('{}', $$.Execution.Input.rides[0].id)"}},
            {"Parameters": {"a.$": "States.Format('{}', 7)"}},
            [],
        ),
        ({"Parameters": {"a.$": "$$.Execution.Input.rides[0]['a b']"}}, {"Parameters": {"a": "x"}}, []),
        ({"Parameters": {"a.$": "$$['Execution'][\"Name\"]"}}, {"Parameters": {"a": "run-1"}}, []),
        ({"Parameters": [{"a.$": "$$.Execution.Name"}]}, {"Parameters": [{"a": "run-1"}]}, []),
        # A text in quotation marks is none of its paths, and a parameter may be called as a field is.
        ({"Parameters": {"a.$": "States.Format('$$.Execution.Name {}', $.b)"}}, None, []),
        ({"Parameters": {"SecondsPath": "$$.Execution.Name"}}, None, []),
        ({"Parameters": {"a.$": "$$.Execution.Input.rides[1]"}}, None, ["$$.Execution.Input.rides[1]"]),
        (
            {"Parameters": {"a.$": "States.Array($$.Execution.Input.rides[?(@.id == 7)], $$.Execution.Name)"}},
            {"Parameters": {"a.$": "States.Array($$.Execution.Input.rides[?(@.id == 7)], 'run-1')"}},
            ["$$.Execution.Input.rides[?(@.id == 7)]"],
        ),
        ({"SecondsPath": "$$.Execution.Input.wait"}, {"Seconds": 3}, []),
        ({"SecondsPath": "$$.Execution.Input.rides[0].id"}, {"Seconds": 7}, []),
        ({"TimeoutSecondsPath": "$.wait"}, None, []),
        ({"InputPath": "$$.Execution.Input", "ItemsPath": "$.a"}, None, ["$$.Execution.Input"]),
        (
            {"Choices": [{"And": [{"Variable": "$$.Execution.Name", "StringEqualsPath": "$$.Execution.Name"}]}]},
            {"Choices": [{"And": [{"Variable": "$$.Execution.Name", "StringEquals": "run-1"}]}]},
            ["$$.Execution.Name"],
        ),
        ({"Output": "{% $states.context.Execution.Name %}"}, None, ["$states.context"]),
    ],
)
def test_each_path_is_put_in_or_listed(state: dict[str, Any], replaced: dict[str, Any] | None, left: list[str]) -> None:
    assert with_values(state, RIDES) == (replaced or state, left)


def test_context_object_counts_the_redrives_before_the_state() -> None:
    machine = {"roleArn": "role", "stateMachineArn": "arn", "name": "retrain"}
    when = datetime(2026, 1, 2, tzinfo=UTC)
    kinds = ("ExecutionStarted", "ExecutionRedriven", "PassStateEntered", "ExecutionRedriven")
    events: list[dict[str, Any]] = [
        {"id": number, "type": kind, "timestamp": when} for number, kind in enumerate(kinds, 1)
    ]
    events[2]["stateEnteredEventDetails"] = {"name": "A"}
    execution = recorded_states._context("execution:run-1", machine, events, events[2])["Execution"]
    assert (execution["RedriveCount"], execution["RedriveTime"]) == (1, "2026-01-02T00:00:00.000Z")
