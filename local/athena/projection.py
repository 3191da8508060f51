# ruff: noqa: S608 - writes SQL; names and texts go through identifier() and quoted()
"""The partitions that a query has to read.

They come from the table's projection properties or, without those, from Glue; of them the conditions on the
partition keys leave the ones whose objects are read at all.
(https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import duckdb
from sqlglot import exp

from local.athena.catalog import Catalog, Column, Table
from local.athena.date_range import date_texts
from local.athena.dialect import condition_to_duckdb
from local.athena.errors import QueryError
from local.athena.hive_types import parse_hive_type
from local.athena.sandbox import run
from local.athena.texts import identifier, quoted
from local.protocols.digits import is_number

_MOST_PARTITIONS = 1_000_000


@dataclass(frozen=True)
class Partition:
    """Where some of a table's objects lie, and the values of the partition keys for their rows, as text."""

    values: tuple[str | None, ...]
    location: str


def partitions_of(
    table: Table,
    conditions: list[exp.Expr],
    catalog: Catalog,
    connection: duckdb.DuckDBPyConnection,
    now: datetime,
) -> list[Partition]:
    """The partitions of `table` that can hold rows for which `conditions` hold; `now` is for projected dates.

    Raises QueryError CONSTRAINT_VIOLATION where an injected key has no static equality condition, and
    HIVE_INVALID_METADATA (INVALID_TABLE_PROPERTY in Athena's words) for properties that make no sense.
    """
    if not table.partition_keys:
        return [Partition((), table.location)]
    useful = _null_rejecting(table, conditions, connection)
    if table.parameters.get("projection.enabled", "").lower() != "true":
        return _stored(table, useful, catalog, connection)
    relations = [_projected(table, key, conditions, connection, now) for key in table.partition_keys]
    rows = _matching(table, ", ".join(relations), useful, connection)
    return [Partition(values, _location(table, values)) for values in rows]


def _null_rejecting(table: Table, conditions: list[exp.Expr], connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Conditions that a row made up by an outer join cannot meet; any other could hold although nothing was read."""
    nulls = ", ".join(f"CAST(NULL AS {_duckdb_type(key)}) AS {identifier(key.name)}" for key in table.partition_keys)
    sql = [condition_to_duckdb(condition) for condition in conditions]
    if not sql:
        return []
    flags = run(connection, f"SELECT {', '.join(f'({one}) IS TRUE' for one in sql)} FROM (SELECT {nulls})").fetchone()
    return [one for one, holds_for_nulls in zip(sql, flags, strict=True) if not holds_for_nulls]


def _duckdb_type(key: Column) -> str:
    return parse_hive_type(key.hive_type).duckdb()


def _matching(
    table: Table, source: str, conditions: list[str], connection: duckdb.DuckDBPyConnection
) -> list[tuple[str, ...]]:
    texts = ", ".join(identifier(f"text of {key.name}") for key in table.partition_keys)
    where = " AND ".join(f"({condition})" for condition in conditions) or "TRUE"
    sql = f"SELECT {texts} FROM {source} WHERE {where} ORDER BY ALL LIMIT {_MOST_PARTITIONS + 1}"
    rows = run(connection, sql).fetchall()
    if len(rows) > _MOST_PARTITIONS:
        message = f"{table.name}: more than {_MOST_PARTITIONS} projected partitions; limit its keys in the WHERE clause"
        raise QueryError("HIVE_EXCEEDED_PARTITION_LIMIT", message)
    return rows


def _relation(key: Column, texts: str) -> str:
    """One key's values: as the query compares them, and as text; `texts` is a query of one column `t`."""
    typed = f"TRY_CAST(t AS {_duckdb_type(key)}) AS {identifier(key.name)}"
    return f"(SELECT {typed}, t AS {identifier(f'text of {key.name}')} FROM ({texts}))"


def _texts(values: Iterable[str]) -> str:
    literals = ", ".join(quoted(value) for value in values)
    return f"SELECT unnest(CAST([{literals}] AS VARCHAR[])) AS t"


def _stored(
    table: Table, conditions: list[str], catalog: Catalog, connection: duckdb.DuckDBPyConnection
) -> list[Partition]:
    stored = list(catalog.partitions(table))
    if not stored:
        return []
    rows = ", ".join(
        "(" + ", ".join([str(i), *(quoted(value) for value in partition.values)]) + ")"
        for i, partition in enumerate(stored)
    )
    names = ", ".join(identifier(f"text of {key.name}") for key in table.partition_keys)
    typed = ", ".join(
        f"TRY_CAST({identifier(f'text of {key.name}')} AS {_duckdb_type(key)}) AS {identifier(key.name)}"
        for key in table.partition_keys
    )
    where = " AND ".join(f"({condition})" for condition in conditions) or "TRUE"
    source = f"(SELECT i, {typed} FROM (VALUES {rows}) AS stored(i, {names}))"
    numbers = run(connection, f"SELECT i FROM {source} WHERE {where} ORDER BY i").fetchall()
    return [Partition(stored[i].values, stored[i].location) for (i,) in numbers]


def _projected(
    table: Table,
    key: Column,
    conditions: list[exp.Expr],
    connection: duckdb.DuckDBPyConnection,
    now: datetime,
) -> str:
    """The relation of one projected key."""
    kind = _property(table, key, "type").lower()
    if kind == "integer":
        return _relation(key, _integer_texts(table, key))
    if kind == "enum":
        return _relation(key, _texts(_property(table, key, "values").split(",")))
    if kind == "date":
        return _relation(key, _texts(date_texts(table, key.name, now)))
    if kind == "injected":
        return _relation(key, _texts(_injected(key, conditions, connection)))
    raise _invalid(table, key, "type")


def _property(table: Table, key: Column, name: str, default: str | None = None) -> str:
    value = table.parameters.get(f"projection.{key.name}.{name}", default)
    if value is None:
        raise _invalid(table, key, name)
    return value


def _invalid(table: Table, key: Column, name: str) -> QueryError:
    message = f"Table {table.database}.{table.name} needs a valid property projection.{key.name}.{name}"
    return QueryError("INVALID_TABLE_PROPERTY", message)


def _integer_texts(table: Table, key: Column) -> str:
    try:
        first, last = (int(bound) for bound in _property(table, key, "range").split(","))
    except ValueError as error:
        raise _invalid(table, key, "range") from error
    interval, digits = (_property(table, key, name, "1") for name in ("interval", "digits"))
    if not is_number(interval) or not is_number(digits) or int(interval) < 1:
        raise _invalid(table, key, "interval")
    text = f"printf('%0{int(digits)}d', range)"
    return f"SELECT {text} AS t FROM range({first}, {last} + 1, {int(interval)})"


def _injected(key: Column, conditions: list[exp.Expr], connection: duckdb.DuckDBPyConnection) -> list[str]:
    for condition in conditions:
        values = _equal_values(condition, key.name)
        if values and not any(value.find(exp.Column) for value in values):
            texts = ", ".join(f"CAST({condition_to_duckdb(value)} AS VARCHAR)" for value in values)
            row = run(connection, f"SELECT {texts}").fetchone()
            return sorted({value for value in row if value is not None})
    raise QueryError(
        "CONSTRAINT_VIOLATION",
        f"For the injected projected partition column {key.name}, the WHERE clause must contain only static equality "
        "conditions, and at least one such condition must be present.",
    )


def _equal_values(condition: exp.Expr, key: str) -> list[exp.Expr]:
    """The values with which `condition` equates the key: of key = value, value = key and key IN (values)."""
    if isinstance(condition, exp.EQ):
        sides = [condition.this, condition.expression]
        return next((sides[::-1][i : i + 1] for i in (0, 1) if _is_key(sides[i], key)), [])
    if isinstance(condition, exp.In) and _is_key(condition.this, key):
        return condition.expressions
    return []


def _is_key(node: exp.Expr, key: str) -> bool:
    return isinstance(node, exp.Column) and node.name == key


def _location(table: Table, values: tuple[str, ...]) -> str:
    """Where a projected partition lies: by `storage.location.template`, or as Hive lays partitions out."""
    names = [key.name for key in table.partition_keys]
    template = table.parameters.get("storage.location.template")
    if template is None:
        folders = "/".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
        return f"{table.location.rstrip('/')}/{folders}/"
    for name, value in zip(names, values, strict=True):
        template = template.replace(f"${{{name}}}", value)
    return template
