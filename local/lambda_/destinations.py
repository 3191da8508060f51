"""Sends the outcome of an asynchronous invocation to its destinations and dead-letter queues.

It is sent as the function's role, as on AWS; MiniStack sends to queues and topics of its own accord.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
import logging
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import get_region

from local import account
from local.iam.roles import LentRole, RoleClients, UnusableRoleError
from local.lambda_ import configurations

log = logging.getLogger(__name__)

_MOST_ERROR_MESSAGE = 1024


@dataclass(frozen=True)
class Outcome:
    """What became of an event: `condition` is Success, RetriesExhausted or EventAgeExceeded."""

    event: Any
    condition: str
    attempts: int
    answer: Any


@dataclass(frozen=True)
class Destinations:
    """Sends outcomes as the functions' roles."""

    clients: RoleClients

    def send(self, function: dict[str, Any], settings: dict[str, Any], outcome: Outcome) -> None:
        """Send the outcome to the targets in the function's configuration and in its event settings."""
        configured = settings.get("DestinationConfig") or {}
        kind = "OnSuccess" if outcome.condition == "Success" else "OnFailure"
        destination = (configured.get(kind) or {}).get("Destination")
        dead_letters = (function.get("DeadLetterConfig") or {}).get("TargetArn")
        try:
            if destination:
                self._send(function, destination, json.dumps(record_of(function, outcome)), {})
            if dead_letters and kind == "OnFailure":
                self._send(function, dead_letters, json.dumps(outcome.event), _error_of(outcome))
        except (ClientError, BotoCoreError, UnusableRoleError) as fault:
            log.error("%s: the outcome of an event could not be sent: %s", function["FunctionArn"], fault)

    def _send(self, function: dict[str, Any], arn: str, body: str, attributes: dict[str, dict[str, str]]) -> None:
        service, name = arn.split(":")[2], arn.rsplit(":", 1)[1]
        role = LentRole(function["Role"], configurations.unqualified_arn(function))
        client: Any = self.clients.client(service, role, get_region())
        if service == "sqs":
            url = f"{self.clients.endpoint}/{account.ACCOUNT_ID}/{name}"
            client.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)
        elif service == "sns":
            client.publish(TopicArn=arn, Message=body, MessageAttributes=attributes)
        elif service == "lambda":
            client.invoke(FunctionName=arn, InvocationType="Event", Payload=body)
        else:
            log.error("%s: %s is unsupported as a destination", function["FunctionArn"], arn)


def record_of(function: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
    """The invocation record that a destination gets."""
    context: dict[str, Any] = {"statusCode": 200, "executedVersion": function["Version"]}
    if outcome.condition != "Success":
        context["functionError"] = "Unhandled"
    return {
        "version": "1.0",
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": f"{function['FunctionArn'].split(':function:')[0]}:function:"
            f"{function['FunctionName']}:{function['Version']}",
            "condition": outcome.condition,
            "approximateInvokeCount": outcome.attempts,
        },
        "requestPayload": outcome.event,
        "responseContext": context,
        "responsePayload": outcome.answer,
    }


def _error_of(outcome: Outcome) -> dict[str, dict[str, str]]:
    """The attributes by which a dead-letter queue shows the fault: its messages are the events themselves."""
    answer = outcome.answer if isinstance(outcome.answer, dict) else {}
    message = str(answer.get("errorMessage") or outcome.condition)[:_MOST_ERROR_MESSAGE]
    return {
        "RequestID": {"DataType": "String", "StringValue": str(uuid.uuid4())},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": message},
    }
