"""What a page may do to executions. Each checks first what the command checks, and says what it has done."""

from typing import Any

from cli import executions, options, recorded_states, redrive, try_state
from cli.errors import CommandError
from cli.retrain import new_name
from cli.stack import Stack
from cli.weather import check_stack_years
from console.answers import text_of
from wildrydes.parameters import FIELDS

_STOPPED_BY = "StoppedByAPerson"


class UnknownFieldError(CommandError):
    """The input of a retraining has a field that there is none of."""


def start(stack: Stack, fields: dict[str, Any]) -> dict[str, Any]:
    """Start a retraining with the input `fields["input"]`, checked as `wildrydes retrain` checks it."""
    execution_input = fields.get("input")
    if not isinstance(execution_input, dict):
        raise UnknownFieldError("The input of a retraining is a JSON object, such as {}.")
    if unknown := sorted(set(execution_input) - set(FIELDS)):
        raise UnknownFieldError(f"A retraining takes no field {unknown[0]}: it takes {', '.join(FIELDS)}.")
    checked = options.validate_input(execution_input)
    check_stack_years(stack, checked)
    return {"arn": executions.start(stack, "retrain", checked, new_name())}


def stop(stack: Stack, fields: dict[str, Any]) -> dict[str, Any]:
    """Stop an execution. What it has finished stays; `redrive` goes on with it."""
    arn = text_of(fields, "arn")
    stack.client("stepfunctions").stop_execution(executionArn=arn, error=_STOPPED_BY, cause="Stopped in the console.")
    return {"arn": arn}


def go_on(stack: Stack, fields: dict[str, Any]) -> dict[str, Any]:
    """Redrive an execution where that can help, in the turn of its task."""
    arn = text_of(fields, "arn")
    redrive.check(stack, arn)
    redrive.restart_in_turn(stack, arn)
    return {"arn": arn}


def try_again(stack: Stack, fields: dict[str, Any]) -> dict[str, Any]:
    """Run one state once more on its recorded input, as the workflow's role."""
    recorded = recorded_states.find(stack, text_of(fields, "state"), text_of(fields, "arn"))
    try_state.check(recorded)
    answer = try_state.run(stack, recorded)
    return try_state.to_json(recorded, answer, try_state.missing_grant(recorded.role, answer.get("cause", "")))
