"""What an execution cost so far, at AWS's list prices: for its output, its model's card, the ledger and CloudWatch.

in   {"execution": <its ARN>, "started": <when, ISO 8601>, "card": <key of the model's card>}
     from a retraining, which is about to succeed
     an event of EventBridge, `Step Functions Execution Status Change`, of a retraining that did not
out  {"cost": {"total_usd", "lines": [{"service", "unit", "quantity", "price", "usd"}], "unpriced", "prices": <date>,
      "region"}}

A promotion that the retraining started is a part of it. What comes after is not: an endpoint costs by the hour.
"""

import json
import sys
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3, settings
from aws.clients import client
from wildrydes.cost import ledger
from wildrydes.cost.execution import cost_of
from wildrydes.cost.records import ExecutionRecords
from wildrydes.errors import MissingObject

logger = Logger()

WORKFLOW = "retrain"
# After the state that calls this one come two that read its answer, and the one that makes the output.
_TRANSITIONS_TO_COME = 3


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Accounts one execution, as often as it is asked to."""
    ended = event.get("detail", {}).get("executionArn")
    execution, now = ended or event["execution"], datetime.now(UTC)
    logger.append_keys(execution=execution)
    records = ExecutionRecords(client, {context.invoked_function_arn: int(context.memory_limit_in_mb)})
    bill = cost_of(records, execution, s3.region(), now, 0 if ended else _TRANSITIONS_TO_COME)
    cost = bill.to_json()
    if card := event.get("card"):
        add_to_card(card, cost)
    record(execution.rpartition(":")[2], cost, started(event, now), now)
    logger.info("accounted", extra={"usd": cost["total_usd"], "unpriced": cost["unpriced"]})
    return {"cost": cost}


def add_to_card(key: str, cost: dict[str, Any]) -> None:
    """Writes the cost into a card, beside its other fields; a card that is gone is not the cost's fault."""
    bucket = settings.data_settings().bucket
    try:
        card = s3.read_json(bucket, key)
    except MissingObject as missing:
        logger.warning("no card takes the cost", extra={"reason": str(missing)})
        return
    s3.write_json(bucket, key, card | {"cost": cost})


def started(event: dict[str, Any], now: datetime) -> datetime:
    """When an execution was started first: a redrive changes nothing of that."""
    if "started" in event:
        return datetime.fromisoformat(event["started"]).astimezone(UTC)
    milliseconds = event.get("detail", {}).get("startDate")
    # A retraining that runs while its stack is brought up to date does not say it.
    return now if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def record(execution: str, cost: dict[str, Any], begun: datetime, now: datetime) -> None:
    """Writes the object of the ledger, then the line of metrics with what was accounted in the month that is."""
    bucket, key = settings.data_settings().bucket, ledger.entry_key(ledger.month_of(begun), WORKFLOW, execution)
    (before,) = s3.read_json_objects(bucket, [key])
    s3.write_json(bucket, key, ledger.entry(WORKFLOW, execution, cost, now, before))
    # Of an execution that began earlier still, which only a replayed dead letter brings, its own object.
    keys = {key, *(each for month in ledger.recent_months(now) for each in s3.keys(bucket, ledger.month_prefix(month)))}
    total = ledger.accounted_usd(s3.read_json_objects(bucket, sorted(keys)), ledger.month_of(now))
    line = ledger.metric_line(settings.service_name(), WORKFLOW, cost["total_usd"], total, now)
    sys.stdout.write(f"{json.dumps(line)}\n")
