# ruff: noqa: S608 - writes SQL; names and texts go through identifier() and quoted()
"""A SELECT's result file, written as Athena writes it and read back page by page.

The file is CSV with each value in quotes, NULL as nothing at all, and a first row of the columns' names.
GetQueryResults reads it as its caller, so who may ask but not read the file is refused, as on AWS.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from botocore.exceptions import ClientError

from local.athena.dialect import result_names
from local.athena.errors import RequestError
from local.athena.sandbox import bind, run
from local.athena.texts import athena_type, quoted, text_of

Row = list[str | None]

_PRECISION = {
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "float": 17,
    "double": 17,
    "varchar": 2147483647,
    "timestamp": 3,
}
_CHUNK_BYTES = 1 << 16
_FIELD = re.compile(rb'(?:"((?:[^"]|"")*)")?([,\n])')


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result: its name, Athena's type, and DuckDB's type to write it from."""

    name: str
    type: str
    duckdb_type: Any

    def info(self) -> dict[str, Any]:
        """The ColumnInfo of GetQueryResults."""
        precision, scale = _PRECISION.get(self.type, 0), 0
        if self.type == "decimal":
            precision, scale = (int(part) for part in re.findall(r"\d+", str(self.duckdb_type)))
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": self.type,
            "Precision": precision,
            "Scale": scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.type == "varchar",
        }


def describe(connection: duckdb.DuckDBPyConnection, sql: str, tree: Any = None) -> list[ResultColumn]:
    """The columns of the query `sql`, which is bound and not run; what does not resolve is a QueryError."""
    relation = bind(connection, sql, tree)
    return [
        ResultColumn(name, athena_type(type_), type_)
        for name, type_ in zip(result_names(relation.columns), relation.types, strict=True)
    ]


def write_rows(
    connection: duckdb.DuckDBPyConnection, sql: str, columns: list[ResultColumn], path: Path, tree: Any
) -> int:
    """Write the rows of `sql` with a first row of names to the file `path`; returns how many there were."""
    positions = [f"c{i}" for i in range(len(columns))]
    texts = ", ".join(
        text_of(column.duckdb_type, position) for column, position in zip(columns, positions, strict=True)
    )
    body = path.with_suffix(".body")
    copy = f"COPY (SELECT {texts} FROM ({sql}) AS result({', '.join(positions)})) TO {quoted(str(body))}"
    (count,) = run(connection, f"{copy} (FORMAT csv, HEADER false, FORCE_QUOTE *)", tree).fetchone()
    with path.open("wb") as file, body.open("rb") as rows:
        file.write((",".join(_quoted_name(column.name) for column in columns) + "\n").encode())
        shutil.copyfileobj(rows, file)
    body.unlink()
    return count


def _quoted_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def read_page(s3: Any, bucket: str, key: str, offset: int, limit: int) -> tuple[list[Row], int | None]:
    """At most `limit` rows of the result file from byte `offset`, and the offset of the rest if there is one."""
    try:
        response = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={offset}-")
    except ClientError as error:
        if error.response["Error"]["Code"] == "InvalidRange":
            return [], None
        message = f"{error.response['Error']['Message']} (reading s3://{bucket}/{key})"
        raise RequestError("InvalidRequestException", message) from error
    size = int(response["ContentRange"].rpartition("/")[2])
    rows: list[Row] = []
    with response["Body"] as body:
        for row, end in parse_rows(iter(lambda: body.read(_CHUNK_BYTES), b"")):
            rows.append(row)
            if len(rows) == limit:
                return rows, offset + end if offset + end < size else None
    return rows, None


def parse_rows(chunks: Iterator[bytes]) -> Iterator[tuple[Row, int]]:
    """Each row of a result file and where it ends, counted in bytes; a field without quotes is NULL."""
    buffer, start, position = b"", 0, 0
    row: Row = []
    for chunk in chunks:
        buffer, start, position = buffer[position:] + chunk, start + position, 0
        while match := _FIELD.match(buffer, position):
            value, end = match.groups()
            row.append(None if value is None else value.decode().replace('""', '"'))
            position = match.end()
            if end == b"\n":
                yield row, start + position
                row = []
