"""Makers of executions that fail until a parameter is there, and readers of what a redrive did."""

import json
from typing import Any

from local import account
from machines import Client, allow, ended, machine, role, unique


def reader(client: Client) -> str:
    """A role whose executions read parameters."""
    return role(client, "states.amazonaws.com", allow("ssm:GetParameter"))


def read(name: str, **fields: Any) -> dict[str, Any]:
    """A Task that reads a parameter, at a path of its input or by its name; it fails as long as there is none."""
    key = "Name.$" if name.startswith("$") else "Name"
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter",
        "Parameters": {key: name},
        "ResultSelector": {"value.$": "$.Parameter.Value"},
        **({} if "Next" in fields else {"End": True}),
        **fields,
    }


def parameter(client: Client, name: str = "", value: str = "here") -> str:
    """A parameter that is there; its name."""
    name = name or unique("there")
    client("ssm").put_parameter(Name=name, Value=value, Type="String")
    return name


def start(client: Client, states: dict[str, Any], role_arn: str, execution_input: Any = None, **fields: Any) -> str:
    """An execution of a machine of these states, from the first on; its ARN."""
    arn = machine(client, {"StartAt": next(iter(states)), "States": states} | fields, role_arn)
    started = client("stepfunctions").start_execution(stateMachineArn=arn, input=json.dumps(execution_input or {}))
    return started["executionArn"]


def redrive(client: Client, execution: str) -> dict[str, Any]:
    """Redrive an execution and wait for its end; what DescribeExecution says of it."""
    client("stepfunctions").redrive_execution(executionArn=execution)
    return ended(client, execution)


def history(client: Client, execution: str) -> list[dict[str, Any]]:
    """The events of an execution."""
    return account.entries(client("stepfunctions"), "get_execution_history", "events", executionArn=execution)


def entered(events: list[dict[str, Any]]) -> list[str]:
    """The states that were entered, in their order."""
    return [each["stateEnteredEventDetails"]["name"] for each in events if "stateEnteredEventDetails" in each]


def parted(events: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The events before the last redrive, and those from it on."""
    last = max(index for index, event in enumerate(events) if event["type"] == "ExecutionRedriven")
    return events[:last], events[last:]


def is_polling(client: Client, execution: str) -> bool:
    """Whether a Task of an execution has begun its call."""
    return "TaskStarted" in {event["type"] for event in history(client, execution)}


def long_poll(url: str) -> dict[str, Any]:
    """A state that waits for a message for 20 seconds; a stop of its execution does not end the call."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sqs:receiveMessage",
        "Parameters": {"QueueUrl": url, "MaxNumberOfMessages": 1, "WaitTimeSeconds": 20},
        "ResultSelector": {"polled": True},
        "End": True,
    }
