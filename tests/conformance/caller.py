"""What a case has: clients, names of its own, and what removes at the end all that it made."""

import io
import json
import logging
import shutil
import subprocess
import threading
import time
import uuid
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from places import Place

PREFIX = "conformance"
_SECONDS = 60
_LOG = logging.getLogger(__name__)
_TRUST_SECONDS = 30
FAST = {"Delay": 1, "MaxAttempts": 120}
_FAILED = ("ROLLBACK_COMPLETE", "CREATE_FAILED")

# What services say until a new role is known everywhere.
_NOT_YET = ("cannot be assumed", "not authorized to perform: sts:AssumeRole", "is not able to assume", "invalid role")


class UnsupportedError(Exception):
    """The emulator says itself that it does not have what it was asked for."""


class FaultError(Exception):
    """The emulator met a fault of its own (5xx)."""


class Caller:
    """One case's caller of a place."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._removals: list[Callable[[], Any]] = []

    def client(self, service: str, **keys: str) -> Any:
        """A client of a service."""
        return self.place.client(service, **keys)

    def name(self, word: str) -> str:
        """A name that no other case has; all begin in the same way."""
        return f"{PREFIX}-{word}-{uuid.uuid4().hex[:8]}"

    def at_end(self, call: Callable[..., Any], *values: Any, **parameters: Any) -> None:
        """Remove something at the end, before what was made earlier."""
        self._removals.append(lambda: call(*values, **parameters))

    def end(self) -> list[str]:
        """Remove what the case made. Returns what could not be removed, and why."""
        left = []
        for removal in reversed(self._removals):
            try:
                removal()
            except (ClientError, BotoCoreError) as fault:
                left.append(str(fault))
        return left

    def role(self, service: str, *statements: dict[str, Any]) -> str:
        """A role that `service` may assume, with these statements; its ARN."""
        principal = {"AWS": self.identity()} if service == "me" else {"Service": f"{service}.amazonaws.com"}
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        iam, name = self.client("iam"), self.name("role")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        self.at_end(iam.delete_role, RoleName=name)
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy(*statements))
            self.at_end(iam.delete_role_policy, RoleName=name, PolicyName="all")
        return arn

    def identity(self) -> str:
        """The account whose users may assume a role."""
        return f"arn:aws:iam::{self.client('sts').get_caller_identity()['Account']}:root"

    def function(self, code: str, role_arn: str | None = None, **settings: Any) -> str:
        """A Python function; its ARN. It is skipped where functions need Docker and there is none."""
        if self.place.needs_docker and not has_docker():
            pytest.skip("functions need Docker, which is not running here")
        functions, name = self.client("lambda"), self.name("function")
        parameters = {
            "FunctionName": name,
            "Runtime": "python3.11",
            "Handler": "app.handler",
            "Role": role_arn or self.role("lambda"),
            "Code": {"ZipFile": package(code)},
        }
        arn = patiently(lambda: functions.create_function(**parameters | settings))["FunctionArn"]
        self.at_end(functions.delete_function, FunctionName=name)
        functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        return arn

    def invoke(self, arn: str, event: Any = None) -> Any:
        """A function's answer, whether it is one or an error."""
        answer = self.client("lambda").invoke(FunctionName=arn, Payload=json.dumps(event or {}))
        return json.loads(answer["Payload"].read())

    def queue(self, **attributes: str) -> str:
        """A queue; its URL."""
        queues, suffix = self.client("sqs"), ".fifo" if "FifoQueue" in attributes else ""
        url = queues.create_queue(QueueName=self.name("queue") + suffix, Attributes=attributes)["QueueUrl"]
        self.at_end(queues.delete_queue, QueueUrl=url)
        return url

    def queue_arn(self, url: str) -> str:
        """The ARN of a queue."""
        return self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]

    def open_queue(self, service: str) -> tuple[str, str]:
        """A queue that a service may send to; its URL and its ARN."""
        url = self.queue()
        arn = self.queue_arn(url)
        principal = {"Service": f"{service}.amazonaws.com"}
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage", "Resource": arn}
        self.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(statement)})
        return url, arn

    def receive(self, url: str, seconds: int = 10) -> list[Any]:
        """Messages of a queue, as soon as there are some."""
        return (
            self.client("sqs")
            .receive_message(
                QueueUrl=url, WaitTimeSeconds=seconds, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
            )
            .get("Messages", [])
        )

    def bucket(self) -> str:
        """A bucket, which is emptied and removed."""
        objects, name = self.client("s3"), self.name("bucket")
        objects.create_bucket(Bucket=name)
        self.at_end(_remove_bucket, objects, name)
        return name

    def table(self, *keys: str) -> str:
        """A table of DynamoDB by these keys, texts, the partition's first; its name."""
        tables, name = self.client("dynamodb"), self.name("table")
        kinds = zip(keys, ("HASH", "RANGE"), strict=False)
        tables.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in kinds],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        self.at_end(tables.delete_table, TableName=name)
        tables.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        return name

    def new_stack(self, template: dict[str, Any], **settings: Any) -> str:
        """A stack that has been created, or that failed to be; its name."""
        stacks, name = self.client("cloudformation"), self.name("stack")
        stacks.create_stack(StackName=name, TemplateBody=json.dumps(template), **settings)
        self.at_end(delete_stack, stacks, name)
        try:
            stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=FAST)
        except WaiterError as fault:
            if fault.last_response.get("Stacks", [{}])[0].get("StackStatus") not in _FAILED:
                raise
        return name

    def stack(self, template: dict[str, Any]) -> dict[str, str]:
        """The outputs of a stack that has been created."""
        described = self.client("cloudformation").describe_stacks(StackName=self.new_stack(template))["Stacks"][0]
        assert described["StackStatus"] == "CREATE_COMPLETE", described
        return {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}

    def machine(self, definition: dict[str, Any], *statements: dict[str, Any], **settings: Any) -> str:
        """A state machine whose role has these statements; its ARN."""
        states, arn = self.client("stepfunctions"), self.role("states", *statements)
        created = patiently(
            lambda: states.create_state_machine(
                name=self.name("machine"), definition=json.dumps(definition), roleArn=arn, **settings
            )
        )["stateMachineArn"]
        self.at_end(states.delete_state_machine, stateMachineArn=created)
        return created

    def execute(self, machine: str, value: Any = None) -> dict[str, Any]:
        """An execution of a machine, to its end: what DescribeExecution says."""
        states = self.client("stepfunctions")
        arn = states.start_execution(stateMachineArn=machine, input=json.dumps({} if value is None else value))
        return self.ended(arn["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        """What DescribeExecution says of an execution that has ended."""
        states = self.client("stepfunctions")
        return until(
            lambda: states.describe_execution(executionArn=execution), lambda each: each["status"] != "RUNNING"
        )

    def run(self, states: dict[str, Any], value: Any = None, *statements: dict[str, Any], **fields: Any) -> Any:
        """The execution of a machine of these states, from the first on."""
        definition = {"StartAt": next(iter(states)), "States": states} | fields
        return self.execute(self.machine(definition, *statements), value)


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, resource: str = "*", effect: str = "Allow", **fields: Any) -> dict[str, Any]:
    """A policy statement."""
    return {"Effect": effect, "Action": list(actions), "Resource": resource} | fields


def package(code: str, name: str = "app.py") -> bytes:
    """A function's package."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, code)
    return packed.getvalue()


def refusal(call: Callable[..., Any], *values: Any, **parameters: Any) -> str:
    """The code by which a call is refused, without the prefix of SQS's old protocol.

    A call that succeeds fails the case. Raises UnsupportedError, FaultError.
    """
    try:
        answer = call(*values, **parameters)
    except ClientError as fault:
        raise_own(fault)
        return fault.response["Error"]["Code"].rpartition(".")[2]
    raise AssertionError(f"was not refused: {answer}")


def raise_own(fault: ClientError) -> None:
    """Raise UnsupportedError or FaultError where a refusal is the emulator's own, and no answer of the service."""
    status = fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    text = str(fault).lower()
    words = (
        "not implemented",
        "not yet implemented",
        "notimplemented",
        "does not implement",
        "the embedded aws",
        "is not valid for this endpoint",
    )
    if status == 501 or any(word in text for word in words):
        raise UnsupportedError(str(fault)) from fault
    if status >= 500:
        raise FaultError(str(fault)) from fault


def until(ask: Callable[[], Any], satisfied: Callable[[Any], bool] = bool, seconds: float = _SECONDS) -> Any:
    """Ask again and again until the answer satisfies; the answer. Fails after `seconds`."""
    pause, start = threading.Event(), time.monotonic()
    while not satisfied(answer := ask()):
        elapsed = time.monotonic() - start
        assert elapsed < seconds, f"not within {seconds} s: {answer}"
        pause.wait(min(1, max(0.02, elapsed / 8)))
    return answer


def patiently(call: Callable[[], Any]) -> Any:
    """Call again while a new role is not known everywhere. On AWS that takes some ten seconds."""
    start = time.monotonic()
    while True:
        try:
            return call()
        except ClientError as fault:
            is_new = any(words in str(fault).lower() for words in map(str.lower, _NOT_YET))
            if not is_new or time.monotonic() - start > _TRUST_SECONDS:
                raise
        threading.Event().wait(1)


@cache
def has_docker() -> bool:
    """Whether Docker's daemon answers."""
    docker = shutil.which("docker")
    return bool(docker) and subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0


def delete_stack(stacks: Any, name: str) -> None:
    """Delete a stack, and wait until it is gone."""
    stacks.delete_stack(StackName=name)
    stacks.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=FAST)


def _remove_bucket(objects: Any, name: str) -> None:
    for page in objects.get_paginator("list_object_versions").paginate(Bucket=name):
        for each in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
            objects.delete_object(Bucket=name, Key=each["Key"], VersionId=each["VersionId"])
    objects.delete_bucket(Bucket=name)
