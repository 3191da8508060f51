# ruff: noqa: S608 - writes SQL; names and texts go through identifier() and quoted()
"""Files that UNLOAD and CREATE TABLE AS write: PARQUET, JSON and TEXTFILE, partitioned or not.

A location that holds data is refused, so that a repeated query never doubles a data set. Text files have no header,
no quotes, and \\N for NULL; gzip unless the properties say otherwise.
(https://docs.aws.amazon.com/athena/latest/ug/unload.html, https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html)
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import duckdb
from sqlglot import exp

from local.athena.errors import QueryError
from local.athena.objects import Location, Objects
from local.athena.results import ResultColumn
from local.athena.sandbox import run
from local.athena.statements import Properties
from local.athena.texts import identifier, quoted, text_of

_COMPRESSIONS = {
    "PARQUET": {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "LZ4": "lz4", "NONE": "uncompressed"},
    "JSON": {"GZIP": "gzip", "ZSTD": "zstd", "NONE": "none"},
    "TEXTFILE": {"GZIP": "gzip", "ZSTD": "zstd", "NONE": "none"},
}
_ENDINGS = {"gzip": ".gz", "zstd": ".zst"}
_PROPERTIES = frozenset(
    [
        "format",
        "compression",
        "field_delimiter",
        "partitioned_by",
        "write_compression",
        "parquet_compression",
        "external_location",
    ]
)
_MOST_PARTITIONS = 100
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class FileFormat:
    """How files are written; `compression` in DuckDB's words."""

    name: str
    compression: str
    delimiter: str
    partitioned_by: tuple[str, ...]

    @classmethod
    def of(cls, properties: Properties, default: str | None = None) -> "FileFormat":
        """The format that WITH (…) asks for; QueryError for an unsupported property or value."""
        if unknown := sorted(set(properties) - _PROPERTIES):
            raise QueryError("INVALID_TABLE_PROPERTY", f"the property '{unknown[0]}' is not supported")
        name = _text(properties, "format", default).upper()
        if name not in _COMPRESSIONS:
            message = f"format '{name}' is not supported by the embedded Athena (PARQUET, JSON, TEXTFILE are)"
            raise QueryError("INVALID_TABLE_PROPERTY", message)
        setting = next((p for p in ("compression", "write_compression", "parquet_compression") if p in properties), "")
        compression = _text(properties, setting, "GZIP").upper()
        if compression not in _COMPRESSIONS[name]:
            raise QueryError("INVALID_TABLE_PROPERTY", f"compression '{compression}' does not go with {name}")
        delimiter = _text(properties, "field_delimiter", "\x01").replace("\\t", "\t")
        if len(delimiter) != 1:
            raise QueryError("INVALID_TABLE_PROPERTY", f"field_delimiter '{delimiter}' is not a single character")
        keys = properties.get("partitioned_by", ())
        keys = (keys,) if isinstance(keys, str) else keys
        return cls(name, _COMPRESSIONS[name][compression], delimiter, tuple(key.lower() for key in keys))


def _text(properties: Properties, name: str, default: str | None) -> str:
    value = properties.get(name, default)
    if not isinstance(value, str):
        raise QueryError("INVALID_TABLE_PROPERTY", f"the property '{name}' is required and takes a text")
    return value


@dataclass(frozen=True)
class OutputFiles:
    """The objects of an UNLOAD or CTAS: their URIs, the number of rows, and the values of the partition keys."""

    uris: tuple[str, ...]
    rows: int
    partitions: tuple[tuple[str | None, ...], ...]


class Unloader:
    """Writes the rows of one query below a location; `stem` begins the names of the files."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, objects: Objects, folder: Path, stem: str, settings: dict[str, str]
    ) -> None:
        self._connection = connection
        self._objects = objects
        self._folder = folder
        self._stem = stem
        self._settings = settings

    def check_empty(self, location: Location) -> None:
        """Raise QueryError HIVE_PATH_ALREADY_EXISTS where something lies below the location."""
        if not self._objects.is_empty(location):
            raise QueryError(
                "HIVE_PATH_ALREADY_EXISTS",
                f"Target directory already exists: {location} You may need to manually clean the data at location "
                f"'{location}' before retrying. Athena will not delete data in your account.",
            )

    def write(
        self, sql: str, columns: list[ResultColumn], location: Location, form: FileFormat, tree: exp.Expr
    ) -> OutputFiles:
        """Run `sql` and write its rows."""
        columns = [ResultColumn(column.name.lower(), column.type, column.duckdb_type) for column in columns]
        _check_columns(columns, form)
        self._materialise(sql, columns, tree)
        (rows,) = run(self._connection, "SELECT count(*) FROM unloaded").fetchone()
        partitions = self._partitions(form) if rows else []
        data = columns[: len(columns) - len(form.partitioned_by)]
        uris = [self._write_partition(data, values, location, form) for values in partitions]
        return OutputFiles(tuple(uris), rows, tuple(partitions))

    def _materialise(self, sql: str, columns: list[ResultColumn], tree: exp.Expr) -> None:
        positions = ", ".join(f"c{i}" for i in range(len(columns)))
        # Sums of integers are bigint in Trino, and would be doubles in a Parquet file of DuckDB's.
        selected = ", ".join(
            (f"CAST(c{i} AS BIGINT)" if str(column.duckdb_type) == "HUGEINT" else f"c{i}")
            + f" AS {identifier(column.name)}"
            for i, column in enumerate(columns)
        )
        create = f"CREATE TEMP TABLE unloaded AS SELECT {selected} FROM ({sql}) AS result({positions})"
        run(self._connection, create, tree)

    def _partitions(self, form: FileFormat) -> list[tuple[str | None, ...]]:
        if not form.partitioned_by:
            return [()]
        keys = ", ".join(f"CAST({identifier(key)} AS VARCHAR)" for key in form.partitioned_by)
        sql = f"SELECT DISTINCT {keys} FROM unloaded ORDER BY ALL"
        values = run(self._connection, sql).fetchall()
        if len(values) > _MOST_PARTITIONS:
            message = f"Exceeded limit of {_MOST_PARTITIONS} open writers for partitions/buckets"
            raise QueryError("HIVE_TOO_MANY_OPEN_PARTITIONS", message)
        return values

    def _write_partition(
        self, columns: list[ResultColumn], values: tuple[str | None, ...], location: Location, form: FileFormat
    ) -> str:
        where = " AND ".join(
            f"CAST({identifier(key)} AS VARCHAR) IS NOT DISTINCT FROM {'NULL' if value is None else quoted(value)}"
            for key, value in zip(form.partitioned_by, values, strict=True)
        )
        ending = "" if form.name == "PARQUET" else _ENDINGS.get(form.compression, "")
        path = self._folder / f"unloaded{ending}"
        copy = f"COPY (SELECT {_selected(columns, form)} FROM unloaded WHERE {where or 'TRUE'}) TO {quoted(str(path))}"
        run(self._connection, f"{copy} ({_copy_options(form)})")
        folders = "".join(
            f"{key}={_NULL_PARTITION if value is None else quote(value, safe=' -_.~+,;@!$&()')}/"
            for key, value in zip(form.partitioned_by, values, strict=True)
        )
        key = f"{location.prefix}{folders}{self._stem}{ending}"
        self._objects.store(path, location.bucket, key, self._settings)
        path.unlink()
        return f"s3://{location.bucket}/{key}"


def _check_columns(columns: list[ResultColumn], form: FileFormat) -> None:
    names = [column.name for column in columns]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise QueryError("DUPLICATE_COLUMN_NAME", f"Column name '{twice}' specified more than once")
    if unnamed := [name for name in names if name.startswith("_col")]:
        raise QueryError("MISSING_COLUMN_NAME", f"Column name not specified at position {names.index(unnamed[0]) + 1}")
    keys = form.partitioned_by
    if keys and (tuple(names[-len(keys) :]) != keys or len(names) == len(keys)):
        message = f"Partition keys must be the last columns in the table and in the same order: [{', '.join(keys)}]"
        raise QueryError("HIVE_COLUMN_ORDER_MISMATCH", message)


def _selected(columns: list[ResultColumn], form: FileFormat) -> str:
    if form.name != "TEXTFILE":
        return ", ".join(identifier(column.name) for column in columns)
    for column in columns:
        if column.type in ("array", "map", "row"):
            raise QueryError("NOT_SUPPORTED", f"column {column.name} of type {column.type} in a TEXTFILE")
    texts = (f"coalesce({text_of(column.duckdb_type, identifier(column.name))}, '\\N')" for column in columns)
    return f" || {quoted(form.delimiter)} || ".join(texts)


def _copy_options(form: FileFormat) -> str:
    if form.name == "PARQUET":
        return f"FORMAT parquet, COMPRESSION {form.compression}"
    if form.name == "JSON":
        return f"FORMAT json, COMPRESSION {form.compression}"
    # The line is one column; a delimiter that is never written keeps the writer from touching it.
    return f"FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x02', COMPRESSION {form.compression}"
