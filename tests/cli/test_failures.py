"""Where the log of a failed execution is looked for."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from cli import failures
from cli.executions import Progress, StateProgress
from cli.stack import Stack

INVOKE = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Done"}
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def scheduled(resource: str, function: str) -> dict[str, Any]:
    service, _, action = resource.partition(":")
    parameters = json.dumps({"FunctionName": function})
    return {"taskScheduledEventDetails": {"resourceType": service, "resource": action, "parameters": parameters}}


class Clients:
    """An execution with this state and these events; each function's log has one line, its name."""

    def __init__(self, parameters: dict[str, str], events: list[dict[str, Any]]) -> None:
        states = {"Ask": INVOKE | {"Parameters": parameters}, "Done": {"Type": "Succeed"}}
        self.definition, self.events = json.dumps({"StartAt": "Ask", "States": states}), events

    def __call__(self, service: str) -> Any:
        return {
            "stepfunctions": SimpleNamespace(
                describe_state_machine_for_execution=lambda **_: {"definition": self.definition},
                get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: [{"events": self.events}]),
            ),
            "lambda": SimpleNamespace(
                get_function_configuration=lambda FunctionName: {"LoggingConfig": {"LogGroup": f"/{FunctionName}"}}  # noqa: N803
            ),
            "logs": SimpleNamespace(
                get_paginator=lambda _: SimpleNamespace(
                    paginate=lambda logGroupName, **_: [{"events": [{"message": logGroupName}]}]  # noqa: N803
                )
            ),
        }[service]


@pytest.mark.parametrize(
    ("parameters", "events", "group"),
    [
        ({"FunctionName": "of-the-workflow"}, [], "/of-the-workflow"),
        # One that a task has, as a promotion's smoke test asks it.
        (
            {"FunctionName.$": "$.serving.function"},
            [
                scheduled("lambda:invoke", "an-earlier"),
                scheduled("lambda:invoke", "of-the-task"),
                scheduled("aws-sdk:lambda:getAlias", "of-another"),
                {"type": "TaskFailed"},
            ],
            "/of-the-task",
        ),
        ({"FunctionName.$": "$.serving.function"}, [], ""),
    ],
)
def test_log_is_that_of_the_function_which_failed(
    parameters: dict[str, str], events: list[dict[str, Any]], group: str
) -> None:
    progress = Progress("FAILED", [StateProgress("Ask", "Task", NOW, "FAILED")], error="Lambda.Unknown", cause="killed")
    failure = failures.failure(Stack("rydes", {}, Clients(parameters, events)), "arn:an-execution", progress)
    assert (failure.state, failure.log_group) == ("Ask", group)
    assert failure.log == ([group] if group else [])


ASK = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem"}
TAKING_OVER = {
    "Take": ASK | {"Next": "Is it enough?", "Catch": [{"ErrorEquals": ["Held"], "Next": "Look"}]},
    "Look": ASK | {"Next": "Take over", "Catch": [{"ErrorEquals": ["Gone"], "Next": "Take over"}]},
    "Take over": {"Type": "Pass", "Next": "Take"},
    "Is it enough?": {"Type": "Choice", "Choices": [{"Next": "Count"}], "Default": "Refuse"},
    "Count": ASK | {"Next": "Done", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Refuse"}]},
    "Done": {"Type": "Succeed"},
    "Refuse": {"Type": "Pass", "Next": "Failed"},
    "Failed": {"Type": "Fail"},
}


@pytest.mark.parametrize(
    ("entered", "origin"),
    [
        # The workflow itself refuses, after a state whose error it had mended.
        ("Take! Look Take&over Take Is&it&enough? Refuse Failed!", "Is it enough?"),
        ("Take! Look! Take&over Take Is&it&enough? Refuse Failed!", "Is it enough?"),
        # Held again after it was taken over, and mended again; then another state fails.
        ("Take! Look Take&over Take! Look Take&over Take Is&it&enough? Count! Refuse Failed!", "Count"),
        # Nothing came after the error but its report.
        ("Take Is&it&enough? Count! Refuse Failed!", "Count"),
    ],
)
def test_error_that_the_workflow_has_mended_is_not_where_it_failed(entered: str, origin: str) -> None:
    states = [
        StateProgress(
            each.rstrip("!").replace("&", " "),
            TAKING_OVER[each.rstrip("!").replace("&", " ")]["Type"],
            NOW,
            status="CAUGHT" if each.endswith("!") else "SUCCEEDED",
            left=NOW,
        )
        for each in entered.split()
    ]
    definition = json.dumps({"StartAt": "Take", "States": TAKING_OVER})
    step_functions = SimpleNamespace(describe_state_machine_for_execution=lambda **_: {"definition": definition})
    stack = Stack("test", {}, lambda _: step_functions, lambda: 0.0)
    progress = Progress("FAILED", states, "TooFew", "There are too few.")
    assert failures.failure(stack, "arn:aws:states:us-east-1:1:execution:retrain:run-1", progress).state == origin


def test_a_training_set_without_rows_is_mended_by_giving_some() -> None:
    assert failures.NEXT_STEPS["UnusableTrainingSet"].startswith(
        "Add rides, such as by `wildrydes retrain --rides data/rides`, or "
    )
