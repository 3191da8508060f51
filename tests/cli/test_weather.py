"""Weather files together: what is left out and counted, what is missing, and the years of a stack."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
from botocore.exceptions import ClientError

from cli import progress, weather
from cli.stack import Stack
from weather_files import CASES, ELSEWHERE, JFK, LONG, PARK, ROW, collect, long, month, refusal, rows_of


def test_what_is_left_out_is_counted_and_said(tmp_path: Path) -> None:
    for name in (".DS_Store", "_SUCCESS", "ghcnd-stations.txt", "readme.txt"):
        (tmp_path / name).write_text("About the data")
    (tmp_path / "a.csv").write_text(long(*LONG))
    (tmp_path / "b.csv").write_text(long(f"{ELSEWHERE},20180101,TMIN,-188,,,W,2400"))
    collected = weather.collect(tmp_path)
    assert weather.left_out(collected) == [
        "left out: rows of other stations 2, rows of other elements 1, missing values 1",
        "nothing of a ground station in b.csv",
        "skipped, as no weather: .DS_Store, _SUCCESS, ghcnd-stations.txt, readme.txt",
    ]
    assert (collected.values, collected.stations) == (4, (PARK,))
    assert collected.days == {
        "PRCP": ("2018-01-01", "2018-01-01"),
        "TMAX": ("2018-01-01", "2018-01-01"),
        "TMIN": ("2018-01-01", "2018-01-01"),
    }


def test_data_whose_name_only_begins_like_a_document_is_read(tmp_path: Path) -> None:
    for name in ("ghcnd-nyc.csv", "status-2018.csv"):
        (tmp_path / name).write_text(long(*LONG))
    assert weather.collect(tmp_path).left_out["repeated values"] == 4


def test_of_repeated_values_noaas_own_count_then_the_last_file(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text(long(f"{PARK},20180101,TMIN,-138,,,W,2400", f"{JFK},20180101,TMIN,-100,,,W,"))
    (tmp_path / "2.dly").write_text(month(PARK, "201801", "TMIN", {1: " -139  X"}))
    (tmp_path / "3.csv").write_text(f"STATION,DATE,TMIN\n{PARK},2018-01-01,-14.0\n{JFK},2018-01-01,-10\n")
    collected = weather.collect(tmp_path, "metric")
    assert rows_of(collected, tmp_path) == [
        (PARK, "20180101", "TMIN", -139, None, None, "X", None),
        (JFK, "20180101", "TMIN", -100, None, None, "W", None),
    ]
    assert weather.left_out(collected) == [
        "left out: missing values 30, repeated values 3, of these with another value 2"
    ]


def test_files_without_a_row_of_a_ground_station_are_refused_with_what_they_hold(tmp_path: Path) -> None:
    message = refusal(tmp_path, long(f"{ELSEWHERE},20180101,TMIN,-188,,,W,", f"{PARK},20180101,AWND,3,,,W,"))
    assert message == (
        "No weather file has TMIN, TMAX, PRCP of the ground stations US1NYNY0074, USW00014732, USW00094728, "
        "USW00094789: rows of other stations 1, rows of other elements 1."
    )


def test_bar_is_shown_only_after_two_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 1.0, 2.0])
    with progress.late_bar("Reading", 10, lambda: next(times)) as show:
        show(1)
        show(2)
    assert capsys.readouterr().err == ""
    times = iter([0.0, 2.1])
    with progress.late_bar("Reading", 10, lambda: next(times)) as show:
        show(1)
        show(2)
        assert list(times) == []


class NoaasBucket:
    """What the check of a stack's years asks of AWS: the stack's parameters, and which years its bucket has."""

    def __init__(self, *years: int, fault: str | None = None) -> None:
        self.years = years
        self.fault = fault
        self.listed: dict[str, str] = {}

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        return {"Stacks": [{"Parameters": [{"ParameterKey": "WeatherBucket", "ParameterValue": "noaa-of-mine"}]}]}

    def get_paginator(self, _: str) -> "NoaasBucket":
        return self

    def paginate(self, **request: str) -> list[dict[str, Any]]:
        if self.fault:
            raise ClientError({"Error": {"Code": self.fault, "Message": "no"}}, "ListObjectsV2")
        self.listed = request
        return [{"CommonPrefixes": [{"Prefix": f"parquet/by_year/YEAR={year}/"}]} for year in self.years]


def stack_on(bucket: NoaasBucket) -> Stack:
    return Stack("wildrydes", {}, lambda _: bucket)


def test_years_of_which_a_stacks_bucket_has_none_are_refused_before_the_start() -> None:
    bucket = NoaasBucket(2019, 2018)
    with pytest.raises(click.BadParameter, match="of wildrydes is of the years 2018 to 2019, and none of 1990 to 1991"):
        weather.check_stack_years(stack_on(bucket), {"years": {"first": 1990, "last": 1991}})
    assert bucket.listed == {"Bucket": "noaa-of-mine", "Prefix": "parquet/by_year/", "Delimiter": "/"}


@pytest.mark.parametrize(
    ("bucket", "years"),
    [
        (NoaasBucket(2018, 2019), {"first": 2019, "last": 2030}),
        (NoaasBucket(2018, 2019), {}),
        (NoaasBucket(), {"first": 1990, "last": 1990}),
        (NoaasBucket(2018, fault="AccessDenied"), {"first": 1990, "last": 1990}),
    ],
    ids=["in part", "default", "empty bucket", "may not be listed"],
)
def test_other_years_and_buckets_that_cannot_be_asked_go_on(bucket: NoaasBucket, years: dict[str, int]) -> None:
    weather.check_stack_years(stack_on(bucket), {"years": years})


# Real small files that were taken wrongly, and five of the same kind.
@pytest.mark.skipif(not CASES.exists(), reason="../shared/data is absent")
def test_minus_9999_of_the_case_is_missing(tmp_path: Path) -> None:
    collected = weather.collect(CASES / "13-weather-minus-9999" / "weather.csv")
    assert [row[2:4] for row in rows_of(collected, tmp_path)] == [("PRCP", 0), ("TMAX", -72)]
    assert collected.left_out["missing values"] == 1


@pytest.mark.parametrize(
    ("text", "units"),
    [
        (long(ROW, f"{PARK},20180101,TMAX,,,,W,"), None),
        (long(ROW, f"{PARK},20180101,TMAX,-9999,-9999,-9999,-9999,-9999"), None),
        (month(PARK, "201801", "TMIN", {1: " -138  W"}) + month(PARK, "201801", "TMAX", {}), None),
        (f"STATION,DATE,TMIN,TMAX\n{PARK},2018-01-01,-13.8,-9999.0\n", "metric"),
        (f"STATION,DATE,TMIN,TMAX\nGHCND:{PARK},20180101,-138,9999\n", "tenths"),
    ],
    ids=["empty", "flags", "dly", "decimal", "9999"],
)
def test_other_marks_of_a_missing_value_are_missing_too(text: str, units: str | None, tmp_path: Path) -> None:
    collected = collect(tmp_path, text, units)
    assert [row[1:4] for row in rows_of(collected, tmp_path)] == [("20180101", "TMIN", -138)]
    assert collected.left_out["missing values"] >= 1


@pytest.mark.skipif(not CASES.exists(), reason="../shared/data is absent")
def test_header_of_the_case_is_taken_and_the_wrong_formats_are_refused(tmp_path: Path) -> None:
    folder = CASES / "14-weather-formats"
    collected = weather.collect(folder / "header.csv")
    assert rows_of(collected, tmp_path) == [(PARK, "20180101", "TMIN", -138, None, None, "W", None)]
    for name, reason in (("iso", "the date '2018-01-01' is not YYYYMMDD"), ("celsius", "TMIN -13.8 has a fraction")):
        with pytest.raises(weather.WeatherFileError, match=rf"{name}\.csv, line 1: .*{re.escape(reason)}"):
            weather.collect(folder / f"{name}.csv")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (long(f"{PARK},2018-1-1,TMIN,-138,,,W,", header=True), "the date '2018-1-1' is not YYYYMMDD"),
        (long(f"{PARK},20180101,TMIN,-14.0,,,W,"), "TMIN -14.0 has a fraction"),
        (long(f"{PARK},20180101,TMIN,7.2,,,W,"), "TMIN 7.2 has a fraction"),
        (long(ROW.replace(",W,", ",w,")), None),
        ("id,date,element,value,mflag,qflag,sflag,time\n" + long(ROW), None),
    ],
    ids=["short date", "celsius without a fraction", "fahrenheit", "lower case flag", "another header"],
)
def test_other_formats_of_a_row_are_taken_or_refused(text: str, reason: str | None, tmp_path: Path) -> None:
    if reason is None:
        assert rows_of(collect(tmp_path, text), tmp_path)[0][:4] == (PARK, "20180101", "TMIN", -138)
    else:
        assert reason in refusal(tmp_path, text)
