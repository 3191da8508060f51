"""Weather files that are refused: which row is wrong, and what to do about a file of another kind."""

import gzip
from pathlib import Path

import pytest

from weather_files import DLY, ELSEWHERE, PARK, ROW, collect, long, month, refusal, rows_of


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
