"""What a schedule's target is called by: the templated targets of the services that are here, and universal ones.

A templated target's ARN names what is called; a universal target's names a service and an action of its API, whose
parameters are the input.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

from local import EmbeddedAwsError

# (service, as boto3 names it) -> its client, as the target's role.
ClientOf = Callable[[str], Any]
Target = Mapping[str, Any]

_UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"
# What the user guide calls the services that boto3 calls otherwise.
_CLIENTS = {"cloudwatchlogs": "logs", "eventbridge": "events", "sfn": "stepfunctions"}
# A universal target writes: the guide leaves out what reads.
_READING = ("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "batchGet")


class UnsupportedTargetError(EmbeddedAwsError):
    """Nothing here is called by such a target."""


def check(target: Target) -> None:
    """Raise UnsupportedTargetError for a target that nothing is called by."""
    arn = str(target.get("Arn", ""))
    if arn.startswith(_UNIVERSAL):
        _operation(arn)
    elif arn.count(":") < 5 or not arn.startswith("arn:"):
        raise UnsupportedTargetError("Provided Arn is not in correct format.")
    elif _service_of(arn) not in _TEMPLATED:
        supported = ", ".join(sorted(_TEMPLATED))
        raise UnsupportedTargetError(f"A target in {_service_of(arn)} is not supported here; {supported} are.")


def call(client_of: ClientOf, target: Target, body: str) -> None:
    """Call the target with its input. Raises UnsupportedTargetError, and what the call raises."""
    check(target)
    arn = target["Arn"]
    if not arn.startswith(_UNIVERSAL):
        _TEMPLATED[_service_of(arn)](client_of, target, body)
        return
    service, method = _operation(arn)
    try:
        parameters = json.loads(body)
    except ValueError:
        raise UnsupportedTargetError("The input of a universal target is the JSON of the call's parameters.") from None
    getattr(client_of(service), method)(**parameters)


def _service_of(arn: str) -> str:
    return arn.split(":")[2]


def _operation(arn: str) -> tuple[str, str]:
    """The service and the method of boto3 that a universal target's ARN names."""
    service, _, action = arn.removeprefix(_UNIVERSAL).partition(":")
    service = _CLIENTS.get(service, service)
    operations: Any = ()
    with contextlib.suppress(UnknownServiceError):
        operations = botocore.session.get_session().get_service_model(service).operation_names
    if action[:1].upper() + action[1:] not in operations or action.startswith(_READING):
        raise UnsupportedTargetError(f"{arn} is no action that a universal target may call.")
    return service, xform_name(action[:1].upper() + action[1:])


def _start_execution(client_of: ClientOf, target: Target, body: str) -> None:
    client_of("stepfunctions").start_execution(stateMachineArn=target["Arn"], input=body)


def _invoke(client_of: ClientOf, target: Target, body: str) -> None:
    client_of("lambda").invoke(FunctionName=target["Arn"], InvocationType="Event", Payload=body.encode())


def _send_message(client_of: ClientOf, target: Target, body: str) -> None:
    queues = client_of("sqs")
    *_, account_id, name = target["Arn"].split(":")
    url = f"{queues.meta.endpoint_url}/{account_id}/{name}"
    queues.send_message(QueueUrl=url, MessageBody=body, **(target.get("SqsParameters") or {}))


def _publish(client_of: ClientOf, target: Target, body: str) -> None:
    client_of("sns").publish(TopicArn=target["Arn"], Message=body)


def _put_events(client_of: ClientOf, target: Target, body: str) -> None:
    entry = {"EventBusName": target["Arn"], "Detail": body, **(target.get("EventBridgeParameters") or {})}
    client_of("events").put_events(Entries=[entry])


def _put_record(client_of: ClientOf, target: Target, body: str) -> None:
    name = target["Arn"].rpartition("/")[2]
    client_of("firehose").put_record(DeliveryStreamName=name, Record={"Data": body.encode()})


_TEMPLATED: dict[str, Callable[[ClientOf, Target, str], None]] = {
    "events": _put_events,
    "firehose": _put_record,
    "lambda": _invoke,
    "sns": _publish,
    "sqs": _send_message,
    "states": _start_execution,
}
