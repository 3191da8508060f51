"""Who may answer for a task: the grant is one on the state machine that waits, or on the activity.

IAM lists no resource for SendTaskSuccess; the denials of AWS name the state machine all the same.
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from machines import Client, allow, ended, machine, role, unique
from queue_makers import as_role, queue, receive

SEND = "states:SendTaskSuccess"


def started(client: Client, task: dict[str, Any]) -> tuple[str, str]:
    """A machine that waits in a task, and its execution; their ARNs."""
    executor = role(client, "states.amazonaws.com", allow("sqs:SendMessage"))
    arn = machine(client, {"StartAt": "Wait", "States": {"Wait": {"Type": "Task", "End": True} | task}}, executor)
    return arn, client("stepfunctions").start_execution(stateMachineArn=arn)["executionArn"]


def answer(client: Client, endpoint: str, resource: str, token: str) -> None:
    """Send a task's success as who may do so on a resource."""
    answering = as_role(client, endpoint, allow(SEND, resource=resource), service="stepfunctions")
    answering.send_task_success(taskToken=token, output='"done"')


def test_callback_is_authorised_on_the_state_machine(client: Client, endpoint: str) -> None:
    url = queue(client)
    message = {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}}
    arn, execution = started(
        client, {"Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": message}
    )
    (received,) = receive(client, url)
    token = json.loads(received["Body"])["token"]
    with pytest.raises(ClientError, match=rf"not authorized to perform: {SEND} on resource: {arn}"):
        answer(client, endpoint, f"{arn}-other", token)
    answer(client, endpoint, arn, token)
    assert json.loads(ended(client, execution)["output"]) == "done"


def test_task_of_an_activity_is_authorised_on_the_activity(client: Client, endpoint: str) -> None:
    states = client("stepfunctions")
    activity = states.create_activity(name=unique("activity"))["activityArn"]
    arn, execution = started(client, {"Resource": activity})
    token = states.get_activity_task(activityArn=activity)["taskToken"]
    with pytest.raises(ClientError, match="AccessDenied"):
        answer(client, endpoint, arn, token)
    answer(client, endpoint, activity, token)
    assert json.loads(ended(client, execution)["output"]) == "done"
