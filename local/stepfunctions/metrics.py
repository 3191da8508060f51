"""Counts executions as they start and end.

Source: "Monitoring Step Functions metrics using Amazon CloudWatch", Step Functions Developer Guide: namespace
AWS/States, dimension StateMachineArn; ExecutionTime is in milliseconds, from the start to the end.
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
    cloudwatch.record_metric("AWS/States", _NAMES[str(execution.status)], 1, "Count", dimensions)
    if execution.stop_date is not None:
        milliseconds = (execution.stop_date - execution.start_date).total_seconds() * 1000
        cloudwatch.record_metric("AWS/States", "ExecutionTime", milliseconds, "Milliseconds", dimensions)
