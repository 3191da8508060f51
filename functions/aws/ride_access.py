"""Who reads rides by Athena, and who deletes objects of rides: so that no query misses an object that it has listed.

    an execution reads     it writes down until when, and waits until nobody holds the rides
    arrange_rides deletes  it holds the rides for a minute where nobody reads, and deletes within that minute

Both are texts of one item of the table `Turns`, which is of no task. A reader is written down first and waits then: a
holder sees it before it can hold the rides again. One holds them at a time. Who dies leaves a time that passes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import sleep

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from aws.clients import client
from wildrydes.bucket import arrival_time

logger = Logger(child=True)

READING = timedelta(minutes=75)
"""Two queries of half an hour each at most, and what comes between."""

HOLDING = timedelta(minutes=1)
"""For the two writes and the few deletions of a group of objects, which take some seconds."""

_ITEM = {"task": {"S": "rides"}}


def wait_to_read(table: str) -> None:
    """Writes down that queries read rides from now on, and waits until nobody holds them."""
    if seconds := RideAccess(table).begin_reading(datetime.now(UTC)):
        logger.info("waits until objects with rides are put together", extra={"seconds": seconds})
        sleep(seconds)


@dataclass(frozen=True)
class RideAccess:
    """The item of a table."""

    table: str

    def begin_reading(self, now: datetime) -> float:
        """Writes down that queries read rides from now on. Gives the seconds to wait before they do."""
        answer = client("dynamodb").update_item(
            TableName=self.table,
            Key=_ITEM,
            UpdateExpression="SET reading_until = :until",
            ExpressionAttributeValues={":until": {"S": arrival_time(now + READING)}},
            ReturnValues="ALL_NEW",
        )
        until = answer["Attributes"].get("held_until", {}).get("S", "")
        if until <= arrival_time(now):
            return 0.0
        try:
            seconds = (datetime.fromisoformat(until) - now).total_seconds()
        except (ValueError, TypeError):
            # Somebody has written it by hand.
            return 0.0
        return min(seconds, HOLDING.total_seconds())

    def hold(self, now: datetime) -> str | None:
        """Holds the rides for HOLDING, unless somebody reads or holds them. Gives what `release` takes."""
        until = arrival_time(now + HOLDING)
        condition = (
            "(attribute_not_exists(reading_until) OR reading_until < :now) "
            "AND (attribute_not_exists(held_until) OR held_until < :now)"
        )
        return until if self._write(condition, until, {":now": arrival_time(now)}) else None

    def release(self, held: str, now: datetime) -> None:
        """Lets readers in, unless the hold is over and somebody else has one."""
        self._write("held_until = :held", arrival_time(now), {":held": held})

    def _write(self, condition: str, held_until: str, values: Mapping[str, str]) -> bool:
        """Writes until when rides are held, if the condition holds; whether it did."""
        try:
            client("dynamodb").update_item(
                TableName=self.table,
                Key=_ITEM,
                UpdateExpression="SET held_until = :until",
                ConditionExpression=condition,
                ExpressionAttributeValues={
                    name: {"S": text} for name, text in {":until": held_until, **values}.items()
                },
            )
        except ClientError as fault:
            if fault.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True
