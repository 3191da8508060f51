"""`wildrydes try`: runs one state again, on the input that an execution gave it."""

import json
import re
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console

from cli import options, recorded_states
from cli.errors import CommandError
from cli.recorded_states import RecordedState
from cli.stack import Stack

_SUCCEEDED = "SUCCEEDED"
# S3 puts the resource into quotation marks; the cause of a function is JSON, where they have backslashes.
_DENIED = re.compile(
    r"(?:assumed-role/(?P<role>[^/\s]+)/\S+ )?is not authorized to perform: (?P<action>[\w-]+:\w+)"
    r"(?: on resource: (?:\\?\"(?P<quoted>[^\"\\]+)\\?\"|(?P<plain>\S+)))?"
)
_WHAT_WAITS = re.compile(r"\.sync(:2)?$|\.waitForTaskToken$|:activity:")


class UntriableError(CommandError):
    """TestState does not run such a state; the message says why, and what to do instead."""


@dataclass(frozen=True)
class Grant:
    """What a role would have to be allowed; `resource` is empty where the refusal does not name it."""

    role: str
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.role} may not {self.action}" + (f" on {self.resource}" if self.resource else "")

    def to_json(self) -> dict[str, str]:
        return {"role": self.role, "action": self.action, "resource": self.resource}


@click.command("try", epilog=options.EXIT_CODES, short_help="Run one state again on its recorded input.")
@click.argument("state")
@click.option(
    "--from",
    "execution",
    metavar="EXECUTION",
    help="The execution, or a distributed Map's child, by its name or ARN.  [default: the newest retraining]",
)
@options.as_json
@options.on_stack
def try_command(stack: Stack, state: str, *, execution: str | None, as_json: bool) -> int:
    """Run STATE as the workflow has it now, on the input that the execution gave it last, as the workflow's role.

    It shows input, output and error, and the grant that the role lacks. The state does what it does: what it writes is
    written. The execution stays as it is.

    TestState of Step Functions runs the state, once, for five minutes at most, and tells whether Retry or Catch would
    take the error. It runs no Map, no Parallel, and no task that waits for a job, an execution or a token. States
    inside of a Map or a Parallel it runs.

    The exit code is 1 where the state did not succeed.

    \b
    Example:
      wildrydes try "Read champion" --from run-5096cabf9005
    """
    recorded = recorded_states.find(stack, state, execution)
    check(recorded)
    answer = run(stack, recorded)
    grant = missing_grant(recorded.role, answer.get("cause", ""))
    if as_json:
        click.echo(json.dumps(to_json(recorded, answer, grant), indent=2, ensure_ascii=False))
    else:
        _print(recorded, answer, grant, options.console())
    return 0 if answer["status"] == _SUCCEEDED else 1


def run(stack: Stack, recorded: RecordedState) -> dict[str, Any]:
    """Run the state once; what TestState answers."""
    return stack.client("stepfunctions").test_state(
        definition=json.dumps(recorded.definition), roleArn=recorded.role, input=recorded.input, inspectionLevel="DEBUG"
    )


def check(recorded: RecordedState) -> None:
    """Raise UntriableError where TestState would not run the state."""
    kind, resource = recorded.definition["Type"], str(recorded.definition.get("Resource", ""))
    if kind in ("Map", "Parallel"):
        raise UntriableError(f"{recorded.name!r} is a {kind} state, which TestState does not run: try a state in it.")
    if match := _WHAT_WAITS.search(resource):
        raise UntriableError(
            f"{recorded.name!r} waits for its task ({match[0].strip(':')}), which TestState does not: "
            "`wildrydes redrive` lets the execution go on at it."
        )


def missing_grant(role: str, cause: str) -> Grant | None:
    """What a role was refused, by the cause of an error; None where it was nothing.

    It is the role that the cause names, that of a function for instance, otherwise the workflow's, `role`.
    """
    match = _DENIED.search(cause)
    if match is None:
        return None
    resource = match["quoted"] or match["plain"] or ""
    return Grant(match["role"] or role.rpartition("/")[2], match["action"], resource)


def to_json(recorded: RecordedState, answer: dict[str, Any], grant: Grant | None) -> dict[str, Any]:
    """What `--json` prints."""
    output = answer.get("output")
    return {
        "execution": recorded.execution,
        "state": recorded.name,
        "status": answer["status"],
        "input": json.loads(recorded.input),
        "output": None if output is None else json.loads(output),
        "error": answer.get("error"),
        "cause": answer.get("cause"),
        "next_state": answer.get("nextState"),
        "missing_grant": grant.to_json() if grant else None,
        "unrecorded": list(recorded.unrecorded),
    }


def _print(recorded: RecordedState, answer: dict[str, Any], grant: Grant | None, console: Console) -> None:
    _section(console, "Input", _pretty(recorded.input))
    if parameters := answer.get("inspectionData", {}).get("afterParameters"):
        _section(console, "Parameters", _pretty(parameters))
    if "error" in answer:
        _section(console, "Error", "\n".join(filter(None, (answer["error"], answer.get("cause")))))
    if "output" in answer:
        _section(console, "Output", _pretty(answer["output"]))
    if grant:
        _section(console, "Missing grant", f"{grant}. `wildrydes iam` lists what the role may do.")
    if recorded.unrecorded:
        paths = "\n".join(recorded.unrecorded)
        _section(console, "Not the execution's own values, but those that TestState has", paths)
    console.print(f"{recorded.name}: {_conclusion(answer)}", markup=False)


def _conclusion(answer: dict[str, Any]) -> str:
    following = answer.get("nextState")
    match answer["status"]:
        case "RETRIABLE":
            return "failed; Retry would try it again."
        case "CAUGHT_ERROR":
            return f"failed; Catch would go on with {following}."
        case "FAILED":
            return "failed."
    return f"succeeded; {following} is next." if following else "succeeded; it is the last."


def _section(console: Console, title: str, text: str) -> None:
    console.print(title, style="bold")
    console.print(text + "\n", markup=False)


def _pretty(text: str) -> str:
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
