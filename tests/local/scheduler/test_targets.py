"""What a schedule calls: "Using templated targets", "Using universal targets" of EventBridge Scheduler."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.account import EmbeddedAws
from local.scheduler import targets
from machines import Client, allow, role, unique, until
from queue_makers import arn_of, counts, queue, receive

ACCOUNT = "123456789012"


class Service:
    """Stands for a client of boto3: takes down what it is called with."""

    def __init__(self, name: str, calls: list[tuple[str, str, dict[str, Any]]]) -> None:
        self._name = name
        self._calls = calls

    def __getattr__(self, operation: str) -> Any:
        return lambda **parameters: self._calls.append((self._name, operation, parameters))


def calls_of(target: dict[str, Any], body: str) -> list[tuple[str, str, dict[str, Any]]]:
    calls: list[tuple[str, str, dict[str, Any]]] = []
    targets.call(lambda service: Service(service, calls), target, body)
    return calls


MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:retrain"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:ride"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:rides"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
STREAM = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/rides"
EVENT = {"DetailType": "Ride", "Source": "rides"}


@pytest.mark.parametrize(
    ("target", "body", "expected"),
    [
        ({"Arn": MACHINE}, "{}", ("stepfunctions", "start_execution", {"stateMachineArn": MACHINE, "input": "{}"})),
        (
            {"Arn": FUNCTION},
            "{}",
            ("lambda", "invoke", {"FunctionName": FUNCTION, "InvocationType": "Event", "Payload": b"{}"}),
        ),
        ({"Arn": TOPIC}, "ride", ("sns", "publish", {"TopicArn": TOPIC, "Message": "ride"})),
        (
            {"Arn": BUS, "EventBridgeParameters": EVENT},
            "{}",
            ("events", "put_events", {"Entries": [{"EventBusName": BUS, "Detail": "{}", **EVENT}]}),
        ),
        (
            {"Arn": STREAM},
            "ride",
            ("firehose", "put_record", {"DeliveryStreamName": "rides", "Record": {"Data": b"ride"}}),
        ),
        (
            {"Arn": "arn:aws:scheduler:::aws-sdk:sfn:stopExecution"},
            '{"ExecutionArn": "a"}',
            ("stepfunctions", "stop_execution", {"ExecutionArn": "a"}),
        ),
        (
            {"Arn": "arn:aws:scheduler:::aws-sdk:dynamodb:putItem"},
            '{"TableName": "Turns"}',
            ("dynamodb", "put_item", {"TableName": "Turns"}),
        ),
    ],
)
def test_target_is_called_with_its_input(target: dict[str, Any], body: str, expected: tuple[Any, ...]) -> None:
    assert calls_of(target, body) == [expected]


@pytest.mark.parametrize(
    "arn",
    [
        "retrain",
        f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/rides",
        "arn:aws:scheduler:::aws-sdk:dynamodb:getItem",
        "arn:aws:scheduler:::aws-sdk:dynamodb:drawItem",
        "arn:aws:scheduler:::aws-sdk:unicorns:putItem",
    ],
)
def test_target_that_nothing_is_called_by_is_refused(client: Client, arn: str) -> None:
    with pytest.raises(targets.UnsupportedTargetError):
        targets.call(lambda service: Service(service, []), {"Arn": arn}, "{}")
    with pytest.raises(ClientError, match="ValidationException"):
        client("scheduler").create_schedule(
            Name="never",
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"},
        )


def test_queue_gets_messages_of_a_templated_and_of_a_universal_target(server: EmbeddedAws, client: Client) -> None:
    url = queue(client)
    sender = role(client, "scheduler.amazonaws.com", allow("sqs:SendMessage", resource=arn_of(client, url)))
    name, message = unique("schedule"), json.dumps({"QueueUrl": url, "MessageBody": "universal"})
    for place, target in enumerate(
        (
            {"Arn": arn_of(client, url), "Input": "templated"},
            {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": message},
        )
    ):
        client("scheduler").create_schedule(
            Name=f"{name}-{place}",
            ScheduleExpression="at(2026-01-01T00:00:00)",
            ActionAfterCompletion="DELETE",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={**target, "RoleArn": sender},
        )
    server.request("/_local/clock", advance_seconds=0)
    until(lambda: counts(client, url), lambda count: count == (2, 0))
    assert {each["Body"] for each in receive(client, url)} == {"templated", "universal"}
