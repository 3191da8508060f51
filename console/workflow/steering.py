"""What a page may do to executions. Each checks first what the command checks, and says what it has done."""

from typing import Any

import click

from cli import executions, input_options, recorded_states, redrive, try_state
from cli.errors import CommandError
from cli.retrain import new_name
from cli.stack import Stack
from cli.weather import check_stack_years
from console.answers import BadFieldError, text_of
from wildrydes.parameters import FIELDS

_STOPPED_BY = "StoppedByAPerson"


class EndedError(CommandError):
    """The execution has ended already: there is nothing to stop."""


def start(stack: Stack, fields: dict[str, Any]) -> dict[str, Any]:
    """Start a retraining with the input `fields["input"]`, checked as `wildrydes retrain` checks it."""
    execution_input = fields.get("input")
    if not isinstance(execution_input, dict):
        raise BadFieldError("The input of a retraining is a JSON object, such as {}.")
    if unknown := sorted(set(execution_input) - set(FIELDS)):
        raise BadFieldError(f"A retraining takes no field {unknown[0]}: it takes {', '.join(FIELDS)}.")
    return {"arn": executions.start(stack, "retrain", _checked(stack, execution_input), new_name())}


def _checked(stack: Stack, execution_input: dict[str, Any]) -> dict[str, Any]:
    """The input once it has passed the command's checks. Raises BadFieldError with the field's name."""
    try:
        checked = input_options.validate_input(execution_input)
        check_stack_years(stack, checked)
    except click.BadParameter as fault:
        # The command names its option, which may be the field's singular.
        option = str(fault.param_hint).removeprefix("--").replace("-", "_")
        field = option if option in FIELDS else f"{option}s"
        raise BadFieldError(fault.message, field) from None
    return checked


def stop(stack: Stack, fields: dict[str, Any]) -> dict[str, Any]:
    """Stop an execution. What it has finished stays; `redrive` goes on with it. Raises EndedError.

    Step Functions takes a stop of what has ended as done.
    """
    arn, states = text_of(fields, "arn"), stack.client("stepfunctions")
    status = states.describe_execution(executionArn=arn)["status"]
    if status == "RUNNING":
        states.stop_execution(executionArn=arn, error=_STOPPED_BY, cause="Stopped in the console.")
        # It may have come to its own end between the two; a stop that is under way says RUNNING or ABORTED.
        status = states.describe_execution(executionArn=arn)["status"]
        if status in ("RUNNING", "ABORTED"):
            return {"arn": arn}
    raise EndedError(f"{arn.rpartition(':')[2]} has ended already, as {status}: nothing was stopped.")


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
