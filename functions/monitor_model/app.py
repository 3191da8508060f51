"""What the workflow `monitor` asks: which day and tasks, what cannot be read, and what became of one task's day.

in   {"input": the execution's input, "started": when it started, ISO 8601}
out  {"date", "first_date", "tasks": [{"task"}, …]}: `wildrydes.monitoring.plan`. Raises BadExecutionInput.

in   {"first_partition", "last_partition": days of captures, YYYY/MM/DD}
out  {"objects", "lines", "keys", "unchecked", "remark"}: what of them is left out, `monitor_model.damage`

in   {"task", "date", "first_date", "live_model_path": the champion's key or "none",
      "rows_prefix": where the query wrote the predictions, "refused": records of the day that could not be used,
      "left_out": what the second one says; an execution of a definition of before has none}
out  {"task", "date", "model", "key": the document's, "drifted": names, "quality_loss": a number or null, "outcomes",
      "predictions"}; without a champion model and key are null, and nothing is written
     Raises BadModel, MissingObject, BadObservation, BadTestSet.

The document is monitoring/<task>/<date>.json (`wildrydes.monitoring.report`), the metrics are a line of the log.
"""

import sys
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3
from aws.ride_access import wait_to_read
from aws.settings import MonitorSettings, monitor_settings
from monitor_model.damage import Days, set_aside
from wildrydes.bucket import key_in_bucket, monitoring_key
from wildrydes.errors import BadModel
from wildrydes.model.card import ModelCard, read_card
from wildrydes.model.storage import NO_MODEL, card_of
from wildrydes.monitoring import metrics
from wildrydes.monitoring.observations import observations
from wildrydes.monitoring.plan import plan
from wildrydes.monitoring.report import Period, report, watch_of

logger = Logger()

_LEFT_MILLISECONDS = 60_000
"""For what comes after the checks."""


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Plans, sets aside what cannot be read, or looks at a task's day."""
    if "input" in event:
        return plan(event["input"], datetime.fromisoformat(event["started"]))
    if "first_partition" in event:
        days = Days(event["first_partition"], event["last_partition"])
        # The queries that come next read rides.
        wait_to_read(monitor_settings().turns_table)
        return set_aside(
            monitor_settings().bucket, days, lambda: context.get_remaining_time_in_millis() > _LEFT_MILLISECONDS
        )
    settings, now = monitor_settings(), datetime.now(UTC)
    logger.append_keys(task=event["task"], date=event["date"])
    if event["live_model_path"] == NO_MODEL:
        return summary({"task": event["task"], "date": event["date"]}, None)
    card = champion_card(settings.bucket, event["live_model_path"], event["task"])
    document = look(settings, event, card, now) | {"card": card_of(event["live_model_path"])}
    document["left_out"] = event.get("left_out")
    key = monitoring_key(event["task"], event["date"])
    s3.write_json(settings.bucket, key, document)
    sys.stdout.write(f"{metrics.line(settings.service, document, now)}\n")
    logger.info("looked at", extra={"document": key, "drifted": document["drifted"]})
    return summary(document, key)


def champion_card(bucket: str, path: str, task: str) -> ModelCard:
    """The card of the champion. Raises BadModel, also for one of another task, and MissingObject."""
    card = read_card(s3.read(bucket, card_of(path)))
    if card.target != task:
        raise BadModel(f"{path} is of the task {card.target}, not of {task}")
    return card


def look(settings: MonitorSettings, event: dict[str, Any], card: ModelCard, now: datetime) -> dict[str, Any]:
    """The document of a task's day. Raises BadModel, BadObservation, BadTestSet."""
    period = Period(event["date"], event["first_date"])
    watch = watch_of(card, period)
    for key in s3.keys(settings.bucket, key_in_bucket(event["rows_prefix"], settings.bucket)):
        for observation in observations(s3.stream(settings.bucket, key), key):
            watch.add(observation)
    return report(card, period, watch, int(event["refused"]), now)


def summary(document: dict[str, Any], key: str | None) -> dict[str, Any]:
    """What the workflow reports of a task."""
    return {
        "task": document["task"],
        "date": document["date"],
        "model": document.get("model"),
        "key": key,
        "drifted": document.get("drifted", []),
        "quality_loss": (document.get("served") or {}).get("quality_loss"),
        "outcomes": document.get("outcomes", 0),
        "predictions": document.get("predictions", 0),
    }
