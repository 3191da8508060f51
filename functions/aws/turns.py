"""The table `Turns`: of each task who has its turn, and what is wanted of it.

The workflow writes `holder`, `taken_at`, `started_by` and `started_by_detail`; the other attributes are written here.
Every write is one conditional call that gives the item as it is afterwards. What a condition compares is read
first. A value that somebody has written by hand, and that is none of these texts, is mended then: it is nobody's turn,
or a request of now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from aws.clients import client
from wildrydes.starts import NEW_RIDES, PERSON, WAITING
from wildrydes.starts.requests import Request, Standing, text_of, time_of

logger = Logger(child=True)

_TIMES = frozenset({"wanted_at", "wanted_since", "wake_at", "started_at", "taken_at"})
_OF_THE_WORKFLOW = frozenset({"holder", "taken_at", "started_by", "started_by_detail"})
"""Who takes the turn next writes them anew."""

_FORGET_REQUEST = "REMOVE wanted_at, wanted_since, wanted_reason, wanted_detail, wanted_first"


@dataclass(frozen=True)
class Turns:
    """The items of a table."""

    table: str

    def read(self, task: str) -> Standing:
        """How a task stands."""
        answer = client("dynamodb").get_item(TableName=self.table, Key={"task": {"S": task}}, ConsistentRead=True)
        return self._read(task, answer.get("Item", {}))

    def want(self, request: Request) -> Standing:
        """Write a request down, unless a later one is there; the first that it stands for too stays by its detail."""
        self.read(request.task)
        return self._update(
            request.task,
            "SET wanted_at = :at, wanted_since = if_not_exists(wanted_since, :at), wanted_reason = :reason, "
            "wanted_detail = :detail, wanted_first = if_not_exists(wanted_first, :detail)",
            # Of one second too: two alarms may go off by one line of metrics.
            "attribute_not_exists(wanted_at) OR wanted_at <= :at",
            {":at": text_of(request.at), ":reason": request.reason, ":detail": request.detail},
        )[0]

    def withdraw(self, task: str, detail: str, at: datetime) -> Standing:
        """Forget the request with this detail, if it is of this time or before, and stands for no other one."""
        self.read(task)
        values = {":detail": detail, ":at": text_of(at)}
        condition = "wanted_detail = :detail AND wanted_first = :detail AND wanted_at <= :at"
        return self._update(task, _FORGET_REQUEST, condition, values)[0]

    def forget_timer(self, task: str, now: datetime) -> Standing:
        """Forget the timer that goes off now, before anything is decided: who comes later then sets another."""
        self.read(task)
        return self._update(task, "REMOVE wake_at", "wake_at <= :now", {":now": text_of(now)})[0]

    def note_timer(self, task: str, at: datetime) -> None:
        """Write down when a timer goes off."""
        self._update(task, "SET wake_at = :at", "attribute_exists(task)", {":at": text_of(at)})

    def grant(self, request: Request, now: datetime) -> None:
        """Write down that a request was granted now; one that came in its place meanwhile stays."""
        granted = {":now": text_of(now), ":at": text_of(request.at)}
        _, written = self._update(request.task, f"SET started_at = :now {_FORGET_REQUEST}", "wanted_at = :at", granted)
        if not written:
            self._update(request.task, "SET started_at = :now", "attribute_exists(task)", {":now": text_of(now)})

    def _update(self, task: str, update: str, condition: str, values: Mapping[str, str]) -> tuple[Standing, bool]:
        """One conditional write; the item then, and whether the condition held."""
        try:
            answer = client("dynamodb").update_item(
                TableName=self.table,
                Key={"task": {"S": task}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues={name: {"S": value} for name, value in values.items()},
                ReturnValues="ALL_NEW",
            )
        except ClientError as fault:
            if fault.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return self.read(task), False
        return self._read(task, answer["Attributes"]), True

    def _read(self, task: str, item: Mapping[str, Any]) -> Standing:
        """How a task stands by its item, which is mended first where somebody has written it by hand."""
        wrong = [name for name, value in item.items() if not _is_usable(name, value)]
        texts = {name: value["S"] for name, value in item.items() if name not in wrong}
        if "wanted_at" in wrong:
            texts["wanted_at"] = text_of(datetime.now(UTC))
        mended = [name for name in wrong if name not in _OF_THE_WORKFLOW]
        if mended:
            logger.warning("mended a turn", extra={"task": task, "attributes": {name: item[name] for name in wrong}})
            self._mend(task, item, {name: texts.get(name) for name in mended})
        return _standing(task, texts)

    def _mend(self, task: str, item: Mapping[str, Any], mended: Mapping[str, str | None]) -> None:
        """Put a text in the place of an attribute, or remove it, unless it has changed since."""
        sets = ", ".join(f"{name} = :new_{name}" for name, text in mended.items() if text is not None)
        removes = ", ".join(name for name, text in mended.items() if text is None)
        update = " ".join(filter(None, (f"SET {sets}" if sets else "", f"REMOVE {removes}" if removes else "")))
        condition = " AND ".join(f"{name} = :old_{name}" for name in mended)
        values = {f":old_{name}": item[name] for name in mended}
        values |= {f":new_{name}": {"S": text} for name, text in mended.items() if text is not None}
        try:
            client("dynamodb").update_item(
                TableName=self.table,
                Key={"task": {"S": task}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except ClientError as fault:
            if fault.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise


def _is_usable(name: str, value: Mapping[str, Any]) -> bool:
    """Whether an attribute, as DynamoDB gives it, is what is written by that name."""
    if "S" not in value or (name == "wanted_reason" and value["S"] not in WAITING):
        return False
    if name not in _TIMES:
        return True
    try:
        time_of(value["S"])
    except ValueError:
        return False
    return True


def _standing(task: str, texts: Mapping[str, str]) -> Standing:
    """How a task stands by texts that are what they should be."""

    def time(name: str) -> datetime | None:
        return time_of(texts[name]) if name in texts else None

    wanted = None
    if "wanted_at" in texts:
        # Of one whose reason cannot be read the rides are the likeliest.
        reason, detail = texts.get("wanted_reason", NEW_RIDES), texts.get("wanted_detail", "")
        wanted = Request(task, reason, detail, time_of(texts["wanted_at"]))
    return Standing(
        task,
        texts.get("holder"),
        time("taken_at"),
        texts.get("started_by", PERSON),
        wanted,
        time("wanted_since"),
        time("wake_at"),
        time("started_at"),
    )
