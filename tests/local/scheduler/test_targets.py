"""What a schedule calls: "Using templated targets", "Using universal targets" of EventBridge Scheduler."""

import json
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from local.account import EmbeddedAws
from local.scheduler import targets
from machines import Client, allow, ended, machine, role, unique, until
from queue_makers import arn_of, counts, queue, receive

ACCOUNT = "123456789012"


class Service:
    """Stands for a client of boto3: takes down what it is called with, and refuses what the service's API has not."""

    def __init__(self, name: str, calls: list[tuple[str, str, dict[str, Any]]]) -> None:
        self._name = name
        self._calls = calls

    def __getattr__(self, method: str) -> Any:
        model: Any = botocore.session.get_session().get_service_model(self._name)
        operations = {xform_name(name): name for name in model.operation_names}
        shape = model.operation_model(operations[method]).input_shape

        def call(**parameters: Any) -> None:
            assert ParamValidator().validate(parameters, shape).generate_report() == ""
            self._calls.append((self._name, method, parameters))

        return call


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
            ("stepfunctions", "stop_execution", {"executionArn": "a"}),
        ),
        (
            {"Arn": "arn:aws:scheduler:::aws-sdk:dynamodb:putItem"},
            '{"TableName": "Turns", "Item": {"id": {"S": "a"}}}',
            ("dynamodb", "put_item", {"TableName": "Turns", "Item": {"id": {"S": "a"}}}),
        ),
        (
            {"Arn": "arn:aws:scheduler:::aws-sdk:lambda:invoke"},
            '{"FunctionName": "ride", "Payload": "{}"}',
            ("lambda", "invoke", {"FunctionName": "ride", "Payload": "{}"}),
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
        "arn:aws:scheduler:::aws-sdk:dynamodb:GetItem",
        "arn:aws:scheduler:::aws-sdk:dynamodb:transactGetItems",
        "arn:aws:scheduler:::aws-sdk:cloudtrail:lookupEvents",
        "arn:aws:scheduler:::aws-sdk:sfn:validateStateMachineDefinition",
        "arn:aws:scheduler:::aws-sdk:dynamodb:drawItem",
        "arn:aws:scheduler:::aws-sdk:unicorns:putItem",
    ],
)
def test_target_that_nothing_is_called_by_is_refused(client: Client, arn: str) -> None:
    with pytest.raises(targets.UnsupportedTargetError):
        calls_of({"Arn": arn}, "{}")
    with pytest.raises(ClientError, match="ValidationException"):
        client("scheduler").create_schedule(
            Name="never",
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"},
        )


STOP = "arn:aws:scheduler:::aws-sdk:sfn:stopExecution"
UNCALLABLE = [
    ({"Arn": STOP}, "[1]", "Request payload is not a JSON object"),
    ({"Arn": STOP}, "{", "must be JSON"),
    ({"Arn": STOP}, "{}", r"Request payload is missing the following field\(s\): ExecutionArn"),
    # Names begin with a capital, whatever the service's API has.
    ({"Arn": STOP}, '{"executionArn": "a"}', r"missing the following field\(s\): ExecutionArn"),
    ({"Arn": STOP}, '{"ExecutionArn": "a", "Reason": "b"}', r"unknown field\(s\): Reason"),
    ({"Arn": STOP}, '{"ExecutionArn": 1}', "Invalid type for parameter executionArn"),
    ({"Arn": BUS}, "{}", "EventBridgeParameters is required"),
    ({"Arn": BUS, "EventBridgeParameters": EVENT}, "ride", "must be JSON"),
    ({"Arn": BUS, "EventBridgeParameters": EVENT}, "[]", "is a JSON object"),
    ({"Arn": MACHINE}, "ride", "must be JSON"),
    ({"Arn": FUNCTION}, "ride", "must be JSON"),
]


def test_target_that_cannot_be_called_with_its_input_is_refused(client: Client) -> None:
    trusted = role(client, "scheduler.amazonaws.com")
    for target, body, message in UNCALLABLE:
        with pytest.raises((targets.InvalidInputError, targets.UnsupportedTargetError), match=message):
            calls_of(target, body)
        with pytest.raises(ClientError, match=f"ValidationException.*{message}"):
            client("scheduler").create_schedule(
                Name="never",
                ScheduleExpression="rate(1 day)",
                FlexibleTimeWindow={"Mode": "OFF"},
                Target={**target, "RoleArn": trusted, "Input": body},
            )


def create_overdue(client: Client, target: dict[str, Any]) -> str:
    name = unique("schedule")
    client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="at(2026-01-01T00:00:00)",
        ActionAfterCompletion="DELETE",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )
    return name


def test_what_a_service_refuses_is_a_dead_letter_and_holds_up_no_other_schedule(
    server: EmbeddedAws, client: Client
) -> None:
    states = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    running = client("stepfunctions").start_execution(
        stateMachineArn=machine(client, states, role(client, "states.amazonaws.com"))
    )["executionArn"]
    dead = queue(client)
    actions = allow("states:StopExecution", "events:PutEvents", "sqs:SendMessage")
    common = {
        "RoleArn": role(client, "scheduler.amazonaws.com", actions),
        "DeadLetterConfig": {"Arn": arn_of(client, dead)},
    }
    elsewhere = {"Arn": BUS.replace("us-east-1", "eu-west-1"), "EventBridgeParameters": EVENT}
    source = {"Entries": [{"Source": "aws.rides", "DetailType": "Ride", "Detail": "{}"}]}
    names = [
        create_overdue(client, {**target, **common})
        for target in (
            {"Arn": STOP, "Input": '{"ExecutionArn": "a"}'},
            # These are answered with 200.
            {**elsewhere, "Input": "{}"},
            {"Arn": "arn:aws:scheduler:::aws-sdk:eventbridge:putEvents", "Input": json.dumps(source)},
            {"Arn": STOP, "Input": json.dumps({"ExecutionArn": running, "Cause": "the night is over"})},
        )
    ]
    server.request("/_local/clock", advance_seconds=0)
    stopped = ended(client, running)
    assert (stopped["status"], stopped["cause"]) == ("ABORTED", "the night is over")
    until(lambda: counts(client, dead), lambda count: count == (3, 0))
    codes = {each["MessageAttributes"]["ERROR_CODE"]["StringValue"] for each in receive(client, dead)}
    assert codes == {"InvalidArn", "ResourceNotFoundException", "NotAuthorizedForSourceException"}
    for name in names:
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            client("scheduler").get_schedule(Name=name)


def test_queue_gets_messages_of_a_templated_and_of_a_universal_target(server: EmbeddedAws, client: Client) -> None:
    url = queue(client)
    sender = role(client, "scheduler.amazonaws.com", allow("sqs:SendMessage", resource=arn_of(client, url)))
    message = json.dumps({"QueueUrl": url, "MessageBody": "universal"})
    for target in (
        {"Arn": arn_of(client, url), "Input": "templated"},
        {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": message},
    ):
        create_overdue(client, {**target, "RoleArn": sender})
    server.request("/_local/clock", advance_seconds=0)
    until(lambda: counts(client, url), lambda count: count == (2, 0))
    assert {each["Body"] for each in receive(client, url)} == {"templated", "universal"}
