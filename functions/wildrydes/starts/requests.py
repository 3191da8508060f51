"""Requests to retrain a task, and when each is due.

A task has one request at a time, in its item of the table `Turns`: a later one takes the place of an earlier one, since
one retraining serves both. Times are whole seconds, in UTC.
"""

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta

from wildrydes.starts import NEW_RIDES, PERSON, WAITING

LONGEST_QUIET = timedelta(days=1)
"""After so long rides are trained on although more come all the time."""

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Request:
    """That a task be retrained, for a reason (`wildrydes.starts.REASONS`); `at` is when the reason came up."""

    task: str
    reason: str
    detail: str
    at: datetime

    @property
    def execution(self) -> str:
        """The name of the execution that it starts: the same request starts nothing a second time."""
        return "-".join(text.replace("_", "-") for text in (self.reason, self.task, f"{self.at:%Y%m%dT%H%M%S}"))


@dataclass(frozen=True)
class Rules:
    """How long no more rides have to come, and how long after a start that nobody asked for the next one may be."""

    quiet: timedelta
    cool_down: timedelta


@dataclass(frozen=True)
class Standing:
    """What is known of a task's retrainings: who has the turn, since when and why, and what is wanted.

    `since` is when the first of the requests was made that the one in `wanted` stands for, `wake_at` when a timer goes
    off that is to look again, and `started_at` when a request was granted last.
    """

    task: str
    holder: str | None = None
    taken_at: datetime | None = None
    started_by: str = PERSON
    wanted: Request | None = None
    since: datetime | None = None
    wake_at: datetime | None = None
    started_at: datetime | None = None


def due(standing: Standing, request: Request, rules: Rules) -> datetime:
    """When `request`, the one that is wanted, may be granted, unless a retraining of the task runs then."""
    at = request.at
    if request.reason == NEW_RIDES:
        at = min(request.at + rules.quiet, max(request.at, (standing.since or request.at) + LONGEST_QUIET))
    if request.reason not in WAITING:
        return at
    last = [standing.started_at] if standing.started_at else []
    # A person may retrain as often as he likes, and does not keep the others from it.
    if standing.taken_at and standing.started_by != PERSON:
        last.append(standing.taken_at)
    # A start is before what asks for the next one, or not long after it. What claims to be later, by a wrong clock or a
    # forged event, shall not keep all requests waiting until then.
    return max([at, *(min(each, at + rules.cool_down) + rules.cool_down for each in last)])


def text_of(time: datetime) -> str:
    """`2026-11-26T12:00:00Z`: texts of this form have the order of their times."""
    return time.astimezone(UTC).strftime(_FORMAT)


def time_of(text: str) -> datetime:
    """The time in an ISO 8601 text with its zone, without the fraction of a second. Raises ValueError.

    A time needs some days to be added and taken away: those of the first year and of the last are none.
    """
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    if not MINYEAR < time.year < MAXYEAR:
        raise ValueError(f"{text} is no time that a retraining can have")
    return time.astimezone(UTC).replace(microsecond=0)
