"""Messages to topics of SNS."""

from functools import cache
from typing import Any

import boto3

from wildrydes.announcements.notice import Notice


@cache
def client() -> Any:
    """The SNS client of this process."""
    return boto3.client("sns")


def publish(topic: str, notice: Notice) -> None:
    """Publishes a notice. Raises botocore's errors."""
    client().publish(TopicArn=topic, Subject=notice.subject, Message=notice.message)
