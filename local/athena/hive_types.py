"""Hive's types, as Glue names them, in the words of DuckDB and of Athena's results.

Struct, array and map nest: `struct<a:int,b:array<string>>`.
"""

import re
from dataclasses import dataclass

from local.athena.errors import QueryError

_SCALARS = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "varchar": "VARCHAR",
    "char": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "binary": "BLOB",
}
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")

_HIVE_OF_DUCKDB = {
    "BOOLEAN": "boolean",
    "TINYINT": "tinyint",
    "SMALLINT": "smallint",
    "INTEGER": "int",
    "BIGINT": "bigint",
    "FLOAT": "float",
    "DOUBLE": "double",
    "VARCHAR": "string",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "BLOB": "binary",
}


@dataclass(frozen=True)
class HiveType:
    """A parsed type: `base` is `struct`, `array`, `map` or a scalar's name; fields of a struct have names."""

    base: str
    arguments: tuple["HiveType", ...] = ()
    names: tuple[str, ...] = ()
    precision: str = ""

    def duckdb(self) -> str:
        """The type in DuckDB's words."""
        parts = [argument.duckdb() for argument in self.arguments]
        if self.base == "array":
            return f"{parts[0]}[]"
        if self.base == "map":
            return f"MAP({parts[0]}, {parts[1]})"
        if self.base == "struct":
            fields = (f'"{name}" {part}' for name, part in zip(self.names, parts, strict=True))
            return f"STRUCT({', '.join(fields)})"
        return f"DECIMAL({self.precision or '10,0'})" if self.base == "decimal" else _SCALARS[self.base]


def parse_hive_type(text: str) -> HiveType:
    """The type `text` names; QueryError HIVE_UNSUPPORTED_FORMAT for one that Hive does not have."""
    parsed, rest = _parse(re.sub(r"\s+", "", text.lower()))
    if rest:
        raise _unknown(text)
    return parsed


def _parse(text: str) -> tuple[HiveType, str]:
    match = re.match(r"(\w+)", text)
    base, rest = (match.group(1), text[match.end() :]) if match else ("", text)
    if base in ("array", "map", "struct") and rest.startswith("<"):
        return _parse_nested(base, rest[1:])
    if base in _SCALARS or base == "decimal":
        size = re.match(r"\(([\d,]+)\)", rest)
        return HiveType(base, precision=size.group(1) if size else ""), rest[size.end() :] if size else rest
    raise _unknown(text)


def _parse_nested(base: str, rest: str) -> tuple[HiveType, str]:
    arguments, names = [], []
    while True:
        if base == "struct":
            name, _, rest = rest.partition(":")
            names.append(name)
        argument, rest = _parse(rest)
        arguments.append(argument)
        separator, rest = rest[:1], rest[1:]
        if separator == ">":
            return HiveType(base, tuple(arguments), tuple(names)), rest
        if separator != ",":
            raise _unknown(f"{base}<…")


def _unknown(text: str) -> QueryError:
    return QueryError("HIVE_INVALID_METADATA", f"Glue has a column of the unknown type '{text}'")


def hive_type_of(duckdb_type: str) -> str:
    """The Hive type with which CTAS registers a column of a (scalar) DuckDB type."""
    if duckdb_type.startswith("DECIMAL"):
        return duckdb_type.lower()
    if duckdb_type not in _HIVE_OF_DUCKDB:
        raise QueryError("NOT_SUPPORTED", f"CREATE TABLE AS with a column of type {duckdb_type.lower()}")
    return _HIVE_OF_DUCKDB[duckdb_type]
