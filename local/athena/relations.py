# ruff: noqa: S608 - writes SQL; names and texts go through identifier() and quoted()
"""A Glue table, or those partitions of it that a query needs, as a DuckDB view with Glue's column types.

What a value becomes that is not of its column's type follows Trino's readers: NULL in JSON and LazySimpleSerDe text,
HIVE_BAD_DATA in OpenCSV; a nested value in a number's column is HIVE_BAD_DATA. In Parquet each file's own type
decides, see `parquet`.
"""

from dataclasses import dataclass

import duckdb

from local.athena import parquet
from local.athena.catalog import Column, Table
from local.athena.errors import QueryError
from local.athena.hive_types import INTEGERS, HiveType, parse_hive_type
from local.athena.objects import FetchedObject
from local.athena.sandbox import run
from local.athena.texts import identifier, quoted
from local.protocols.digits import is_number

FILE = '"athena file"'
"""The column of a reader's relation that holds the path of a row's file."""


@dataclass(frozen=True)
class PartitionFiles:
    """The files of a partition, and its keys' values as text (NULL where Hive's default partition has none)."""

    values: tuple[str | None, ...]
    files: tuple[FetchedObject, ...]


def create_view(
    connection: duckdb.DuckDBPyConnection, name: str, table: Table, partitions: list[PartitionFiles]
) -> None:
    """Create the view `name` over the rows of `partitions`, columns as Glue has them, then the partition keys."""
    files = [file for partition in partitions for file in partition.files]
    if not files:
        select = ", ".join(
            f"CAST(NULL AS {_duckdb(column)}) AS {identifier(column.name)}" for column in table.all_columns
        )
        run(connection, f"CREATE TEMP VIEW {identifier(name)} AS SELECT {select} WHERE FALSE")
        return
    columns = _reader(connection, table, files)
    if table.partition_keys:
        _create_key_table(connection, f"{name} keys", table, partitions)
        keys = ", ".join(identifier(key.name) for key in table.partition_keys)
        names = ", ".join(identifier(column.name) for column in table.columns)
        source = f"({columns}) AS rows JOIN {identifier(f'{name} keys')} AS keys ON rows.{FILE} = keys.{FILE}"
        sql = f"SELECT {', '.join(filter(None, (names, keys)))} FROM {source}"
    else:
        sql = f"SELECT * EXCLUDE ({FILE}) FROM ({columns})"
    run(connection, f"CREATE TEMP VIEW {identifier(name)} AS {sql}")


def _duckdb(column: Column) -> str:
    return parse_hive_type(column.hive_type).duckdb()


def _create_key_table(
    connection: duckdb.DuckDBPyConnection, name: str, table: Table, partitions: list[PartitionFiles]
) -> None:
    """Which file has which values of the partition keys."""
    keys = ", ".join(f"{identifier(key.name)} {_duckdb(key)}" for key in table.partition_keys)
    run(connection, f"CREATE TEMP TABLE {identifier(name)} ({FILE} VARCHAR, {keys})")
    rows = [
        "(" + ", ".join([quoted(str(file.path)), *("NULL" if v is None else quoted(v) for v in partition.values)]) + ")"
        for partition in partitions
        for file in partition.files
    ]
    run(connection, f"INSERT INTO {identifier(name)} VALUES {', '.join(rows)}")


def _reader(connection: duckdb.DuckDBPyConnection, table: Table, files: list[FetchedObject]) -> str:
    """A query over `files`: the table's columns and FILE."""
    form = f"{table.input_format} {table.serde}".lower()
    if "parquet" in form:
        return parquet.reader(connection, table, files, FILE)
    if "json" in form:
        return _json_reader(connection, table, files)
    if "opencsv" in form:
        return _csv_reader(table, files)
    if "lazysimple" in form or "textinputformat" in table.input_format.lower():
        return _text_reader(table, files)
    message = f"Table {table.database}.{table.name}: the embedded Athena does not read {table.serde or 'its SerDe'}"
    raise QueryError("HIVE_UNSUPPORTED_FORMAT", message)


def paths(files: list[FetchedObject]) -> str:
    """DuckDB's list of the files' paths."""
    return "[" + ", ".join(quoted(str(file.path)) for file in files) + "]"


def _json_reader(connection: duckdb.DuckDBPyConnection, table: Table, files: list[FetchedObject]) -> str:
    """One object a line (OpenX and Hive's JsonSerDe); keys match columns whatever their case, or by `mapping.`."""
    ignore = table.serde_parameters.get("ignore.malformed.json", "").lower() == "true"
    options = f"{paths(files)}, format = 'newline_delimited', ignore_errors = {ignore}, filename = {quoted(FILE[1:-1])}"
    rows = f"read_json_objects({options}, maximum_object_size = 67108864)"
    key_rows = run(connection, f"SELECT DISTINCT unnest(json_keys(json)) FROM {rows}").fetchall()
    keys: dict[str, list[str]] = {}
    for (key,) in sorted(key_rows):
        keys.setdefault(key.lower(), []).append(key)
    groups = [
        keys.get(table.serde_parameters.get(f"mapping.{column.name}", column.name).lower(), [column.name])
        for column in table.columns
    ]
    json_paths = ", ".join(quoted('$."' + key.replace('"', '\\"') + '"') for group in groups for key in group)
    selected, position = [], 1
    for column, group in zip(table.columns, groups, strict=True):
        texts = ", ".join(f"texts[{position + i}]" for i in range(len(group)))
        position += len(group)
        selected.append(
            f"{_from_json(parse_hive_type(column.hive_type), f'coalesce({texts})')} AS {identifier(column.name)}"
        )
    extracted = f"SELECT {FILE}, json_extract_string(json, [{json_paths}]) AS texts FROM {rows}"
    return f"SELECT {', '.join([*selected, FILE])} FROM ({extracted})"


def _from_json(hive_type: HiveType, text: str) -> str:
    """A value out of a JSON text, as Trino's OpenX reader takes it."""
    if hive_type.arguments:
        return f"CAST(CAST({text} AS JSON) AS {hive_type.duckdb()})"
    if hive_type.base in ("string", "varchar", "char"):
        return text
    if hive_type.base == "boolean":
        return f"lower({text}) = 'true'"
    message = f"'HIVE_BAD_DATA: Invalid JSON: ' || {text} || ' can not be coerced to {hive_type.duckdb()}'"
    return f"CASE WHEN {text}[1] IN ('{{', '[') THEN error({message}) ELSE {_from_text(hive_type, text)} END"


def _from_text(hive_type: HiveType, text: str) -> str:
    """A value out of its text, NULL where the text is none of the type."""
    target = hive_type.duckdb()
    if hive_type.arguments:
        raise QueryError("HIVE_UNSUPPORTED_FORMAT", f"a column of type {hive_type.base} in a text file")
    if target == "VARCHAR":
        return text
    if target == "BOOLEAN":
        return f"CASE lower({text}) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"
    if target in INTEGERS:
        # A fraction is cut off, not rounded.
        truncated = f"TRY_CAST(trunc(TRY_CAST({text} AS DOUBLE)) AS {target})"
        return (
            f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9]+') THEN TRY_CAST({text} AS {target}) ELSE {truncated} END"
        )
    return f"TRY_CAST({text} AS {target})"


def _split_options(table: Table, files: list[FetchedObject]) -> str:
    """Options of DuckDB's CSV reader that both text SerDes share; every column comes as text c0, c1, …"""
    header = table.parameters.get("skip.header.line.count", "0")
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(table.columns)))
    return (
        f"{paths(files)}, auto_detect = false, header = false, skip = {int(header) if is_number(header) else 0}, "
        f"columns = {{{columns}}}, null_padding = true, strict_mode = false, filename = {quoted(FILE[1:-1])}"
    )


def _text_reader(table: Table, files: list[FetchedObject]) -> str:
    """LazySimpleSerDe: no quotes, \\N for NULL, Ctrl-A between fields unless `field.delim` says otherwise."""
    parameters = table.serde_parameters
    delimiter = parameters.get("field.delim", parameters.get("serialization.format", "1"))
    delimiter = "\x01" if delimiter == "1" else delimiter.replace("\\t", "\t")
    null = parameters.get("serialization.null.format", "\\N")
    options = f"delim = {quoted(delimiter)}, quote = '', escape = '', nullstr = {quoted(null)}"
    selected = [
        f"{_from_text(parse_hive_type(column.hive_type), f'c{i}')} AS {identifier(column.name)}"
        for i, column in enumerate(table.columns)
    ]
    return f"SELECT {', '.join([*selected, FILE])} FROM read_csv({_split_options(table, files)}, {options})"


def _csv_reader(table: Table, files: list[FetchedObject]) -> str:
    """OpenCSVSerde: quoted fields; a text that is none of its column's type is HIVE_BAD_DATA."""
    parameters = table.serde_parameters
    quote, escape = parameters.get("quotechar", '"'), parameters.get("escapechar", '"')
    delimiter = parameters.get("separatorchar", ",").replace("\\t", "\t")
    options = f"delim = {quoted(delimiter)}, quote = {quoted(quote)}, escape = {quoted(escape)}, nullstr = '\x02none'"
    selected = []
    for i, column in enumerate(table.columns):
        value = _from_text(parse_hive_type(column.hive_type), f"c{i}")
        place = f"for field {i}: For input string: "
        message = f"'HIVE_BAD_DATA: Error parsing field value ''' || c{i} || ''' {place}\"' || c{i} || '\"'"
        strict = f"CASE WHEN c{i} IS NOT NULL AND {value} IS NULL THEN error({message}) ELSE {value} END"
        selected.append(f"{value if value == f'c{i}' else strict} AS {identifier(column.name)}")
    return f"SELECT {', '.join([*selected, FILE])} FROM read_csv({_split_options(table, files)}, {options})"
