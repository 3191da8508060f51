"""Ends of executions and alarms -> notices, announcements and metrics; and how long no retraining has ended well.

    in   EventBridge's event of an end or of an alarm that is over,
         or {"measure": "DaysSinceRetraining", "time": "2026-01-02T03:04:05Z"}
    out  {"workflow", "outcome", "announced": the subject of what was published, or null}, {"announced"}, or {"days"}

The schedule names the time at which it fires. The history may lag behind the event: without its end the function
fails, and Lambda invokes it again. What is published twice then is the notice alone: metrics are written last.
"""

import sys
import time
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import executions, s3, topics
from aws.settings import announce_settings, data_settings
from wildrydes.announcements.alarm_over import is_of_alarm, over_notice
from wildrydes.announcements.course import read_history
from wildrydes.announcements.end import End, arn_of
from wildrydes.announcements.metric_lines import age_line, champion_line, metric_lines
from wildrydes.announcements.notice import notice_of
from wildrydes.errors import BadModel, MissingObject
from wildrydes.model.card import read_card
from wildrydes.model.storage import NO_MODEL, card_of

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, _: LambdaContext) -> dict[str, Any]:
    """Announces an end, or measures. Raises BadEndEvent, EndNotSeen, MissingSetting and botocore's errors."""
    if isinstance(event, dict) and "measure" in event:
        return measure(datetime.fromisoformat(event["time"]))
    if is_of_alarm(event):
        return tell_of_alarm(event)
    settings, ended = announce_settings(), executions.describe(arn_of(event))
    course = read_history(executions.history(ended.arn))
    notice = notice_of(ended, course, is_on_aws=settings.is_on_aws)
    if notice:
        topics.publish(settings.topic, notice)
    now = datetime.now(UTC)
    lines = metric_lines(settings.service, ended, course, now.timestamp())
    # In one call: an invocation that is killed in between, and made again, would count the first of them twice.
    sys.stdout.write("".join(f"{line}\n" for line in (*lines, *champion_lines(settings.service, ended, now))))
    subject = notice.subject if notice else None
    logger.info("ended", extra={"execution": ended.arn, "outcome": ended.outcome, "announced": subject})
    return {"workflow": ended.workflow, "outcome": ended.outcome, "announced": subject}


def tell_of_alarm(event: dict[str, Any]) -> dict[str, Any]:
    """Publishes that an alarm is over."""
    notice = over_notice(event)
    topics.publish(announce_settings().topic, notice)
    logger.info("over", extra={"announced": notice.subject})
    return {"announced": notice.subject}


def champion_lines(service: str, ended: End, now: datetime) -> list[str]:
    """How old the champion is since an end, where its card says so."""
    path = ended.champion
    if path is None or path == NO_MODEL:
        return []
    try:
        card = read_card(s3.read(data_settings().bucket, card_of(path)))
        return [champion_line(service, card.target, datetime.fromisoformat(card.created), now)]
    except (BadModel, MissingObject, ValueError) as fault:
        logger.warning("the champion's age is not known", extra={"reason": str(fault)})
        return []


def measure(now: datetime) -> dict[str, Any]:
    """Publishes how many days ago, seen from `now`, a retraining ended well."""
    settings = announce_settings()
    days = max(0.0, (now - executions.last_success(settings.retrain)).total_seconds() / 86_400)
    sys.stdout.write(f"{age_line(settings.service, days, time.time())}\n")
    return {"days": days}
