"""A DuckDB connection for one query: it reads and writes one folder, and reaches nothing else.

No network, no other file, no extension, no Python variable: `enable_external_access` is off from the start and the
configuration locked. DuckDB's errors come out in Athena's words.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from local.athena.errors import Position, QueryError
from local.athena.texts import MACROS, quoted

_MEMORY_LIMIT = "2GB"
_THREADS = 2


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection to an empty database that may touch files below `folder` only."""
    spill = folder / "spill"
    spill.mkdir()
    connection = duckdb.connect(
        config={
            "temp_directory": str(spill),
            "memory_limit": _MEMORY_LIMIT,
            "threads": _THREADS,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            # In Trino the quotient of two integers is an integer.
            "integer_division": True,
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    # DuckDB 2.0 pushes casts into the text readers, where a TRY_CAST fails instead of giving NULL.
    connection.execute("SET disabled_optimizers = 'type_pushdown'")
    for macro in MACROS:
        connection.execute(macro)
    connection.execute(f"SET allowed_directories = [{quoted(str(folder))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def run(connection: duckdb.DuckDBPyConnection, sql: str, tree: exp.Expr | None = None) -> Any:
    """Execute `sql`; a DuckDB error becomes a QueryError that names what `tree`, the user's query, has wrong."""
    return _in_athenas_words(connection.execute, sql, tree)


def bind(connection: duckdb.DuckDBPyConnection, sql: str, tree: exp.Expr | None = None) -> Any:
    """The relation of the query `sql`, with names and types of its columns; it is not run. Errors as those of `run`."""
    return _in_athenas_words(connection.sql, sql, tree)


def _in_athenas_words(call: Callable[[str], Any], sql: str, tree: exp.Expr | None) -> Any:
    try:
        return call(sql)
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise _query_error(error, tree) from error


_NO_COLUMN = re.compile(r'(?:Referenced column|(?:Table|Values list) "[^"]*" does not have a column named) "([^"]+)"')
_NO_TABLE = re.compile(r'Referenced table "([^"]+)" not found')
_CAST = re.compile(r"Could not convert string '(.*)' to (\w+)", re.DOTALL)
_FUNCTION = re.compile(r"Function with name \"?(\w+)\"? does not exist", re.IGNORECASE)
_RAISED = re.compile(r"Invalid Input Error: ([A-Z][A-Z_]+): (.*)", re.DOTALL)
_JSON = re.compile(r"Malformed JSON in file \"(.*?)\", at byte \d+ in line \d+: (.*?)\.?\s*(?:\n|$)")


def _query_error(error: duckdb.Error, tree: exp.Expr | None) -> QueryError:
    text = str(error)
    if match := _RAISED.match(text):
        return QueryError(match.group(1), match.group(2).split("\n\nLINE")[0])
    if match := _JSON.search(text):
        message = f"Row is not a valid JSON Object - {match.group(2)} in {match.group(1)}"
        return QueryError("HIVE_CURSOR_ERROR", message)
    if match := _NO_COLUMN.search(text) or _NO_TABLE.search(text):
        name = match.group(1)
        return QueryError("COLUMN_NOT_FOUND", f"Column '{name}' cannot be resolved", _position(tree, name))
    if match := _FUNCTION.search(text):
        message = f"The function '{match.group(1)}' is not supported by the embedded Athena"
        return QueryError("NOT_SUPPORTED", message)
    if match := _CAST.search(text):
        return QueryError("INVALID_CAST_ARGUMENT", f"Cannot cast '{match.group(1)}' to {match.group(2)}")
    if "Division by zero" in text:
        return QueryError("DIVISION_BY_ZERO", "Division by zero")
    return QueryError(_NAMES.get(type(error), "GENERIC_INTERNAL_ERROR"), _first_sentence(text))


_NAMES: dict[type[duckdb.Error], str] = {
    duckdb.BinderException: "TYPE_MISMATCH",
    duckdb.ParserException: "SYNTAX_ERROR",
    duckdb.CatalogException: "SYNTAX_ERROR",
    duckdb.ConversionException: "INVALID_CAST_ARGUMENT",
    duckdb.OutOfRangeException: "NUMERIC_VALUE_OUT_OF_RANGE",
    duckdb.InvalidInputException: "INVALID_FUNCTION_ARGUMENT",
    duckdb.OutOfMemoryException: "EXCEEDED_LOCAL_MEMORY_LIMIT",
}


def _first_sentence(text: str) -> str:
    """The first line of DuckDB's message without its "Binder Error:"; the rest is of its insides."""
    first = text.splitlines()[0] if text else "the query failed"
    return re.sub(r"^[A-Z][\w ]*Error: ", "", first).replace(" (STRING_LITERAL", " (varchar")


def _position(tree: exp.Expr | None, name: str) -> Position | None:
    """Where the query names the column `name` first."""
    for column in tree.find_all(exp.Column) if tree is not None else ():
        identifier = column.this
        if column.name.lower() == name.lower() or column.table.lower() == name.lower():
            meta = identifier.meta
            if "line" in meta:
                return Position(meta["line"], max(meta["col"] - (meta["end"] - meta["start"]), 1))
    return None
