"""Fills a bucket with weather in the layout of NOAA's public bucket `noaa-ghcn-pds`.

The files are GHCN-Daily rows without a header: id, yyyymmdd, element, value, mflag, qflag, sflag, obstime. They become
Parquet below `parquet/by_year/YEAR=<year>/ELEMENT=<element>/`, with the public bucket's columns and types
(https://github.com/awslabs/open-data-docs/tree/main/docs/noaa/noaa-ghcn); an absent flag is NULL.
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from cli.deploy import ensure_bucket
from local.account import EmbeddedAws

BUCKET = "noaa-ghcn-pds"

_ROWS = """
    SELECT id AS ID, date AS DATE, CAST(value AS BIGINT) AS DATA_VALUE,
           nullif(m, '') AS M_FLAG, nullif(q, '') AS Q_FLAG, nullif(s, '') AS S_FLAG, nullif(time, '') AS OBS_TIME,
           substr(date, 1, 4) AS YEAR, element AS ELEMENT
    FROM read_csv(?, header = false, all_varchar = true, delim = ',', columns = {
        'id': 'VARCHAR', 'date': 'VARCHAR', 'element': 'VARCHAR', 'value': 'VARCHAR',
        'm': 'VARCHAR', 'q': 'VARCHAR', 's': 'VARCHAR', 'time': 'VARCHAR'})
"""


class UnreadableWeatherError(Exception):
    """A weather file is no GHCN-Daily CSV; the message says where."""


@dataclass(frozen=True)
class Filled:
    """What was put into the bucket."""

    rows: int
    stations: int
    first_year: int
    last_year: int


def fill(server: EmbeddedAws, files: list[Path], bucket: str = BUCKET) -> Filled:
    """Put the rows of `files` into `bucket`, replacing what was there. Raises UnreadableWeatherError."""
    s3 = server.client("s3")
    ensure_bucket(s3, bucket)
    _empty(s3, bucket)
    with TemporaryDirectory() as folder, duckdb.connect() as database:
        try:
            database.execute(f"CREATE TABLE ghcn AS {_ROWS}", [[str(file) for file in files]])
        except duckdb.Error as fault:
            names = ", ".join(file.name for file in files)
            raise UnreadableWeatherError(f"{names}: no GHCN-Daily rows of 8 fields: {fault}") from fault
        database.execute(
            f"COPY ghcn TO '{folder}' "
            "(FORMAT parquet, COMPRESSION snappy, PARTITION_BY (YEAR, ELEMENT), OVERWRITE true)"
        )
        for file in sorted(Path(folder).rglob("*.parquet")):
            partition = file.parent.relative_to(folder).as_posix()
            s3.upload_file(str(file), bucket, f"parquet/by_year/{partition}/{file.stem}.snappy.parquet")
        counts = database.execute("SELECT count(*), count(DISTINCT ID), min(YEAR), max(YEAR) FROM ghcn").fetchone()
    rows, stations, first, last = counts or (0, 0, 0, 0)
    return Filled(rows, stations, int(first or 0), int(last or 0))


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=entry["Key"])
