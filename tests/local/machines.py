"""Makers of what the contract tests run: roles, functions, state machines."""

import io
import json
import threading
import time
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

Client = Callable[[str], Any]


def unique(name: str) -> str:
    """A name no other test has."""
    return f"{name}-{uuid.uuid4().hex[:8]}"


def role(client: Client, service: str, *statements: dict[str, Any]) -> str:
    """A role that `service` may assume, with these policy statements; its ARN."""
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    name = unique("role")
    iam = client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    if statements:
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_role_policy(RoleName=name, PolicyName="test", PolicyDocument=policy)
    return arn


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    """A policy statement."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def function(client: Client, code: str, role_arn: str, **settings: Any) -> str:
    """A Python function whose module is `code`, with a `handler`; its ARN."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", code)
    created = client("lambda").create_function(
        FunctionName=unique("function"),
        Runtime="python3.11",
        Handler="app.handler",
        Role=role_arn,
        Code={"ZipFile": package.getvalue()},
        **settings,
    )
    return created["FunctionArn"]


def invoke(client: Client, arn: str, event: Any) -> tuple[Any, str | None]:
    """The function's answer to `event`, and the kind of error, if it was one."""
    answer = client("lambda").invoke(FunctionName=arn, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read()), answer.get("FunctionError")


def machine(client: Client, definition: dict[str, Any], role_arn: str, **settings: Any) -> str:
    """A state machine; its ARN."""
    created = client("stepfunctions").create_state_machine(
        name=unique("machine"), definition=json.dumps(definition), roleArn=role_arn, **settings
    )
    return created["stateMachineArn"]


def execute(client: Client, machine_arn: str, execution_input: Any = None) -> dict[str, Any]:
    """Run an execution to its end; what DescribeExecution says of it."""
    started = client("stepfunctions").start_execution(
        stateMachineArn=machine_arn, input=json.dumps(execution_input or {})
    )
    return ended(client, started["executionArn"])


def ended(client: Client, execution_arn: str) -> dict[str, Any]:
    """Wait for an execution's end; what DescribeExecution says of it."""
    return until(
        lambda: client("stepfunctions").describe_execution(executionArn=execution_arn),
        lambda described: described["status"] != "RUNNING",
    )


def until(
    ask: Callable[[], Any], satisfied: Callable[[Any], bool], seconds: float = 60, longest_pause: float = 0.5
) -> Any:
    """Ask again and again until the answer satisfies; the answer. Fails after `seconds`.

    What lasts for a moment alone is seen by short pauses only.
    """
    pause, start = threading.Event(), time.monotonic()
    while not satisfied(answer := ask()):
        elapsed = time.monotonic() - start
        assert elapsed < seconds, f"not within {seconds} s: {answer}"
        # The server works on the same cores: a tenth of them is enough for asking, and the end is seen a tenth later.
        pause.wait(min(longest_pause, max(0.01, elapsed / 10)))
    return answer


def run(client: Client, states: dict[str, Any], role_arn: str, execution_input: Any = None) -> dict[str, Any]:
    """Run a machine of these states, from the first on."""
    return execute(
        client, machine(client, {"StartAt": next(iter(states)), "States": states}, role_arn), execution_input
    )
