"""ListDeadLetterSourceQueues: the queues whose messages may end in a queue, by pages.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListDeadLetterSourceQueues.html
"""

import json
from typing import Any

from ministack.services import sqs

from local.seams import seam

_MOST = 1000


def install() -> None:
    """Serve the action."""
    seam(sqs, "_externalize_url")
    seam(sqs, "_HANDLERS")["ListDeadLetterSourceQueues"] = list_sources


def list_sources(parameters: dict[str, Any], url: str) -> dict[str, Any]:
    """A page of the URLs of the queues whose redrive policy names this one.

    A page has a token only where its size was asked for, and goes on behind the last URL of the one before.
    """
    dead_letters = sqs._get_q(parameters.get("QueueUrl", url), "sqs:ListDeadLetterSourceQueues")
    size = parameters.get("MaxResults")
    if size is not None and not 1 <= int(size) <= _MOST:
        message = f"Value {size} for parameter MaxResults is invalid. Reason: Must be an integer from 1 to {_MOST}."
        raise sqs._Err("InvalidParameterValue", message)
    after = parameters.get("NextToken") or ""
    arn = dead_letters["attributes"]["QueueArn"]
    urls = sorted(each for each, queue in list(sqs._queues.items()) if _target_of(queue) == arn and each > after)
    page = urls[: int(size or _MOST)]
    return {"queueUrls": [sqs._externalize_url(each) for each in page]} | (
        {"NextToken": page[-1]} if size is not None and len(urls) > len(page) else {}
    )


def _target_of(queue: dict[str, Any]) -> str | None:
    return json.loads(queue["attributes"].get("RedrivePolicy") or "{}").get("deadLetterTargetArn")
