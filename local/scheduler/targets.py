"""What a schedule's target is called by: the templated targets of the services that are here, and universal ones.

A templated target's ARN names what is called; a universal target's names a service and an action of its API, whose
parameters are the input.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

import contextlib
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, UnknownServiceError
from botocore.validate import ParamValidator

from local import EmbeddedAwsError
from local.protocols import service_models
from local.protocols.member_names import capitalised, in_service_case

# (service, as boto3 names it) -> its client, as the target's role.
ClientOf = Callable[[str], Any]
Target = Mapping[str, Any]

_UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"
_NO_REQUEST = "Invalid RequestJson provided. Reason"
# What the user guide calls the services that boto3 calls otherwise.
_CLIENTS = {"cloudwatchlogs": "logs", "eventbridge": "events", "sfn": "stepfunctions"}
# A universal target writes: what begins so only reads. The list is the guide's.
_READING = (
    *("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "lookup", "discover"),
    *("validate", "batchGet", "batchDescribe", "batchRead", "transactGet", "adminGet", "adminList", "testMigration"),
    *("retrieve", "testConnection", "translateDocument", "isAuthorized", "isAuthorizedWithToken", "invokeModel"),
)
# The templated targets whose input must be JSON.
_JSON_ONLY = ("events", "lambda", "states")


class UnsupportedTargetError(EmbeddedAwsError):
    """Nothing here is called by such a target."""


class InvalidInputError(EmbeddedAwsError):
    """The target cannot be called with such an input."""


def check(target: Target, body: str) -> None:
    """Raise UnsupportedTargetError where nothing is called by the target, InvalidInputError where not with `body`.

    `body` is the target's input with the values of its keywords.
    """
    arn = str(target.get("Arn", ""))
    if arn.startswith(_UNIVERSAL):
        parameters_of(_operation(arn), body)
        return
    if arn.count(":") < 5 or not arn.startswith("arn:"):
        raise UnsupportedTargetError("Provided Arn is not in correct format.")
    service = _service_of(arn)
    if service not in _TEMPLATED:
        supported = ", ".join(sorted(_TEMPLATED))
        raise UnsupportedTargetError(f"A target in {service} is not supported here; {supported} are.")
    if service == "events" and not target.get("EventBridgeParameters"):
        raise UnsupportedTargetError("EventBridgeParameters is required for a target that is an event bus.")
    if service in _JSON_ONLY:
        _check_json(service, body)


def call(client_of: ClientOf, target: Target, body: str) -> None:
    """Call the target with its input. Raises what `check` raises, and what the call raises."""
    check(target, body)
    arn = target["Arn"]
    if not arn.startswith(_UNIVERSAL):
        _TEMPLATED[_service_of(arn)](client_of, target, body)
        return
    operation = _operation(arn)
    send = getattr(client_of(_client_name(arn)), xform_name(operation.name))
    _refuse_failed_entries(operation.name, send(**parameters_of(operation, body)))


def parameters_of(operation: Any, body: str) -> dict[str, Any]:
    """The parameters of the call that the input of a universal target has, as the service names them.

    Raises InvalidInputError, with AWS's words for those that are missing: EventBridge Scheduler builds the request when
    the schedule is created. Each name begins with a capital.
    """
    parameters = _read(body)
    if not isinstance(parameters, dict):
        raise InvalidInputError(f"{_NO_REQUEST} Request payload is not a JSON object")
    shape = operation.input_shape
    members = {capitalised(name) for name in shape.members} if shape else set()
    tokens = set(operation.idempotent_members)
    required = [name for name in (shape.required_members if shape else ()) if name not in tokens]
    if missing := [capitalised(name) for name in required if capitalised(name) not in parameters]:
        raise InvalidInputError(
            f"{_NO_REQUEST} Request payload is missing the following field(s): {', '.join(missing)}"
        )
    if unknown := sorted(parameters.keys() - members):
        raise InvalidInputError(f"{_NO_REQUEST} Request payload has the unknown field(s): {', '.join(unknown)}")
    if shape is None:
        return {}
    converted = in_service_case(parameters, shape, _as_written)
    tokens_made = {name: str(uuid.uuid4()) for name in tokens if name not in converted}
    if report := ParamValidator().validate({**tokens_made, **converted}, shape).generate_report():
        raise InvalidInputError(f"{_NO_REQUEST} {report}")
    return {**tokens_made, **converted}


def _check_json(service: str, body: str) -> None:
    if not isinstance(_read(body), dict) and service == "events":
        raise InvalidInputError("The input for an event bus, an event's detail, is a JSON object.")


def _as_written(value: Any) -> Any:
    """Bytes are the text of the input itself: a payload for Lambda is its JSON, quoted."""
    return value


def _read(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidInputError("The input of such a target must be JSON.") from None


def _service_of(arn: str) -> str:
    return arn.split(":")[2]


def _client_name(arn: str) -> str:
    """The service of a universal target's ARN, as boto3 names it."""
    service = arn.removeprefix(_UNIVERSAL).partition(":")[0]
    return _CLIENTS.get(service, service)


def _operation(arn: str) -> Any:
    """botocore's model of the operation that a universal target's ARN names. Raises UnsupportedTargetError."""
    action = arn.removeprefix(_UNIVERSAL).partition(":")[2]
    name = capitalised(action)
    with contextlib.suppress(UnknownServiceError):
        model = service_models.model(_client_name(arn))
        if name in model.operation_names and not (action[:1].lower() + action[1:]).startswith(_READING):
            return model.operation_model(name)
    raise UnsupportedTargetError(f"{arn} is no action that a universal target may call.")


def _refuse_failed_entries(operation: str, response: Any) -> None:
    """Raise ClientError for events that the service answers 200 for, and does not take."""
    if not isinstance(response, Mapping) or not response.get("FailedEntryCount"):
        return
    fault = next(entry for entry in response.get("Entries", ()) if entry.get("ErrorCode"))
    raise ClientError({"Error": {"Code": fault["ErrorCode"], "Message": fault.get("ErrorMessage", "")}}, operation)


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
    _refuse_failed_entries("PutEvents", client_of("events").put_events(Entries=[entry]))


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
