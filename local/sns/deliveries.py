"""What topics deliver to functions, in the place of MiniStack's: asynchronously, and only where the function allows it.

MiniStack keeps topics and subscriptions, and finds who is to get a message. It runs a function as many times at once as
there are messages, asks nobody's permission, and forgets an event that failed. Here an event is handed to Lambda as any
asynchronous invocation: it is queued, tried again, and sent to the function's destination at last. A message that
cannot be handed to Lambda goes to the dead-letter queue of its subscription.
https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
"""

import json
import logging
import uuid
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import lambda_svc, sns, sqs

from local.lambda_ import grants
from local.seams import replace, seam

log = logging.getLogger(__name__)

_SERVICE = "sns.amazonaws.com"

Parameters = dict[str, Any]


def install() -> None:
    """Put these in the place of MiniStack's."""
    for name in (
        "_parse_batch_entries",
        "_message_payload_size",
        "_error",
        "_p",
        "_SNS_MAX_PAYLOAD_BYTES",
        "_find_subscription",
    ):
        seam(sns, name)
    publish = seam(sns, "_publish")
    publish_batch = seam(sns, "_publish_batch")

    def publish_checked(parameters: Parameters) -> Any:
        if not sns._p(parameters, "Message"):
            return sns._error("InvalidParameter", "Invalid parameter: Empty message", 400)
        return publish(parameters)

    def publish_batch_checked(parameters: Parameters) -> Any:
        sizes = [
            sns._message_payload_size(entry["message"], entry["message_attributes"])
            for entry in sns._parse_batch_entries(parameters)
        ]
        if sum(sizes) > sns._SNS_MAX_PAYLOAD_BYTES:
            message = f"The length of all the messages put together is more than {sns._SNS_MAX_PAYLOAD_BYTES} bytes."
            return sns._error("BatchRequestTooLong", message, 400)
        return publish_batch(parameters)

    replace(sns, "_publish", publish_checked)
    replace(sns, "_publish_batch", publish_batch_checked)
    replace(sns, "_deliver_to_lambda", _deliver)


def _deliver(
    endpoint: str,
    envelope: str,
    topic_arn: str,
    subscription_arn: str,
    message_id: str,
    message: str,
    attributes: dict[str, Any],
) -> None:
    """Invoke a function with one message. Another one makes another event: SNS never puts two into one."""
    function, config, _ = lambda_svc._get_func_record_for_ref(endpoint)
    if not function or not config or not grants.function_admits(endpoint, _SERVICE, topic_arn):
        log.warning("%s is not there, or does not let %s invoke it for %s", endpoint, _SERVICE, topic_arn)
        _bury(subscription_arn, topic_arn, envelope)
        return
    event = event_of(subscription_arn, topic_arn, message_id, message, _subject(envelope), attributes)
    with request_scope(*lambda_svc._account_region_from_function_config(config)):
        lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), event)


def _bury(subscription_arn: str, topic_arn: str, envelope: str) -> None:
    """Put a message into the dead-letter queue of its subscription, where that lets the topic in."""
    subscription = sns._find_subscription(topic_arn, subscription_arn) or {}
    policy = json.loads(subscription.get("attributes", {}).get("RedrivePolicy") or "{}")
    arn = policy.get("deadLetterTargetArn", "")
    queue = sqs._queue_by_arn(arn) if arn else None
    if queue is None or not grants.queue_admits(arn, _SERVICE, topic_arn):
        log.error("%s has no dead-letter queue that lets %s in: a message is lost", subscription_arn, topic_arn)
        return
    queue["messages"].append({"id": str(uuid.uuid4()), "body": envelope, "message_attributes": {}})


def event_of(
    subscription_arn: str,
    topic_arn: str,
    message_id: str,
    message: str,
    subject: str | None,
    attributes: dict[str, Any],
) -> dict[str, Any]:
    """The event of one message, with the members and spellings that functions get; others get URL, not Url."""
    region = topic_arn.split(":")[3]
    host = f"https://sns.{region}.amazonaws.com"
    notification = {
        "SignatureVersion": "1",
        "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "Signature": "EXAMPLE",
        "SigningCertUrl": f"{host}/SimpleNotificationService-0000000000000000000000.pem",
        "MessageId": message_id,
        "Message": message,
        "MessageAttributes": {
            name: {"Type": each.get("DataType", "String"), "Value": each.get("StringValue") or each.get("BinaryValue")}
            for name, each in attributes.items()
        },
        "Type": "Notification",
        "UnsubscribeUrl": f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription_arn}",
        "TopicArn": topic_arn,
        "Subject": subject,
    }
    source = {"EventVersion": "1.0", "EventSubscriptionArn": subscription_arn, "EventSource": "aws:sns"}
    return {"Records": [source | {"Sns": notification}]}


def _subject(envelope: str) -> str | None:
    # RawMessageDelivery, which AWS has not for functions, leaves no envelope.
    try:
        value = json.loads(envelope)
    except ValueError:
        return None
    return value.get("Subject") if isinstance(value, dict) else None
