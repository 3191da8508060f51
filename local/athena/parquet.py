# ruff: noqa: S608 - writes SQL; names and texts go through identifier() and quoted()
"""Parquet files as a relation with Glue's column types.

Columns match by name whatever the case; a column that a file does not have is NULL. A file whose type does not fit
the table's is HIVE_BAD_DATA, as in Athena, instead of being cast.
"""

import duckdb

from local.athena.catalog import Column, Table
from local.athena.errors import QueryError
from local.athena.hive_types import HiveType, parse_hive_type
from local.athena.objects import FetchedObject
from local.athena.sandbox import run
from local.athena.texts import identifier, quoted

# Hive's type: DuckDB's names of the file types that Athena reads into it.
_READABLE = {
    "boolean": {"BOOLEAN"},
    "tinyint": {"TINYINT", "INTEGER"},
    "smallint": {"SMALLINT", "TINYINT", "INTEGER"},
    "int": {"INTEGER", "SMALLINT", "TINYINT"},
    "integer": {"INTEGER", "SMALLINT", "TINYINT"},
    "bigint": {"BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UINTEGER"},
    "float": {"FLOAT"},
    "real": {"FLOAT"},
    "double": {"DOUBLE", "FLOAT"},
    "string": {"VARCHAR", "BLOB", "JSON"},
    "varchar": {"VARCHAR", "BLOB"},
    "char": {"VARCHAR", "BLOB"},
    "date": {"DATE"},
    "timestamp": {"TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S", "TIMESTAMP WITH TIME ZONE"},
    "binary": {"BLOB", "VARCHAR"},
}


def reader(connection: duckdb.DuckDBPyConnection, table: Table, files: list[FetchedObject], file_column: str) -> str:
    """A query over `files`: the table's columns, and `file_column` with the path of each row's file."""
    present = _check(connection, table, files)
    path_list = "[" + ", ".join(quoted(str(file.path)) for file in files) + "]"
    selected = []
    for column in table.columns:
        target = parse_hive_type(column.hive_type).duckdb()
        value = identifier(present[column.name]) if column.name in present else "NULL"
        selected.append(f"CAST({value} AS {target}) AS {identifier(column.name)}")
    source = f"read_parquet({path_list}, union_by_name = true, filename = {quoted(file_column[1:-1])})"
    return f"SELECT {', '.join([*selected, file_column])} FROM {source}"


def _check(connection: duckdb.DuckDBPyConnection, table: Table, files: list[FetchedObject]) -> dict[str, str]:
    """How the files spell those columns of the table that they have; HIVE_BAD_DATA where a type does not fit."""
    columns = {column.name: column for column in table.columns}
    uris = {str(file.path): file.uri for file in files}
    present: dict[str, str] = {}
    for path, name, physical, logical in _top_level(connection, files, uris):
        column = columns.get(name.lower())
        if column is not None:
            present.setdefault(column.name, name)
            _check_column(column, physical, logical, uris[path])
    return present


def _top_level(
    connection: duckdb.DuckDBPyConnection, files: list[FetchedObject], uris: dict[str, str]
) -> list[tuple[str, str, str, str]]:
    """Path, column name, physical type and DuckDB's type of each file's top-level columns."""
    path_list = "[" + ", ".join(quoted(str(file.path)) for file in files) + "]"
    sql = f"SELECT file_name, name, type, duckdb_type, coalesce(num_children, 0) FROM parquet_schema({path_list})"
    try:
        rows = run(connection, sql).fetchall()
    except QueryError as failure:
        broken = next((uri for path, uri in uris.items() if path in failure.message), f"{table_uri(files)}")
        raise QueryError("HIVE_BAD_DATA", f"Not valid Parquet file: {broken}") from failure
    columns: list[tuple[str, str, str, str]] = []
    pending: list[int] = []
    previous = None
    for path, name, physical, logical, children in rows:
        if path != previous:  # the first row of a file is its root
            previous, pending = path, [children]
            continue
        if len(pending) == 1:
            columns.append((path, name, physical or "GROUP", logical or "NESTED"))
        pending[-1] -= 1
        if children:
            pending.append(children)
        while len(pending) > 1 and pending[-1] == 0:
            pending.pop()
    return columns


def table_uri(files: list[FetchedObject]) -> str:
    """The URI of the first file, for a message about all."""
    return files[0].uri if files else "no file"


def _check_column(column: Column, physical: str, logical: str, uri: str) -> None:
    hive_type = parse_hive_type(column.hive_type)
    if not _fits(hive_type, logical):
        message = (
            f"Field {column.name}'s type {physical} in parquet file {uri} is incompatible with type "
            f"{column.hive_type} defined in table schema"
        )
        raise QueryError("HIVE_BAD_DATA", message)


def _fits(hive_type: HiveType, logical: str) -> bool:
    if hive_type.arguments:
        return logical == "NESTED"
    if hive_type.base == "decimal":
        return logical.startswith("DECIMAL") or logical in ("INTEGER", "BIGINT")
    return logical in _READABLE[hive_type.base]
