"""What a stack's topic publishes, as a subscriber hears it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from machines import until
from stacks import Stack


@dataclass(frozen=True)
class Heard:
    """A queue that hears what is published to the topic."""

    stack: Stack
    url: str

    def message(self, right: Callable[[dict[str, Any]], bool], seconds: float = 60) -> dict[str, Any]:
        """The first message that is right; those before it are gone."""

        sqs = self.stack.client("sqs")

        def next_message() -> dict[str, Any] | None:
            while messages := sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=1).get("Messages"):
                sqs.delete_message(QueueUrl=self.url, ReceiptHandle=messages[0]["ReceiptHandle"])
                body = json.loads(messages[0]["Body"])
                if right(body):
                    return body
            return None

        return until(next_message, lambda message: message is not None, seconds)

    def about(self, text: str) -> tuple[str, str]:
        """Subject and message of the next notice that names `text`."""
        body = self.message(lambda each: text in each["Message"])
        return body.get("Subject", ""), body["Message"]


def listen(stack: Stack, name: str = "notices") -> Heard:
    """Subscribe a queue, one of each name, to the topic: it hears whatever is published from now on."""
    sqs = stack.client("sqs")
    url = sqs.create_queue(QueueName=f"{stack.name}-{name}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    stack.client("sns").subscribe(TopicArn=stack.outputs["FailureTopicArn"], Protocol="sqs", Endpoint=arn)
    return Heard(stack, url)
