"""Weather files in each shape that NOAA offers: what is read of them."""

import gzip
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from local.server import ROOT
from weather_files import DLY, LONG, PARK, READ, WITHOUT_FLAGS, WITHOUT_TIME, collect, long, refusal, rows_of

PLACE = '"40.77898","-73.96925","42.7","NY CITY CENTRAL PARK, NY US"'


class Shape(NamedTuple):
    """A file of one shape, the units that have to be named, and what is to be read of it."""

    text: str
    units: str | None
    rows: list[tuple[Any, ...]]


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
