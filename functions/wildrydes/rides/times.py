"""StatusTime as producers spell it -> the local time of New York, 'YYYY-MM-DD HH:MM:SS.mmm'.

    2018-03-01 08:15:00.250           local: taken as it is
    2018-03-01T08:15                  local, ISO 8601: T, a fraction and the seconds may be there or not
    2018-03-01T08:15:00Z, …+01:00     ISO 8601 with a zone, Z or an offset: +01:00, +0100, +01
    1519892100, 1519892100.25         seconds since 1970-01-01 00:00 UTC, a number or a text of digits
    1519892100250                     milliseconds since then, the same

Weather is by local day, so a time with a zone becomes local (IANA zone America/New_York). In the hour that the clocks
repeat in autumn two moments have one local time. Digits beyond the millisecond are dropped.

    >>> local_time("2018-03-01T03:30:00Z"), local_time(1519892100250)
    ('2018-02-28 22:30:00.000', '2018-03-01 03:15:00.250')
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Any

from wildrydes.errors import BadRide

FIRST_YEAR, LAST_YEAR = 1980, 2099
"""Of the calendar date as it is written. Numbers are of the same years, by New York's clock: `EPOCH_SECONDS`."""

EPOCH_SECONDS = (315_550_800, 4_102_462_799)
"""The first and the last second that is taken. Milliseconds are a thousand times that: no number can be both."""

_CALENDAR = re.compile(
    "([0-9]{4}-[0-9]{2}-[0-9]{2})[ Tt]([0-9]{2}:[0-9]{2})(?:(:[0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    "(?: ?(Z|z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?))?"
)
_EPOCH = re.compile(r"([0-9]{9,13})(?:\.([0-9]{1,9}))?")
_FIRST_DAY, _LAST_DAY = f"{FIRST_YEAR}-01-01", f"{LAST_YEAR}-12-31"
_FIRST_SECOND, _LAST_SECOND = EPOCH_SECONDS


def local_time(time: Any) -> str:
    """The local time in a decoded JSON value.

    Raises BadRide with reason `missing_field` (null), `unreadable_time`, or `out_of_range` for a date of other years.
    """
    if type(time) is str and (match := _CALENDAR.fullmatch(time)):
        day, clock, seconds, fraction, zone = match.groups()
        clock += seconds or ":00"
        try:
            moment = datetime.fromisoformat(f"{day} {clock}")
        except ValueError:
            raise _unreadable() from None
        if not _FIRST_DAY <= day <= _LAST_DAY:
            raise BadRide("out_of_range", "StatusTime", "StatusTime is of another year")
        if zone:
            day, clock = _in_new_york(moment.replace(tzinfo=UTC) - _offset(zone))
        return f"{day} {clock}.{(fraction or '')[:3]:0<3}"
    if time is None:
        raise BadRide("missing_field", "StatusTime", "StatusTime is null")
    return _since_1970(time)


def _since_1970(time: Any) -> str:
    """The local time of a number of seconds or milliseconds. Raises BadRide."""
    match = _EPOCH.fullmatch(_digits(time))
    if not match:
        raise _unreadable()
    seconds, fraction = int(match[1]), match[2] or ""
    if seconds > _LAST_SECOND:
        seconds, milliseconds = divmod(seconds, 1000)
        fraction = f"{milliseconds:03}"
    if not _FIRST_SECOND <= seconds <= _LAST_SECOND:
        raise _unreadable()
    day, clock = _in_new_york(datetime.fromtimestamp(seconds, UTC))
    return f"{day} {clock}.{fraction[:3]:0<3}"


def _digits(time: Any) -> str:
    """A text as it is; a number's shortest decimal text, so that both spellings of a moment are one; else ''."""
    if type(time) is str:
        return time
    return repr(time) if type(time) is float or (type(time) is int and 0 < time < 1 << 53) else ""


def _offset(zone: str) -> timedelta:
    """How far a zone's clocks are ahead of UTC; `zone` is Z, or an offset such as +01:00, +0100 or +01."""
    if zone in "Zz":
        return timedelta()
    digits = zone[1:].replace(":", "").ljust(4, "0")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -ahead if zone[0] == "-" else ahead


def _in_new_york(moment: datetime) -> tuple[str, str]:
    """The day and the clock of New York."""
    day, _, clock = moment.astimezone(_new_york()).strftime("%Y-%m-%d %H:%M:%S").partition(" ")
    return day, clock


@cache
def _new_york() -> tzinfo:
    # Most files have local times alone: they are read without the zone's data.
    from zoneinfo import ZoneInfo

    return ZoneInfo("America/New_York")


def _unreadable() -> BadRide:
    return BadRide("unreadable_time", "StatusTime", "StatusTime is no time in any of these spellings")
