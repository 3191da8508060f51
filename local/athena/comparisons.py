"""Refuses comparisons that Trino refuses and DuckDB would make work: a text with a number.

`WHERE year = '2019'` on an integer column runs in DuckDB, which casts, and fails on AWS. Only what sqlglot is sure of
is checked: columns and literals.
"""

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.schema import Schema

from local.athena.errors import Position, QueryError

_TEXT = exp.DataType.TEXT_TYPES
_NUMBER = exp.DataType.NUMERIC_TYPES


def check_comparisons(tree: exp.Expr, schema: Schema) -> None:
    """Raise TYPE_MISMATCH for the first comparison of a text with a number in `tree`, whose columns are qualified."""
    try:
        typed = annotate_types(tree.copy(), schema=schema, dialect="duckdb")
    except SqlglotError:
        return
    for comparison in typed.find_all(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In, exp.Between):
        for other in _others(comparison):
            _check_pair(comparison, comparison.this, other)


def _others(comparison: exp.Expr) -> list[exp.Expr]:
    if isinstance(comparison, exp.In):
        return comparison.expressions
    if isinstance(comparison, exp.Between):
        return [comparison.args["low"], comparison.args["high"]]
    return [comparison.expression]


def _check_pair(comparison: exp.Expr, one: exp.Expr, other: exp.Expr) -> None:
    kinds = [_kind(one), _kind(other)]
    if set(kinds) == {"varchar", "number"}:
        names = [side.name if isinstance(side, exp.Column) else side.sql("trino") for side in (one, other)]
        message = f"Cannot apply operator: {kinds[0]} {comparison.key.upper()} {kinds[1]} ({names[0]}, {names[1]})"
        raise QueryError("TYPE_MISMATCH", message, _position(one) or _position(other))


def _kind(side: exp.Expr) -> str | None:
    if not isinstance(side, exp.Column | exp.Literal) or side.type is None:
        return None
    if side.type.this in _TEXT:
        return "varchar"
    return "number" if side.type.this in _NUMBER else None


def _position(side: exp.Expr) -> Position | None:
    meta = side.this.meta if isinstance(side, exp.Column) else {}
    return Position(meta["line"], max(meta["col"] - (meta["end"] - meta["start"]), 1)) if "line" in meta else None
