"""Counts the messages that are published to topics.

Source: "Monitoring Amazon SNS topics using CloudWatch", SNS Developer Guide: namespace AWS/SNS, dimension TopicName.
"""

from typing import Any

from local.seams import replace, seam


def install() -> None:
    """Count where every message passes: those of Publish, of its batches, and of other services."""
    from ministack.services import cloudwatch, sns

    fan_out = seam(sns, "_fanout")

    def count_and_fan_out(topic_arn: str, message_id: str, message: str, *others: Any, **keywords: Any) -> Any:
        dimensions = {"TopicName": topic_arn.rpartition(":")[2]}
        cloudwatch.record_metric("AWS/SNS", "NumberOfMessagesPublished", 1, "Count", dimensions)
        cloudwatch.record_metric("AWS/SNS", "PublishSize", len(message.encode()), "Bytes", dimensions)
        return fan_out(topic_arn, message_id, message, *others, **keywords)

    replace(sns, "_fanout", count_and_fan_out)
