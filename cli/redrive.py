"""`wildrydes redrive`: lets an execution that failed go on at the state that failed, and follows it."""

import time
from typing import Any

import click
from botocore.exceptions import ClientError

from cli import executions, map_children, options, redrive_turn
from cli.entered_states import StateProgress
from cli.errors import CommandError
from cli.following import follow_detached
from cli.stack import Stack
from wildrydes.announcements.redrives import is_in_vain

_SHOWN_SECONDS = 30.0
_PAUSE_SECONDS = 0.2


class NotRedrivableError(CommandError):
    """The execution cannot go on, or would gain nothing by it; the message says why, and what to do instead."""


@click.command(epilog=options.EXIT_CODES_OF_FOLLOWING, short_help="Let a failed execution go on where it failed.")
@click.argument("execution", required=False)
@options.any_task
@options.as_json
@options.on_stack
def redrive(stack: Stack, execution: str | None, task: str | None, *, as_json: bool) -> int:
    """Let an execution that failed, timed out or was stopped go on at the state that did not succeed, and follow it.

    EXECUTION is its name or its ARN; by default it is the retraining that failed last, of the task that --task names.
    What has succeeded is not run again: no state, no chunk of rides, no candidate. The execution goes on with the
    definition and the input that it was started with, within 14 days of its end. Ctrl-C stops following; the execution
    goes on.

    \b
    Example:
      wildrydes redrive run-5096cabf9005
    """
    console = options.console(as_json=as_json)
    if execution is not None and task is not None:
        raise click.UsageError("--task goes with no EXECUTION: it chooses the one that failed last.")
    arn = executions.find(stack, execution) if execution else executions.last_failed(stack, task)
    if execution is None:
        console.print(f"The retraining that failed last is {arn.rpartition(':')[2]}.", markup=False)
    check(stack, arn)
    restart_in_turn(stack, arn)
    console.print(f"Redriven: {arn.rpartition(':')[2]} goes on")
    return follow_detached(stack, arn, console, as_json=as_json)


def check(stack: Stack, arn: str) -> None:
    """Raise NotRedrivableError where a redrive is refused, would help nothing, or do harm."""
    described = stack.client("stepfunctions").describe_execution(executionArn=arn)
    check_described(stack, described, executions.entered_by(executions.history(stack, arn)))


def check_described(stack: Stack, described: dict[str, Any], entered: list[StateProgress]) -> None:
    """Raise NotRedrivableError as `check` does, for an execution whose description and states are there already."""
    arn = described["executionArn"]
    name = arn.rpartition(":")[2]
    if map_children.is_child(arn):
        parent = map_children.parent_of(stack, arn).rpartition(":")[2]
        raise NotRedrivableError(
            f"{name} is a child of the distributed Map of {parent}, and goes on with that execution alone: "
            f"{stack.command(f'redrive {parent}')}."
        )
    machine = described["stateMachineArn"]
    if machine == stack.machine("promote"):
        raise NotRedrivableError(
            f"{name} is a promotion. What a failed one leaves is put in order at once, so there is nothing that it "
            f"could go on from: {stack.command('retrain')} starts again, {stack.command('models')} says what is live."
        )
    if described.get("redriveStatus") == "NOT_REDRIVABLE":
        raise NotRedrivableError(f"{name} cannot be redriven: {described.get('redriveStatusReason', 'AWS says so')}.")
    _check_failure(stack, described, entered)


def _check_failure(stack: Stack, described: dict[str, Any], entered: list[StateProgress]) -> None:
    """An error of the input or the data comes again, and so does the one of a Fail state."""
    name, error = described["executionArn"].rpartition(":")[2], described.get("error", "")
    last_kind = entered[-1].kind if entered else ""
    if not is_in_vain(error, described.get("cause", ""), last_kind):
        return
    why = stack.command(f"watch {name}")
    where = f" in the state {entered[-1].name!r}" if entered else ""
    raise NotRedrivableError(
        f"{name} ended{where} ({error}): a redrive, which goes on at the state that failed, would fail there again. Do "
        f"what {why} says, and start again."
    )


def restart_in_turn(stack: Stack, arn: str) -> None:
    """Take the turn of its task for a retraining, and redrive it."""
    described = stack.client("stepfunctions").describe_execution(executionArn=arn)
    if described["stateMachineArn"] != stack.machine("retrain"):
        restart(stack, arn)
        return
    task = executions.task_of(described)
    redrive_turn.take_turn(stack, arn, task)
    restart(stack, arn)
    redrive_turn.stop_unless_its_turn(stack, arn, task)


def restart(stack: Stack, arn: str) -> None:
    """Redrive an execution, and wait until Step Functions shows it. Raises NotRedrivableError."""
    states = stack.client("stepfunctions")
    before = states.describe_execution(executionArn=arn)["redriveCount"]
    try:
        states.redrive_execution(executionArn=arn)
    except ClientError as fault:
        if fault.response["Error"]["Code"] != "ExecutionNotRedrivable":
            raise
        reason = fault.response["Error"]["Message"]
        raise NotRedrivableError(f"{arn.rpartition(':')[2]} cannot be redriven: {reason}.") from fault
    # What DescribeExecution says may be some moments old, and would be the end before.
    end = time.monotonic() + _SHOWN_SECONDS
    while states.describe_execution(executionArn=arn)["redriveCount"] == before and time.monotonic() < end:
        time.sleep(_PAUSE_SECONDS)
