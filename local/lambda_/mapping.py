"""An event source mapping's settings, read from MiniStack's record, and what AWS refuses in them.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from dataclasses import dataclass
from typing import Any

from ministack.services import eventbridge, lambda_svc, sqs

from local.lambda_ import grants

Record = dict[str, Any]

# What a mapping's poller does, as the function's role.
PERMISSIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")

# AWS starts with five batches at once and goes up by five a second, to 1,250: more processes than a laptop bears.
_CONCURRENCY = 5
_MOST_CONCURRENCY = 16


@dataclass(frozen=True)
class Mapping:
    """How messages come from a queue to a function."""

    queue_arn: str
    function_name: str
    qualifier: str | None
    enabled: bool
    batch_size: int
    window_seconds: int
    concurrency: int
    reports_item_failures: bool
    patterns: tuple[str, ...]

    @classmethod
    def of(cls, record: Record) -> "Mapping":
        """The settings in MiniStack's record, where CloudFormation leaves numbers and booleans as texts."""
        filters = (record.get("FilterCriteria") or {}).get("Filters") or []
        at_most = (record.get("ScalingConfig") or {}).get("MaximumConcurrency")
        return cls(
            queue_arn=record.get("EventSourceArn", ""),
            function_name=record.get("FunctionName", ""),
            qualifier=record.get("Qualifier"),
            enabled=str(record.get("Enabled", True)).lower() != "false",
            batch_size=int(record.get("BatchSize") or 10),
            window_seconds=int(record.get("MaximumBatchingWindowInSeconds") or 0),
            concurrency=min(int(at_most), _MOST_CONCURRENCY) if at_most else _CONCURRENCY,
            reports_item_failures="ReportBatchItemFailures" in (record.get("FunctionResponseTypes") or []),
            patterns=tuple(pattern["Pattern"] for pattern in filters if pattern.get("Pattern")),
        )

    @property
    def queue(self) -> dict[str, Any] | None:
        """The queue, None where it does not exist."""
        return sqs._queue_by_arn(self.queue_arn)

    @property
    def function(self) -> dict[str, Any] | None:
        """The record of the function's version that is called, None where there is none."""
        record, config = lambda_svc._get_func_record_for_qualifier(self.function_name, self.qualifier)
        if not record or not config:
            return None
        return lambda_svc._execution_record_for_config(record, config)

    def missing_permission(self) -> str | None:
        """What AWS says where the function's role may not do what the poller does; None where it may."""
        function = self.function
        for action in PERMISSIONS:
            if function and not grants.role_may(function["config"], action, self.queue_arn):
                name = action.split(":", 1)[1]
                return f"The function execution role does not have permissions to call {name} on SQS"
        return None


def is_from_queue(record: Record) -> bool:
    """Whether the record's source is a queue."""
    return ":sqs:" in record.get("EventSourceArn", "")


def fault_in(record: Record) -> str | None:
    """Why AWS does not create or change a mapping to `record`; None where it does."""
    mapping = Mapping.of(record)
    queue, function = mapping.queue, mapping.function
    if queue is None:
        return (
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            f"SQS Error Message: The specified queue does not exist: {mapping.queue_arn}"
        )
    if queue["is_fifo"]:
        return "The embedded AWS maps standard queues to functions, no FIFO queues."
    if not 1 <= mapping.batch_size <= 10_000:
        return f"Batch size must be between 1 and 10000 for standard queues, not {mapping.batch_size}"
    if not 0 <= mapping.window_seconds <= 300:
        return f"MaximumBatchingWindowInSeconds must be between 0 and 300, not {mapping.window_seconds}"
    if mapping.batch_size > 10 and mapping.window_seconds < 1:
        return "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
    at_most = (record.get("ScalingConfig") or {}).get("MaximumConcurrency")
    if at_most and not 2 <= int(at_most) <= 1_000:
        return f"MaximumConcurrency must be between 2 and 1000, not {at_most}"
    if any(eventbridge._compiled_pattern(pattern) is None for pattern in mapping.patterns):
        return "Invalid filter pattern definition."
    timeout = int(function["config"].get("Timeout", 3)) if function else 0
    visibility = int(queue["attributes"]["VisibilityTimeout"])
    if visibility < timeout:
        return f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
    return mapping.missing_permission()
