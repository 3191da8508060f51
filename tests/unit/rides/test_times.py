"""StatusTime in every spelling that is taken, as New York's local time."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes.errors import BadRide
from wildrydes.rides.times import EPOCH_SECONDS, local_time

FUNCTIONS = Path(__file__).parents[3] / "functions"
FIRST, LAST = datetime.fromisoformat("1980-01-02"), datetime.fromisoformat("2099-12-30")
NEW_YORK = ZoneInfo("America/New_York")

moments = st.datetimes(FIRST, LAST, timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)


def in_new_york(moment: datetime) -> str:
    return moment.astimezone(NEW_YORK).replace(tzinfo=None).isoformat(" ", "milliseconds")


@pytest.mark.parametrize(
    ("spelling", "local"),
    [
        ("2018-03-01 08:15:00.250", "2018-03-01 08:15:00.250"),
        ("2018-03-01T08:15:00", "2018-03-01 08:15:00.000"),
        ("2018-03-01t08:15", "2018-03-01 08:15:00.000"),
        ("2018-03-01 08:15", "2018-03-01 08:15:00.000"),
        ("2018-03-01T08:15:00.1", "2018-03-01 08:15:00.100"),
        ("2018-03-01T08:15:00,123456789", "2018-03-01 08:15:00.123"),
        ("2018-03-01T08:15:00Z", "2018-03-01 03:15:00.000"),
        ("2018-03-01T08:15z", "2018-03-01 03:15:00.000"),
        ("2018-03-01T08:15:00.250+01:00", "2018-03-01 02:15:00.250"),
        ("2018-03-01T08:15:00+0530", "2018-02-28 21:45:00.000"),
        ("2018-03-01 08:15:00 -05", "2018-03-01 08:15:00.000"),
        ("2018-03-01T08:15:00-00:00", "2018-03-01 03:15:00.000"),
        ("2018-07-01T08:15:00Z", "2018-07-01 04:15:00.000"),
        ("2018-03-11T06:59:59.999Z", "2018-03-11 01:59:59.999"),
        ("2018-03-11T07:00:00Z", "2018-03-11 03:00:00.000"),
        ("2018-11-04T05:30:00Z", "2018-11-04 01:30:00.000"),
        ("2018-11-04T06:30:00Z", "2018-11-04 01:30:00.000"),
        ("2050-07-01T12:00:00Z", "2050-07-01 08:00:00.000"),
        ("1980-01-01T00:00:00Z", "1979-12-31 19:00:00.000"),
        (1519892100, "2018-03-01 03:15:00.000"),
        (1519892100.25, "2018-03-01 03:15:00.250"),
        (1519892100.251, "2018-03-01 03:15:00.251"),
        (1519892100250, "2018-03-01 03:15:00.250"),
        (1519892100250.75, "2018-03-01 03:15:00.250"),
        ("1519892100", "2018-03-01 03:15:00.000"),
        ("1519892100.123456", "2018-03-01 03:15:00.123"),
        ("1519892100250", "2018-03-01 03:15:00.250"),
        (1.5198921e9, "2018-03-01 03:15:00.000"),
    ],
)
def test_a_time_becomes_local_to_the_millisecond(spelling: Any, local: str) -> None:
    assert local_time(spelling) == local


@given(moments, st.integers(-14 * 60, 14 * 60))
def test_all_spellings_of_a_moment_are_one_local_time(moment: datetime, minutes_ahead: int) -> None:
    elsewhere = moment.astimezone(timezone(timedelta(minutes=minutes_ahead)))
    milliseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    seconds = f"{milliseconds // 1000}.{milliseconds % 1000:03}"
    spellings = [
        moment.isoformat(timespec="milliseconds"),
        moment.isoformat(" ", "microseconds").replace("+00:00", "Z"),
        elsewhere.isoformat(timespec="milliseconds"),
        elsewhere.isoformat(timespec="milliseconds")[:-3] + elsewhere.isoformat()[-2:],
        milliseconds,
        str(milliseconds),
        float(seconds),
        seconds,
    ]
    assert {local_time(spelling) for spelling in spellings} == {in_new_york(moment)}


@given(st.datetimes(FIRST, LAST))
def test_a_time_without_a_zone_is_local_already(time: datetime) -> None:
    expected = time.isoformat(" ", "milliseconds")
    assert (
        local_time(time.isoformat(" ", "milliseconds"))
        == local_time(time.isoformat(timespec="microseconds"))
        == expected
    )
    assert local_time(time.isoformat(timespec="minutes")) == f"{expected[:16]}:00.000"


@pytest.mark.parametrize("end", [0, 1])
def test_numbers_are_of_the_years_that_are_taken(end: int) -> None:
    inside, outside = EPOCH_SECONDS[end], EPOCH_SECONDS[end] + (-1, 1)[end]
    edges = ("1980-01-01 00:00:00.000", "2099-12-31 23:59:59.000")
    assert {local_time(inside), local_time(inside * 1000), local_time(str(inside))} == {edges[end]}
    for number in (outside, outside * 1000, str(outside), float(outside)):
        with pytest.raises(BadRide, match="unreadable_time"):
            local_time(number)


@pytest.mark.parametrize(
    "value",
    [
        "2018-03-01T08:15:00+15:00",
        "2018-03-01T08:15:00+01:60",
        "2018-03-01T08:15:00+1",
        "2018-03-01T08:15:00 UTC",
        "2018-03-01T08:15:00Z ",
        "2018-03-01T08:15:00Z\n",
        "2018-03-01T08:15:00.",
        "2018-03-01T08:15.5",
        "2018-03-01T08",
        "2018-03-01",
        "2018-02-29T08:15:00Z",
        "2018-03-01T24:00:00",
        "2018-03-01T23:59:60Z",
        "20180301T081500Z",
        "2018-W09-4T08:15:00",
        "01/03/2018 08:15",
        "２018-03-01 08:15:00",
        "1519892100Z",
        "-1519892100",
        " 1519892100",
        "1.5198921e9",
        "",
        0,
        -1519892100,
        20180301,
        1519892100250000,
        1519892100250000000,
        10**400,
        1e300,
        float("nan"),
        float("inf"),
        True,
        [1519892100],
        {},
    ],
)
def test_what_is_no_such_time_is_unreadable(value: Any) -> None:
    with pytest.raises(BadRide) as raised:
        local_time(value)
    assert (raised.value.reason, raised.value.field) == ("unreadable_time", "StatusTime")


@pytest.mark.parametrize("value", ["1979-12-31 23:59:59", "2100-01-01T00:00:00Z", "0001-01-01 00:00:00"])
def test_a_date_of_other_years_is_out_of_range(value: str) -> None:
    with pytest.raises(BadRide) as raised:
        local_time(value)
    assert (raised.value.reason, raised.value.field) == ("out_of_range", "StatusTime")


def imported(code: str) -> set[str]:
    """The modules that a new interpreter has after this code, run as the functions are."""
    program = f"{code}\nimport sys; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(FUNCTIONS)!r})\n{program}"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(run.stdout.split())


def test_the_zones_data_is_read_only_where_a_time_has_a_zone() -> None:
    local = "from wildrydes.rides.times import local_time; local_time('2018-03-01 08:15:00')"
    assert "zoneinfo" not in imported(local)
    assert "zoneinfo" in imported(f"{local}; local_time(1519892100)")


def test_the_zones_data_is_there_where_the_system_has_none() -> None:
    code = "import zoneinfo; zoneinfo.reset_tzpath(()); from wildrydes.rides.times import local_time"
    assert "tzdata" in imported(f"{code}; assert local_time(1519892100) == '2018-03-01 03:15:00.000'")
