"""Weather files as NOAA offers them: what is read of each shape, what is refused, and what is left out and counted."""

import gzip
import re
from pathlib import Path
from typing import Any, NamedTuple

import click
import duckdb
import pytest
from botocore.exceptions import ClientError

from cli import progress, weather
from cli.stack import Stack
from local.server import ROOT

CASES = ROOT.parent / "shared" / "data" / "cases"
PARK, JFK, ELSEWHERE = "USW00094728", "USW00094789", "USW00094846"


class Shape(NamedTuple):
    """A file of one shape, the units that have to be named, and what is to be read of it."""

    text: str
    units: str | None
    rows: list[tuple[Any, ...]]


def long(*rows: str, header: bool = False) -> str:
    """Rows of GHCN-Daily's CSV."""
    first = ["ID,DATE,ELEMENT,DATA_VALUE,M_FLAG,Q_FLAG,S_FLAG,OBS_TIME"] if header else []
    return "".join(f"{row}\n" for row in [*first, *rows])


def month(station: str, year_month: str, element: str, days: dict[int, str]) -> str:
    """A line of a .dly file: of each day in `days` its eight characters, and of all others that they are missing."""
    return station + year_month + element + "".join(days.get(day, "-9999   ") for day in range(1, 32)) + "\n"


# The first of January 2018 in Central Park and of 2019, as GHCN-Daily has them.
LONG = (
    f"{PARK},20180101,TMIN,-138,,,W,2400",
    f"{PARK},20180101,TMAX,-71,,,W,2400",
    f"{PARK},20180101,PRCP,0,T,,W,2400",
    f"{PARK},20180101,AWND,34,,,W,",
    f"{ELSEWHERE},20180101,TMIN,-188,,,W,2400",
    f"{PARK},20190101,TMIN,-9999,,,W,2400",
    f"{PARK},20190101,PRCP,15,,I,W,2400",
)
READ = [
    (PARK, "20180101", "PRCP", 0, "T", None, "W", "2400"),
    (PARK, "20180101", "TMAX", -71, None, None, "W", "2400"),
    (PARK, "20180101", "TMIN", -138, None, None, "W", "2400"),
    (PARK, "20190101", "PRCP", 15, None, "I", "W", "2400"),
]
WITHOUT_TIME = [(*row[:7], None) for row in READ]
WITHOUT_FLAGS = [(*row[:4], None, None, None, None) for row in READ]
DLY = (
    month(PARK, "201801", "TMIN", {1: " -138  W"})
    + month(PARK, "201801", "TMAX", {1: "  -71  W"})
    + month(PARK, "201801", "PRCP", {1: "    0T W"})
    + month(PARK, "201801", "AWND", {1: "   34  W"})
    + month(ELSEWHERE, "201801", "TMIN", {1: " -188  W"})
    + month(PARK, "201901", "PRCP", {1: "   15 IW"})
)
PLACE = '"40.77898","-73.96925","42.7","NY CITY CENTRAL PARK, NY US"'
# By the name that docs/weather.md gives it.
SHAPES = {
    "by_year CSV": Shape(long(*LONG), None, READ),
    "by_year CSV with a header": Shape(long(*LONG, header=True), None, READ),
    "by_station CSV": Shape(long(*(row for row in LONG if row.startswith(PARK)), header=True), None, READ),
    ".dly": Shape(DLY, None, WITHOUT_TIME),
    "access/ CSV": Shape(
        '"STATION","DATE","LATITUDE","LONGITUDE","ELEVATION","NAME","PRCP","PRCP_ATTRIBUTES","TMAX","TMAX_ATTRIBUTES",'
        '"TMIN","TMIN_ATTRIBUTES"\n'
        f'"{PARK}","2018-01-01",{PLACE},"    0","T,,W,2400","  -71",",,W,2400"," -138",",,W,2400"\n'
        f'"{PARK}","2019-01-01",{PLACE},"   15",",I,W,2400",,,,\n',
        "tenths",
        READ,
    ),
    "data service, metric": Shape(
        '"STATION","DATE","PRCP","TMAX","TMIN"\n'
        f'"{PARK}","2018-01-01","0.0","-7.1","-13.8"\n"{PARK}","2019-01-01","1.5","",""\n',
        "metric",
        WITHOUT_FLAGS,
    ),
    "data service, standard": Shape(
        '"STATION","DATE","PRCP","PRCP_ATTRIBUTES","TMAX","TMIN"\n'
        f'"{PARK}","2018-01-01","0.00","T,,W","19","7"\n"{PARK}","2019-01-01","0.06",",,W",,\n',
        "standard",
        [
            (PARK, "20180101", "PRCP", 0, "T", None, "W", None),
            (PARK, "20180101", "TMAX", -72, None, None, None, None),
            (PARK, "20180101", "TMIN", -139, None, None, None, None),
            (PARK, "20190101", "PRCP", 15, None, None, "W", None),
        ],
    ),
    "Climate Data Online": Shape(
        '"STATION","NAME","DATE","PRCP","TMAX","TMIN"\n'
        f'"{PARK}","NY CITY CENTRAL PARK, NY US","2018-01-01","0.0","-7.1","-13.8"\n'
        f'"{PARK}","NY CITY CENTRAL PARK, NY US","2019-01-01","1.5","",""\n',
        "metric",
        WITHOUT_FLAGS,
    ),
    "Climate Data Online with attributes": Shape(
        '"STATION","NAME","LATITUDE","LONGITUDE","ELEVATION","DATE","AWND","PRCP","PRCP_ATTRIBUTES","TMAX",'
        '"TMAX_ATTRIBUTES","TMIN","TMIN_ATTRIBUTES"\n'
        f'"{PARK}","PARK","40.7","-73.9","42.7","2018-01-01","3.4","0.0","T,,W,2400","-7.1",",,W,2400","-13.8",",,W,2400"\n'
        f'"{PARK}","PARK","40.7","-73.9","42.7","2019-01-01",,"1.5",",I,W,2400",,,,\n',
        "metric",
        READ,
    ),
    "Climate Data Online before 2016": Shape(
        "STATION,STATION_NAME,DATE,PRCP,Measurement Flag,Quality Flag,Source Flag,Time of Observation,"
        "TMAX,Measurement Flag,Quality Flag,Source Flag,Time of Observation,TMIN\n"
        f"GHCND:{PARK},NEW YORK CENTRAL PARK NY US,20180101,0,T, ,W,2400,-71, , ,W,9999,-138\n"
        f"GHCND:{PARK},NEW YORK CENTRAL PARK NY US,20190101,15, ,I,W,-9999,-9999, , , ,9999,-9999\n",
        "tenths",
        [
            READ[0],
            (PARK, "20180101", "TMAX", -71, None, None, "W", None),
            (PARK, "20180101", "TMIN", -138, None, None, None, None),
            (PARK, "20190101", "PRCP", 15, None, "I", "W", None),
        ],
    ),
    "Past Weather": Shape(
        f'"NY CITY CENTRAL PARK, NY US ({PARK})"\n'
        '"Date","TAVG (Degrees Fahrenheit)","TMAX (Degrees Fahrenheit)","TMIN (Degrees Fahrenheit)","PRCP (Inches)"\n'
        '"2018-01-01","","19","7","0.00"\n"2019-01-01","","","","0.06"\n',
        None,
        [
            (PARK, "20180101", "PRCP", 0, None, None, None, None),
            (PARK, "20180101", "TMAX", -72, None, None, None, None),
            (PARK, "20180101", "TMIN", -139, None, None, None, None),
            (PARK, "20190101", "PRCP", 15, None, None, None, None),
        ],
    ),
}


def collect(folder: Path, content: str | bytes, units: str | None = None, name: str = "weather.csv") -> weather.Weather:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return weather.collect(folder / name, units)


def rows_of(collected: weather.Weather, folder: Path) -> list[tuple[Any, ...]]:
    """The rows of all objects, in order, with the element of the partition that each is in."""
    for key, content in collected.objects.items():
        path = folder / "read" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    files = f"{folder}/read/parquet/by_year/YEAR=*/ELEMENT=*/*.parquet"
    with duckdb.connect() as database:
        relation = database.read_parquet(files, hive_partitioning=True)
        columns = "ID, DATE, ELEMENT, DATA_VALUE, M_FLAG, Q_FLAG, S_FLAG, OBS_TIME, YEAR"
        rows = relation.project(columns).order("ID, DATE, ELEMENT").fetchall()
    assert all(row[1][:4] == str(row[-1]) for row in rows)
    return [row[:-1] for row in rows]


def refusal(folder: Path, content: str | bytes, units: str | None = None) -> str:
    """Why a file is refused, after its name."""
    with pytest.raises(weather.WeatherFileError) as refused:
        collect(folder, content, units)
    assert refused.value.exit_code == 2
    message = str(refused.value)
    assert "\n" not in message
    return message.removeprefix(f"{folder / 'weather.csv'}")


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("name", SHAPES)
def test_shape_is_read(name: str, compressed: bool, tmp_path: Path) -> None:
    shape = SHAPES[name]
    content = gzip.compress(shape.text.encode()) if compressed else shape.text
    assert rows_of(collect(tmp_path, content, shape.units), tmp_path) == shape.rows


def test_shapes_of_the_page_are_those_that_are_tested() -> None:
    page = (ROOT / "docs" / "weather.md").read_text(encoding="utf-8")
    table = page[page.index("| shape |") :].partition("\n\n")[0]
    assert re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE)[1:] == list(SHAPES)


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if shape.units])
def test_units_that_a_file_does_not_say_have_to_be_named(name: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, SHAPES[name].text)
    assert message.startswith(", line 1: the header does not say the units of PRCP: name them by --weather-units")


def test_units_that_a_file_says_are_its_own(tmp_path: Path) -> None:
    shape = SHAPES["Past Weather"]
    assert rows_of(collect(tmp_path, shape.text, "metric"), tmp_path) == shape.rows


def test_gzip_of_several_members_line_ends_of_windows_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    text = long(*LONG).replace("\n", "\r\n") + "\r\n"
    members = gzip.compress(b"\xef\xbb\xbf" + text[:99].encode()) + gzip.compress(text[99:].encode())
    collected = collect(tmp_path, members)
    assert rows_of(collected, tmp_path) == READ
    assert collected.left_out["rows"] == len(LONG)


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


ROW = f"{PARK},20180101,TMIN,-138,,,W,"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{PARK},2018-01-01,TMIN,-138,,,W,", "the date '2018-01-01' is not YYYYMMDD, such as 20180101"),
        (f"{PARK},20180230,TMIN,-138,,,W,", "the date '20180230' is no day of the calendar"),
        (f"{PARK},01012018,TMIN,-138,,,W,", "the date '01012018' is no day of the calendar"),
        (f"{PARK},20180101T00,TMIN,-138,,,W,", "the date '20180101T00' is not YYYYMMDD, such as 20180101"),
        (f"{PARK},1/1/2018,TMIN,-138,,,W,", "the date '1/1/2018' is not YYYYMMDD, such as 20180101"),
        (f"{PARK},16990101,TMIN,-138,,,W,", "the date '16990101' is not in the years 1750 to 2100"),
        (f"{PARK},20180101,TMIN,-13.8,,,W,", "TMIN -13.8 has a fraction; values in tenths of °C are whole numbers"),
        (f"{PARK},20180101,PRCP,0.5,,,W,", "PRCP 0.5 has a fraction; values in tenths of mm are whole numbers"),
        (f"{PARK},20180101,AWND,3.4,,,W,", "AWND 3.4 has a fraction"),
        (f"{PARK},20180101,TMIN,cold,,,W,", "TMIN 'cold' is no number"),
        (f"{PARK},20180101,TMIN,nan,,,W,", "TMIN 'nan' is no number"),
        (f"{PARK},20180101,TMIN,1e2,,,W,", "TMIN '1e2' is no number"),
        (f"{PARK},20180101,TMIN,-999,,,W,", "TMIN -999 in tenths of °C is -99.9 °C, which is not between -90 and 60"),
        (f"{PARK},20180101,TMAX,9999,,,W,", "TMAX 9999 in tenths of °C is 999.9 °C, which is not between -90 and 60"),
        (f"{PARK},20180101,PRCP,-1,,,W,", "PRCP -1 in tenths of mm is -0.1 mm, which is not between 0 and 2000"),
        (f"{PARK},20180101,PRCP,20001,,,W,", "PRCP 20001 in tenths of mm is 2000.1 mm"),
        (f"{PARK},20180101,TMIN,-138,,bad,W,", "the flag 'bad' is not one character"),
        (f"{PARK},20180101,TMIN,-138,,,W", "it has 7 fields and not 8"),
        (f"{PARK},20180101,tmin,-138,,,W,", "'tmin' is no element"),
        (f"{ELSEWHERE},2018-01-01,TMIN,-138,,,W,", "the date '2018-01-01' is not YYYYMMDD"),
    ],
)
@pytest.mark.parametrize("header", [False, True])
def test_wrong_row_is_named_with_its_line(row: str, reason: str, header: bool, tmp_path: Path) -> None:
    message = refusal(tmp_path, long(ROW, row, header=header))
    assert message.startswith(f", line {3 if header else 2}: {row[:60]!r} is not a GHCN-Daily row, such as {PARK}")
    assert reason in message


def test_wrong_row_of_another_station_is_named_far_into_a_file_if_its_fields_are_not_eight(tmp_path: Path) -> None:
    rows = [ROW, *[f"{ELSEWHERE},20180101,TMIN,-138,,,W,"] * 60_000, f"{ELSEWHERE},20180101,TMIN"]
    assert refusal(tmp_path, long(*rows)).startswith(", line 60002: ")


def test_value_that_failed_a_quality_check_may_be_impossible(tmp_path: Path) -> None:
    collected = collect(tmp_path, long(ROW, f"{PARK},20180102,TMIN,-999,,X,W,"))
    assert rows_of(collected, tmp_path)[1] == (PARK, "20180102", "TMIN", -999, None, "X", "W", None)
    # It is no day with weather.
    assert collected.days == {"TMIN": ("2018-01-01", "2018-01-01")}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (month(PARK, "201802", "TMIN", {30: " -138  W"}), "the date '20180230' is no day of the calendar"),
        (month(PARK, "201801", "TMIN", {9: "-13.8  W"}), "TMIN -13.8 has a fraction"),
        (month(PARK, "201801", "TMIN", {9: " 9999  W"}), "TMIN 9999 in tenths of °C is 999.9 °C"),
        (month(PARK, "201813", "TMIN", {}), "is no month of a .dly file"),
        (month(PARK, "201801", "TMIN", {9: " -138  W "}), "is no month of a .dly file"),
    ],
)
def test_wrong_month_of_a_dly_file_is_named_with_its_line(line: str, reason: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, DLY + line)
    assert message.startswith(", line 7: ")
    assert reason in message


def test_days_of_a_dly_file_that_are_no_days_are_not_missing(tmp_path: Path) -> None:
    collected = collect(tmp_path, month(PARK, "201802", "TMIN", {1: " -138  W"}).rstrip())
    assert (collected.values, collected.left_out["missing values"]) == (1, 27)


@pytest.mark.parametrize(
    ("row", "units", "reason"),
    [
        ("2018-01-01,-138", "metric", "TMIN -138 in °C is -138 °C, which is not between -90 and 60"),
        ("2018-01-01,-13.85", "metric", "TMIN -13.85 has a fraction; values in °C are of one decimal"),
        ("2018-01-01,-13.8", "tenths", "TMIN -13.8 has a fraction; values in tenths of °C are whole numbers"),
        ("2018-01-01,-999.9", "standard", "TMIN -999.9 in °F is -573.3 °C"),
        ("1/1/2018,-13.8", "metric", "the date '1/1/2018' is not YYYY-MM-DD, such as 2018-01-01"),
        ("2018-02-30,-13.8", "metric", "the date '20180230' is no day of the calendar"),
        ("2018-01-01,M", "metric", "TMIN 'M' is no number"),
        ("2018-01-01", "metric", "the row has 2 fields, and the header 3"),
    ],
)
def test_wrong_row_of_daily_summaries_is_named_with_its_line(row: str, units: str, reason: str, tmp_path: Path) -> None:
    text = f"STATION,DATE,TMIN\n{PARK},2017-12-31,-9999\n\n{PARK},{row}\n"
    message = refusal(tmp_path, text, units)
    assert message.startswith(", line 4: ")
    assert reason in message


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("STATION,DATE,TMIN,TMIN", "the header has the column TMIN twice"),
        ("NAME,DATE,TMIN", "the header has no column STATION"),
        ("STATION,DATE,TMIN (Kelvin)", "the header has TMIN in KELVIN"),
        ("STATION,DATE,SNOW", "begins none of the weather files that docs/weather.md shows"),
    ],
)
def test_wrong_header_is_named(header: str, reason: str, tmp_path: Path) -> None:
    assert reason in refusal(tmp_path, f"{header}\n", "metric")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04rest", "it looks like a zip archive: unpack it, and name what is in it"),
        (b"PAR1rest", "it looks like Parquet: download CSV instead"),
        (b"BZh9", "it looks like bzip2: decompress it, or compress it with gzip"),
        (b"7z\xbc\xaf\x27\x1c", "it looks like a 7z archive: unpack it, and name what is in it"),
        (b'{"results": []}', "it looks like JSON: download CSV instead"),
        (b"<!DOCTYPE html>", "it looks like a web page, as a failed download leaves one: download it again"),
        (ROW.encode("utf-16"), "it looks like UTF-16: convert it to UTF-8"),
        (ROW.encode("utf-16-le"), "it is no text"),
        (bytes(257) + b"ustar\0", "it looks like a tar archive"),
        (gzip.compress(gzip.compress(ROW.encode(), mtime=0), mtime=0), "it looks like a gzip file within another"),
        (b"\x1f\x8b" + bytes(20), "the gzip file is damaged or cut off"),
        (ROW.encode() + b"\n" + bytes(65537).replace(b"\0", b"x"), "line 2: the line has more than 65,536 bytes"),
        (ROW.encode() + f"\n{PARK},20180101,".encode() + b"\xff" * 3 + b",,,,,\n", "it is no text in UTF-8"),
    ],
)
def test_file_of_another_kind_is_named(content: bytes, reason: str, tmp_path: Path) -> None:
    for each in (content, gzip.compress(content)) if content[:2] != b"\x1f\x8b" else (content,):
        assert reason in refusal(tmp_path, each)


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
