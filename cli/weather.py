"""Fills a bucket with weather in the layout of NOAA's public bucket `noaa-ghcn-pds`.

The files are GHCN-Daily rows without a header: id, yyyymmdd, element, value, mflag, qflag, sflag, obstime. They become
Parquet below `parquet/by_year/YEAR=<year>/ELEMENT=<element>/`, with the public bucket's columns and types
(https://github.com/awslabs/open-data-docs/tree/main/docs/noaa/noaa-ghcn); an absent flag is NULL.
"""

import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from cli.deploy import ensure_bucket
from cli.errors import CommandError, UnreadableFileError
from cli.ride_files import files_of
from local import account
from local.account import EmbeddedAws

BUCKET = "noaa-ghcn-pds"

# id, yyyymmdd, element, value in tenths, three flags, and the time of the observation.
_ROW = re.compile(r"[A-Z]{2}[A-Z0-9_-]{9},\d{8},[A-Z]{2}[A-Z0-9]{2},-?\d+,[^,]*,[^,]*,[^,]*,[^,]*")
_EXAMPLE = "such as USW00094728,20180101,TMAX,-71,,,W,2400"
_CHECKED_ROWS = 100

_ROWS = """
    SELECT id AS ID, date AS DATE, CAST(value AS BIGINT) AS DATA_VALUE,
           nullif(m, '') AS M_FLAG, nullif(q, '') AS Q_FLAG, nullif(s, '') AS S_FLAG, nullif(time, '') AS OBS_TIME,
           substr(date, 1, 4) AS YEAR, element AS ELEMENT
    FROM read_csv(?, header = false, all_varchar = true, delim = ',', columns = {
        'id': 'VARCHAR', 'date': 'VARCHAR', 'element': 'VARCHAR', 'value': 'VARCHAR',
        'm': 'VARCHAR', 'q': 'VARCHAR', 's': 'VARCHAR', 'time': 'VARCHAR'})
"""


class WeatherError(CommandError):
    """The weather could not be put in place, as on a full disk; the message says why."""


@dataclass(frozen=True)
class WeatherRows:
    """What was put into the bucket."""

    rows: int
    stations: int
    first_year: int
    last_year: int


def collect(path: Path) -> list[Path]:
    """The weather files at `path`, of each of which the first rows were read. Raises UnreadableFileError."""
    files = files_of(path)
    for file in files:
        _check_start(file)
    return files


def _check_start(file: Path) -> None:
    try:
        with file.open(encoding="utf-8") as lines:
            rows = [line.rstrip("\r\n") for line in itertools.islice(lines, _CHECKED_ROWS)]
    except UnicodeDecodeError:
        raise UnreadableFileError(f"{file} is no text: GHCN-Daily rows are expected, {_EXAMPLE}") from None
    except OSError as fault:
        raise UnreadableFileError(f"{file} cannot be read: {fault.strerror}.") from None
    if not rows:
        raise UnreadableFileError(f"{file} is empty: GHCN-Daily rows are expected, {_EXAMPLE}")
    for number, row in enumerate(rows, 1):
        if not _ROW.fullmatch(row):
            raise UnreadableFileError(f"{file}, line {number}: {row[:60]!r} is not a GHCN-Daily row, {_EXAMPLE}")


def fill(server: EmbeddedAws, files: list[Path], bucket: str = BUCKET) -> WeatherRows:
    """Put the rows of `files` into `bucket`, replacing what was there. Raises UnreadableFileError, WeatherError."""
    s3 = server.client("s3")
    ensure_bucket(s3, bucket)
    _empty(s3, bucket)
    with TemporaryDirectory() as folder, duckdb.connect() as database:
        try:
            database.execute(f"CREATE TABLE ghcn AS {_ROWS}", [[str(file) for file in files]])
        except duckdb.Error as fault:
            names = ", ".join(file.name for file in files)
            raise UnreadableFileError(f"{names}: no GHCN-Daily rows of 8 fields: {fault}") from fault
        try:
            database.execute(
                f"COPY ghcn TO '{folder}' "
                "(FORMAT parquet, COMPRESSION snappy, PARTITION_BY (YEAR, ELEMENT), OVERWRITE true)"
            )
        except duckdb.Error as fault:
            raise WeatherError(f"The weather could not be written below {folder}: {fault}") from fault
        for file in sorted(Path(folder).rglob("*.parquet")):
            partition = file.parent.relative_to(folder).as_posix()
            s3.upload_file(str(file), bucket, f"parquet/by_year/{partition}/{file.stem}.snappy.parquet")
        counts = database.execute("SELECT count(*), count(DISTINCT ID), min(YEAR), max(YEAR) FROM ghcn").fetchone()
    rows, stations, first, last = counts or (0, 0, 0, 0)
    return WeatherRows(rows, stations, int(first or 0), int(last or 0))


def _empty(s3: Any, bucket: str) -> None:
    for entry in account.entries(s3, "list_objects_v2", "Contents", Bucket=bucket):
        s3.delete_object(Bucket=bucket, Key=entry["Key"])
