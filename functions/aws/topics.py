"""Messages to topics of SNS."""

from aws.clients import client
from wildrydes.announcements.notice import Notice


def publish(topic: str, notice: Notice) -> None:
    """Publishes a notice. Raises botocore's errors."""
    client("sns").publish(TopicArn=topic, Subject=notice.subject, Message=notice.message)
