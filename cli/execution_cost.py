"""What one execution cost: as its output says, or, of one that did not succeed, as the ledger does."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from cli import executions
from cli.stack import Stack
from wildrydes.cost import ledger
from wildrydes.cost.execution import cost_of
from wildrydes.cost.records import ExecutionRecords

_RETRAIN = "retrain"
_UNREADABLE = ("NoSuchKey", "AccessDenied")


def accounted_usd(stack: Stack, described: Mapping[str, Any]) -> float | None:
    """Dollars of an execution that DescribeExecution described; None where nothing has accounted it, or not yet.

    None too where the ledger may not be read: S3 says of an entry that is not there the same to whoever may not list.

    Only retrainings are accounted: a promotion is a part of the one that started it.
    """
    cost = executions.object_in(described.get("output")).get("cost")
    if isinstance(cost, dict):
        return cost.get("total_usd")
    if described["status"] in ("RUNNING", "SUCCEEDED") or not executions.is_retraining(
        stack, described["executionArn"]
    ):
        return None
    month = ledger.month_of(described["startDate"].astimezone(UTC))
    key = ledger.entry_key(month, _RETRAIN, described["name"])
    try:
        entry = json.load(stack.client("s3").get_object(Bucket=stack.bucket, Key=key)["Body"])
    except ClientError as refusal:
        if refusal.response["Error"]["Code"] not in _UNREADABLE:
            raise
        return None
    return entry["cost"]["total_usd"]


def usd_by_history(stack: Stack, execution_arn: str) -> float:
    """Dollars at list prices of what an execution's history says that it used, whether or not that was accounted."""
    region = stack.client("stepfunctions").meta.region_name
    total = cost_of(ExecutionRecords(stack.client), execution_arn, region, datetime.now(UTC)).total
    return round(float(total), 10)
