"""Makers of what the contract tests of queues and notifications run, and of functions that write down their calls."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from boto3.session import Session

from local import account
from machines import allow, function, role, unique, until

TLS_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ],
}

Client = Callable[[str], Any]

POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
PARTIAL = ["ReportBatchItemFailures"]

# One write a call, so that calls at once do not mix.
_CODE = """
import json, os, sys, time

def handler(event, context):
    began = time.time()
    try:
        return answer(event)
    finally:
        line = json.dumps({{"event": event, "began": began, "ended": time.time()}}) + "\\n"
        file = os.open({calls!r}, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.write(file, line.encode())
        os.close(file)

def answer(event):
{body}
"""


def recording(client: Client, calls: Path, body: str = "return None", **settings: Any) -> str:
    """A function that adds a JSON line to `calls` for each event it gets and answers by `body`; its ARN."""
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    role_arn = settings.pop("role_arn", None) or role(client, "lambda.amazonaws.com", allow(*POLLING))
    return function(client, _CODE.format(calls=str(calls), body=indented), role_arn, **settings)


def calls_in(calls: Path) -> list[dict[str, Any]]:
    """What a recording function wrote down: `event`, and when the call `began` and `ended`."""
    written, _, _ = calls.read_text(encoding="utf-8").rpartition("\n") if calls.exists() else ("", "", "")
    return [json.loads(line) for line in written.splitlines()]


def records_in(calls: Path) -> list[dict[str, Any]]:
    """All records of all calls."""
    return [record for call in calls_in(calls) for record in call["event"]["Records"]]


def as_role(client: Client, endpoint: str, *statements: dict[str, Any], service: str = "sqs") -> Any:
    """A client of SQS, or of another service, that acts as a role with these statements."""
    name = role(client, "lambda.amazonaws.com", *statements).rsplit("/", 1)[1]
    trust = {"Effect": "Allow", "Principal": {"AWS": account.ACCOUNT_ID}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    client("iam").update_assume_role_policy(RoleName=name, PolicyDocument=document)
    arn = f"arn:aws:iam::{account.ACCOUNT_ID}:role/{name}"
    session = client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return Session().client(
        service,
        endpoint_url=endpoint,
        region_name=account.DEFAULT_REGION,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


def queue(client: Client, **attributes: str) -> str:
    """A queue; its URL."""
    return client("sqs").create_queue(QueueName=unique("queue"), Attributes=attributes)["QueueUrl"]


def arn_of(client: Client, url: str) -> str:
    """A queue's ARN."""
    answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]


def with_dead_letters(client: Client, receives: int, **attributes: str) -> tuple[str, str]:
    """A queue whose messages may be received so many times, and its dead-letter queue; their URLs."""
    dead = queue(client)
    policy = json.dumps({"deadLetterTargetArn": arn_of(client, dead), "maxReceiveCount": receives})
    return queue(client, RedrivePolicy=policy, **attributes), dead


def send(client: Client, url: str, *bodies: str) -> list[str]:
    """Send messages, ten a request; their ids."""
    ids = []
    for start in range(0, len(bodies), 10):
        entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies[start : start + 10])]
        answer = client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
        ids += [entry["MessageId"] for entry in sorted(answer["Successful"], key=lambda entry: int(entry["Id"]))]
    return ids


def counts(client: Client, url: str) -> tuple[int, int]:
    """How many messages are visible, and how many in flight."""
    attributes = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"]), int(attributes["ApproximateNumberOfMessagesNotVisible"])


def receive(client: Client, url: str, **parameters: Any) -> list[dict[str, Any]]:
    """Receive messages with all their attributes."""
    answer = client("sqs").receive_message(
        QueueUrl=url,
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
        **{"MaxNumberOfMessages": 10, "WaitTimeSeconds": 10} | parameters,
    )
    return answer.get("Messages", [])


def mapping(client: Client, url: str, function_arn: str, **settings: Any) -> str:
    """Map a queue to a function; the mapping's id."""
    created = client("lambda").create_event_source_mapping(
        EventSourceArn=arn_of(client, url), FunctionName=function_arn, **settings
    )
    return created["UUID"]


def emptied(client: Client, url: str) -> None:
    """Wait until a queue holds nothing, neither visible nor in flight."""
    until(lambda: counts(client, url), lambda count: count == (0, 0))


def admitting(client: Client, service: str, source_arn: str) -> str:
    """A queue that lets `service` send for `source_arn`, by TLS alone; its URL."""
    url = queue(client)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn_of(client, url),
        "Condition": {"ArnLike": {"aws:SourceArn": source_arn}},
    }
    policy = json.dumps({**TLS_ONLY, "Statement": [*TLS_ONLY["Statement"], statement]})
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url
