"""`wildrydes status`: what runs, what is deployed, what is live, and what waits."""

import json
import time
from dataclasses import asdict, dataclass
from typing import Any

import click
from botocore.exceptions import ClientError
from rich.console import Console
from rich.table import Table

from cli import executions, models, options
from cli.server_record import ServerRecord
from cli.stack import Stack
from wildrydes.model.storage import NO_MODEL, execution_of
from wildrydes.tasks import DEFAULT_TASK, TASKS, Task

_WAITING = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True)
class Champion:
    """What is live of a task: the `execution` that trained it, and its key; None before the first promotion.

    `algorithm` and `serving` (lambda or endpoint) are its card's; None where there is no card to read.
    `deployed_next` is what the SSM parameter holds, from which the next deployment takes the model: the same as
    `model_path`, unless somebody else wrote it; "none" where it holds none or is gone. None where that is unknown,
    since the parameter may not be read.
    """

    execution: str | None
    model_path: str | None
    deployed_next: str | None
    algorithm: str | None = None
    serving: str | None = None


@dataclass(frozen=True)
class Status:
    """The state of a stack. `uptime_seconds` is None on AWS; `champions` has that of each task."""

    endpoint: str
    uptime_seconds: int | None
    stack: str
    stack_status: str
    champions: dict[str, Champion]
    running_executions: list[str]
    queue_depths: dict[str, int]


@click.command("status", epilog=options.EXIT_CODES, short_help="Show what runs, what is live, and what waits.")
@options.as_json
@options.on_stack
def status_command(stack: Stack, *, as_json: bool) -> int:
    """Show endpoint, uptime, stack, the champion of each task, running executions and queue depths.

    \b
    Example:
      wildrydes status --json
    """
    status = status_of(stack)
    if as_json:
        click.echo(json.dumps(asdict(status), indent=2))
    else:
        show(status, options.console(), stack.options)
    return 0


def status_of(stack: Stack) -> Status:
    """Ask for all that a status holds."""
    (described,) = stack.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"]
    parameters = described.get("Parameters", [])
    endpoint = stack.client("sts").meta.endpoint_url
    return Status(
        endpoint=endpoint,
        uptime_seconds=_uptime(endpoint),
        stack=stack.name,
        stack_status=described["StackStatus"],
        champions={task.name: champion_of(stack, task, parameters) for task in TASKS.values()},
        running_executions=[arn.rpartition(":")[2] for arn in executions.running(stack)],
        queue_depths=queue_depths(stack),
    )


def queue_depths(stack: Stack) -> dict[str, int]:
    """How many messages each queue of the stack has, by its name in the template."""
    return {name: _depth(stack, url) for name, url in sorted(stack.queues().items())}


def champion_of(stack: Stack, task: Task, parameters: list[dict[str, Any]]) -> Champion:
    """The champion of a task, by the alias `live` of its function and by the stack's parameters."""
    path, following = champion_path(stack, task), deployed_next(stack, task, parameters)
    if path is None:
        return Champion(None, None, following)
    card = models.card_if_readable(stack, execution_of(path), task.name)
    made_and_served = (models.algorithm_of(card), models.serving_of(card)) if card else (None, None)
    return Champion(execution_of(path), path, following, *made_and_served)


def champion_path(stack: Stack, task: Task = TASKS[DEFAULT_TASK]) -> str | None:
    """The key of the artefact that the alias `live` of the task's function serves; None before the first promotion."""
    live = stack.client("lambda").get_function_configuration(
        FunctionName=stack.output(f"{task.function}Name"), Qualifier="live"
    )
    path = live["Environment"]["Variables"]["MODEL_PATH"]
    return None if path == NO_MODEL else path


def deployed_next(stack: Stack, task: Task, parameters: list[dict[str, Any]]) -> str | None:
    """What the SSM parameter holds that the stack's parameters name for a task: a key, or "none"; None if unknown."""
    names = [each["ParameterValue"] for each in parameters if each["ParameterKey"] == task.model_path_name]
    if not names:
        return None
    try:
        return stack.client("ssm").get_parameter(Name=names[0])["Parameter"]["Value"]
    except ClientError as refusal:
        match refusal.response["Error"]["Code"]:
            case "ParameterNotFound":
                return NO_MODEL
            case "AccessDeniedException":
                return None
        raise


def _uptime(endpoint: str) -> int | None:
    """Seconds since the start of this clone's server, if it is the one at `endpoint`."""
    record = ServerRecord()
    process, server = record.process(), record.running_server()
    if process is None or server is None or server.endpoint != endpoint:
        return None
    return round(time.time() - process.started)


def _depth(stack: Stack, url: str) -> int:
    """Messages in a queue: waiting, in flight and delayed."""
    attributes = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=list(_WAITING))["Attributes"]
    return sum(int(attributes[name]) for name in _WAITING)


def show(status: Status, console: Console, options_of_stack: str = "") -> None:
    """Print a status as a person reads it; `options_of_stack` are those of a command that is to work on it."""
    table = Table.grid(padding=(0, 2))
    for name, value in _rows(status, options_of_stack):
        table.add_row(name, value)
    console.print(table)


def _rows(status: Status, options_of_stack: str) -> list[tuple[str, Any]]:
    uptime = "" if status.uptime_seconds is None else f", up for {_duration(status.uptime_seconds)}"
    depths = [(f"  {name}", f"{count:,}") for name, count in status.queue_depths.items()]
    return [
        ("endpoint", f"{status.endpoint}{uptime}"),
        ("stack", f"{status.stack} ({status.stack_status})"),
        ("champions", ""),
        *[row for name, champion in status.champions.items() for row in _champion(name, champion, options_of_stack)],
        ("executions", f"{', '.join(status.running_executions) or 'none'} running"),
        ("queues", f"{sum(status.queue_depths.values()):,} waiting"),
        *depths,
    ]


def _champion(task: str, champion: Champion, options_of_stack: str) -> list[tuple[str, str]]:
    """The row of a task's champion, and a warning where the next deployment would take another."""
    made_and_served = " ".join(filter(None, (champion.algorithm, champion.serving and f"on {champion.serving}")))
    name = f"{champion.execution}  {made_and_served}".rstrip()
    none = f"none: `wildrydes retrain --task {task}{options_of_stack}` trains one"
    row = (f"  {task}", name if champion.execution else none)
    if champion.deployed_next in (None, champion.model_path or NO_MODEL):
        return [row]
    held = "no model" if champion.deployed_next == NO_MODEL else champion.deployed_next
    warning = f"The SSM parameter holds {held}: it is repaired by the next retraining. Do not deploy before."
    return [row, ("", warning)]


def _duration(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
