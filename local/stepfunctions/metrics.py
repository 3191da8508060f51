"""Counts executions as they start and end.

Source: "Monitoring Step Functions metrics using Amazon CloudWatch", Step Functions Developer Guide: namespace
AWS/States, dimension StateMachineArn; ExecutionTime is in milliseconds, from the start to the end. An execution that is
redriven counts as redriven, and not as started; its end counts twice, as an end and as that of one that was redriven.
"""

from typing import Any

from ministack.services import cloudwatch

_NAMES = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


def count(execution: Any) -> None:
    """Count the change to the execution's present status."""
    dimensions = {"StateMachineArn": execution.state_machine_arn}
    for name in names(str(execution.status), is_redriven=execution.redrives > 0):
        cloudwatch.record_metric("AWS/States", name, 1, "Count", dimensions)
    if execution.stop_date is not None:
        milliseconds = (execution.stop_date - execution.start_date).total_seconds() * 1000
        cloudwatch.record_metric("AWS/States", "ExecutionTime", milliseconds, "Milliseconds", dimensions)


def names(status: str, *, is_redriven: bool) -> tuple[str, ...]:
    """The metrics that count an execution which has come to `status`.

    >>> names("FAILED", is_redriven=True)
    ('ExecutionsFailed', 'RedrivenExecutionsFailed')
    """
    if not is_redriven:
        return (_NAMES[status],)
    return ("ExecutionsRedriven",) if status == "RUNNING" else (_NAMES[status], f"Redriven{_NAMES[status]}")
