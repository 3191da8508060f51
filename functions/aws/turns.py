"""The table `Turns`: of each task who has its turn, and what is wanted of it.

The workflow writes `holder`, `taken_at`, `started_by` and `started_by_detail`; the other attributes are written here.
Every write is one conditional call that gives the item as it is afterwards. What a condition compares is read
first. A value that somebody has written by hand, and that is none of these texts, is mended then: it is nobody's turn,
or a request of now. A time in another form or zone is written as `text_of` does, since conditions compare texts. An
attribute of another name is left alone.
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

_TIMES = frozenset({"wanted_at", "wanted_since", "wake_at", "started_at"})
_TAKEN_AT = "taken_at"
"""Step Functions writes it, with milliseconds; no condition compares it."""

_OF_THE_WORKFLOW = frozenset({"holder", _TAKEN_AT, "started_by", "started_by_detail"})
"""Who takes the turn next writes them anew."""

_ATTRIBUTES = _TIMES | _OF_THE_WORKFLOW | {"wanted_reason", "wanted_detail", "wanted_first"}

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
        usable = {name: _usable_text(name, item[name]) for name in sorted(_ATTRIBUTES & item.keys())}
        wrong = {name: item[name] for name, text in usable.items() if item[name] != {"S": text}}
        if "wanted_at" in wrong and usable["wanted_at"] is None:
            usable["wanted_at"] = text_of(datetime.now(UTC))
        if wrong:
            logger.warning("read a turn that somebody has written", extra={"task": task, "attributes": wrong})
        mended = {name: usable[name] for name in wrong if name not in _OF_THE_WORKFLOW}
        if mended:
            self._mend(task, item, mended)
        return _standing(task, {name: text for name, text in usable.items() if text is not None})

    def _mend(self, task: str, item: Mapping[str, Any], mended: Mapping[str, str | None]) -> None:
        """Put a text in the place of an attribute, or remove it, unless it has changed since."""
        sets = ", ".join(f"#{name} = :new_{name}" for name, text in mended.items() if text is not None)
        removes = ", ".join(f"#{name}" for name, text in mended.items() if text is None)
        update = " ".join(filter(None, (f"SET {sets}" if sets else "", f"REMOVE {removes}" if removes else "")))
        condition = " AND ".join(f"#{name} = :old_{name}" for name in mended)
        values = {f":old_{name}": item[name] for name in mended}
        values |= {f":new_{name}": {"S": text} for name, text in mended.items() if text is not None}
        try:
            client("dynamodb").update_item(
                TableName=self.table,
                Key={"task": {"S": task}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames={f"#{name}": name for name in mended},
                ExpressionAttributeValues=values,
            )
        except ClientError as fault:
            if fault.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise


def _usable_text(name: str, value: Mapping[str, Any]) -> str | None:
    """The text in an attribute of DynamoDB, in the form that is written by that name; None of no such value."""
    text = value.get("S")
    if text is None or (name == "wanted_reason" and text not in WAITING):
        return None
    try:
        if name == _TAKEN_AT:
            time_of(text)
        if name in _TIMES:
            text = text_of(time_of(text))
            # A year of three digits makes a text that is none.
            time_of(text)
    except ValueError:
        return None
    return text


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
