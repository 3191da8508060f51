"""Makers of weather files, and what is read of them."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from cli import weather
from local.server import ROOT

CASES = ROOT.parent / "shared" / "data" / "cases"
PARK, JFK, ELSEWHERE = "USW00094728", "USW00094789", "USW00094846"
ROW = f"{PARK},20180101,TMIN,-138,,,W,"


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
