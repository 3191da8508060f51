"""Deploys applications of other projects to the embedded AWS, runs them, and compares with what they promise.

    python tests/applications.py ~/checkouts --list ~/checkouts/applications.json

The list says of each application where its template lies below the folder, what to run, and what shall come of it:

    [{"name": "hello", "path": "samples/hello/template.yaml", "parameters": {"Stage": "test"},
      "runs": [{"machine": "Hello", "input": {"who": "you"}, "status": "SUCCEEDED", "output": {"hello": "you"}}]}]

`machine` is the logical id of a state machine; `output` is what the execution's output has at least. With it may come
`answers`, the outputs to send by the task tokens that wait; `worker`, a function that takes the task of an activity;
`error`, that of a failure. Other runs have in the place of `machine`: `express` (StartSyncExecution), `invoke` (a
function, for `event`), `url` (an output of the stack, for `method` and `body`), `newest` (the newest execution of a
machine), `queue`, `logs`, or `object` with `key`. `put` writes objects first: `bucket` (a logical id), `key`, `text`.
An application that is to stop at a limit has `refused`, a pattern of the message, instead of `runs`.

Each application has a server of its own. The outcomes are printed, and written to build/applications.json. Nothing of
the applications is kept, and the list is not part of this project.
"""

import argparse
import contextlib
import io
import json
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console

from cli import application as applications
from cli import embedded
from cli.application import Application
from cli.errors import CommandError
from cli.stack import Stack
from local.account import EmbeddedAws, entries
from local.server import ROOT

_BUILD = ROOT / "build"
_LONGEST_SECONDS = 180
_SOON_SECONDS = 30
_PAUSE_SECONDS = 0.2
_TOKEN = re.compile(r'oken[^"]*\\?"\s*:\s*\\?"([^"\\]+)')


class BrokenPromiseError(Exception):
    """A run did not end as the list says; the message says how it ended."""


@dataclass(frozen=True)
class Stage:
    """A deployed application: its server, its stack's name, and physical names of resources by their logical ids."""

    server: EmbeddedAws
    stack: str
    names: dict[str, str]

    def name(self, logical_id: str) -> str:
        """The physical name of a resource. Raises BrokenPromiseError where the stack has none."""
        if logical_id not in self.names:
            raise BrokenPromiseError(f"the stack has no {logical_id}")
        return self.names[logical_id]


def main() -> int:
    """Run the list. Returns the exit code: 1 where an application did not do what the list says."""
    parser = argparse.ArgumentParser(
        prog="python tests/applications.py", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("folder", type=Path, help="folder of the checkouts")
    parser.add_argument("--list", type=Path, help="the list of applications (default: applications.json in the folder)")
    parser.add_argument("--only", default="", help="regular expression of the names of the applications to run")
    options = parser.parse_args()
    listed = json.loads((options.list or options.folder / "applications.json").read_text(encoding="utf-8"))
    chosen = [each for each in listed if re.search(options.only, each["name"])]
    outcomes = []
    for number, each in enumerate(chosen, 1):
        began = time.monotonic()
        outcome = outcome_of(each, options.folder)
        outcomes.append({"name": each["name"], "outcome": outcome, "seconds": round(time.monotonic() - began, 1)})
        print(f"{number} of {len(chosen)}: {each['name']}: {outcome}", flush=True)
    _BUILD.mkdir(exist_ok=True)
    (_BUILD / "applications.json").write_text(json.dumps(outcomes, indent=2) + "\n", encoding="utf-8")
    right = sum(each["outcome"].startswith(("as promised", "stops at a limit")) for each in outcomes)
    print(f"{right} of {len(outcomes)} applications did what the list says.")
    return 0 if right == len(outcomes) else 1


def outcome_of(entry: dict[str, Any], folder: Path) -> str:
    """What became of an application: `as promised`, `stops at a limit`, or how it differs."""
    try:
        application = Application.at(folder / entry["path"], entry.get("parameters", {}), _BUILD)
        with deployed(application) as stage:
            if "refused" in entry:
                return "was deployed, and should have been refused"
            for run in entry["runs"]:
                check(stage, run)
        return "as promised"
    except BrokenPromiseError as fault:
        return str(fault)
    except CommandError as fault:
        is_limit = re.search(entry.get("refused", r"(?!)"), str(fault))
        return f"stops at a limit: {fault}" if is_limit else f"fails: {fault}"


@contextlib.contextmanager
def deployed(application: Application) -> Iterator[Stage]:
    """The application on a server of its own. Raises CommandError."""
    console = Console(file=io.StringIO())
    programs = applications.build(application, EmbeddedAws.on_port(1))
    runtimes = [f"--runtime={name}={program}" for name, program in programs.items()]
    log = _BUILD / "applications" / f"{application.name}.log"
    with embedded.temporary_server(log, *runtimes) as server:
        stacks = server.client("cloudformation")
        try:
            applications.deploy(application, server, console, verbose=False)
        except CommandError as fault:
            raise CommandError(reasons(stacks, application.name) or str(fault)) from fault
        resources = entries(stacks, "list_stack_resources", "StackResourceSummaries", StackName=application.name)
        yield Stage(
            server, application.name, {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
        )


def reasons(stacks: Any, name: str) -> str:
    """Why resources of a stack could not be created."""
    listed = entries(stacks, "list_stacks", "StackSummaries")
    stack_ids = [each["StackId"] for each in listed if each["StackName"] == name]
    events = [
        event
        for stack_id in stack_ids
        for event in entries(stacks, "describe_stack_events", "StackEvents", StackName=stack_id)
    ]
    failed = [each for each in events if each["ResourceStatus"].endswith("_FAILED")]
    return "; ".join(f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', '')}" for each in failed)


def check(stage: Stage, run: dict[str, Any]) -> None:
    """Do one run. Raises BrokenPromiseError where it does not end as the list says."""
    for each in run.get("put", ()):
        stage.server.client("s3").put_object(Bucket=stage.name(each["bucket"]), Key=each["key"], Body=each["text"])
    kind = next(each for each in RUNS if each in run)
    answer = RUNS[kind](stage, run)
    if not contains(answer, run.get("output")):
        raise BrokenPromiseError(f"{kind} {run[kind]} answers {json.dumps(answer)[:1000]}")


def invoked(stage: Stage, run: dict[str, Any]) -> Any:
    """The answer of a function."""
    payload = json.dumps(run.get("event", {}))
    answer = stage.server.client("lambda").invoke(FunctionName=stage.name(run["invoke"]), Payload=payload)
    return json.loads(answer["Payload"].read())


def ask(stage: Stage, run: dict[str, Any]) -> Any:
    """The answer of an API: its status, and its body."""
    stack = Stack.on_embedded_aws(stage.server, stage.stack)
    url = applications.exports(stack, stage.server.endpoint)[f"STACK_{applications.shell_name(run['url'])}"]
    body = json.dumps(run["body"]).encode() if "body" in run else None
    headers = {"Content-Type": "application/json"} if body else {}
    request = urllib.request.Request(url + run.get("path", ""), body, headers, method=run.get("method"))
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return {"status": response.status, "body": _json(response.read().decode())}
    except urllib.error.HTTPError as refusal:
        return {"status": refusal.code, "body": _json(refusal.read().decode())}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def seen(look: Callable[[], Any]) -> Any:
    """What there is to see, as soon as there is something."""
    deadline = time.monotonic() + _SOON_SECONDS
    while not (value := look()) and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    return value


def received(stage: Stage, run: dict[str, Any]) -> Any:
    """The bodies of a queue's messages."""
    queue = {"QueueUrl": stage.name(run["queue"]), "MaxNumberOfMessages": 10}
    messages = seen(lambda: stage.server.client("sqs").receive_message(**queue).get("Messages"))
    return [_json(message["Body"]) for message in messages or ()]


def logged(stage: Stage, run: dict[str, Any]) -> Any:
    """The messages of a log group, by its logical id, its name, or the function that writes it."""
    name = stage.names.get(run["logs"], run["logs"])
    group = f"/aws/lambda/{name}" if run.get("of") == "function" else name
    logs = stage.server.client("logs")
    events = seen(lambda: entries(logs, "filter_log_events", "events", logGroupName=group))
    messages = [_json(event["message"]) for event in events]
    return any(run["has"] in str(message) for message in messages) if "has" in run else messages


def stored(stage: Stage, run: dict[str, Any]) -> Any:
    """An object's text, or JSON."""
    stored = stage.server.client("s3").get_object(Bucket=stage.name(run["object"]), Key=run["key"])
    return _json(stored["Body"].read().decode())


def executed_at_once(stage: Stage, run: dict[str, Any]) -> Any:
    """The output of an Express workflow, which ends as the list says."""
    states = stage.server.client("stepfunctions")
    started = {"stateMachineArn": stage.name(run["express"]), "input": json.dumps(run.get("input", {}))}
    return ended(states.start_sync_execution(**started), run)


def executed_before(stage: Stage, run: dict[str, Any]) -> Any:
    """The output of the newest execution of a machine, which something else has started."""
    states = stage.server.client("stepfunctions")
    machine = stage.name(run["newest"])
    newest = seen(lambda: entries(states, "list_executions", "executions", stateMachineArn=machine))
    if not newest:
        raise BrokenPromiseError(f"{run['newest']} was not started")
    return ended(followed(stage, newest[0]["executionArn"], run), run)


def executed(stage: Stage, run: dict[str, Any]) -> Any:
    """The output of an execution, which ends as the list says."""
    states = stage.server.client("stepfunctions")
    started = {"stateMachineArn": stage.name(run["machine"]), "input": json.dumps(run.get("input", {}))}
    return ended(followed(stage, states.start_execution(**started)["executionArn"], run), run)


def followed(stage: Stage, execution: str, run: dict[str, Any]) -> Any:
    """What DescribeExecution says at the end; on the way tokens are answered, and an activity's worker is invoked."""
    states = stage.server.client("stepfunctions")
    answers, sent = list(run.get("answers", ())), set[str]()
    if "worker" in run:
        invoked(stage, {"invoke": run["worker"]})
    deadline = time.monotonic() + run.get("seconds", _LONGEST_SECONDS)
    while (described := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        if time.monotonic() > deadline:
            break
        for token in sorted(tokens(states, execution) - sent)[: len(answers)]:
            states.send_task_success(taskToken=token, output=json.dumps(answers.pop(0)))
            sent.add(token)
        time.sleep(_PAUSE_SECONDS)
    return described


def ended(described: Any, run: dict[str, Any]) -> Any:
    """The output of what has ended. Raises BrokenPromiseError where it did not end as the list says."""
    wanted = run.get("status", "SUCCEEDED")
    if described["status"] not in wanted.split("|") or not contains(described.get("error"), run.get("error")):
        what = {name: described[name] for name in ("status", "error", "cause", "output") if name in described}
        raise BrokenPromiseError(f"ends otherwise: {json.dumps(what)[:1500]}")
    return json.loads(described["output"]) if "output" in described else None


def tokens(states: Any, execution: str) -> set[str]:
    """The task tokens in the parameters of tasks that wait for one."""
    events = entries(states, "get_execution_history", "events", executionArn=execution)
    details = [each["taskScheduledEventDetails"] for each in events if "taskScheduledEventDetails" in each]
    texts = [each["parameters"] for each in details if each["resource"].endswith(".waitForTaskToken")]
    return {token for text in texts for token in _TOKEN.findall(text)}


def contains(value: Any, wanted: Any) -> bool:
    """Whether a value has all that is wanted: members of objects, and entries of lists in their order.

    >>> contains({"a": [1, {"b": 2}], "c": 3}, {"a": [1, {}]}), contains({"a": 1}, {"a": 2}), contains(1, None)
    (True, False, True)
    """
    if wanted is None:
        return True
    if isinstance(wanted, dict) and isinstance(value, dict):
        return all(name in value and contains(value[name], each) for name, each in wanted.items())
    if isinstance(wanted, list) and isinstance(value, list):
        return len(value) == len(wanted) and all(map(contains, value, wanted))
    return value == wanted


RUNS: Mapping[str, Callable[[Stage, dict[str, Any]], Any]] = {
    "machine": executed,
    "express": executed_at_once,
    "newest": executed_before,
    "invoke": invoked,
    "url": ask,
    "queue": received,
    "logs": logged,
    "object": stored,
}


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ClientError as fault:
        sys.exit(f"The embedded AWS refused a call: {fault}")
