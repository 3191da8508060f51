"""A query in DuckDB's words.

sqlglot translates Trino's dialect; here stands what it leaves different: the names of columns without one, the text
of a double, several arrays in one UNNEST, and a few functions that DuckDB has under another name.
"""

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from local.athena.errors import QueryError

UNNAMED = "_athena_unnamed"
"""Prefix of the alias that a column without a name carries until its position is known."""

_RENAMED = {
    "codepoint": "unicode",
    "is_finite": "isfinite",
    "to_base64": "base64",
    "from_base64": "from_base64",
    "array_first": "list_first",
    "array_last": "list_last",
}
_CONSTANTS = {"infinity": "CAST('inf' AS DOUBLE)", "nan": "CAST('nan' AS DOUBLE)", "e": "exp(1)"}


def to_duckdb(tree: exp.Expr) -> str:
    """DuckDB's SQL for a Trino query whose tables are DuckDB relations already; `tree` is not changed."""
    renamed = _name_columns(tree.copy()).transform(_adapted)
    return DuckDB().generate(renamed, copy=False)


def condition_to_duckdb(condition: exp.Expr) -> str:
    """DuckDB's SQL for an expression."""
    return DuckDB().generate(condition.transform(_adapted), copy=False)


def result_names(names: list[str]) -> list[str]:
    """Names of a result's columns as Athena gives them: a column without a name is `_col` and its position from 0."""
    return [f"_col{i}" if name.startswith(UNNAMED) else name for i, name in enumerate(names)]


def _name_columns(tree: exp.Expr) -> exp.Expr:
    """Alias each unnamed column of the outermost SELECT, so that DuckDB does not name it after its own SQL."""
    select = tree
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    if isinstance(select, exp.Select):
        named = [
            column
            if column.is_star or isinstance(column, exp.Alias | exp.Column)
            else exp.alias_(column, f"{UNNAMED}{i}", quoted=True)
            for i, column in enumerate(select.selects)
        ]
        select.set("expressions", named)
    return tree


def _zipped(unnest: exp.Unnest) -> exp.Expr:
    """UNNEST of several arrays as a subquery: DuckDB's UNNEST takes one, but several in a SELECT go side by side."""
    alias, arrays = unnest.args.get("alias"), unnest.expressions
    names = [column.name for column in alias.columns] if alias else []
    if alias is None or unnest.args.get("offset") or len(names) != len(arrays):
        raise QueryError("NOT_SUPPORTED", "UNNEST of several arrays needs a name for each, and no ordinality, here")
    selected = [
        exp.alias_(exp.Explode(this=array.copy()), name, quoted=True) for array, name in zip(arrays, names, strict=True)
    ]
    return exp.Lateral(this=exp.select(*selected).subquery(), alias=exp.TableAlias(this=alias.this.copy()))


def _adapted(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Unnest) and len(node.expressions) > 1:
        return _zipped(node)
    if isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.VARCHAR and not node.to.expressions:
        return exp.Anonymous(this="athena_varchar", expressions=[node.this])
    if isinstance(node, exp.CountIf):
        # DuckDB's count_if of no rows is NULL.
        return exp.Count(this=exp.Case(ifs=[exp.If(this=node.this, true=exp.Literal.number(1))]))
    if isinstance(node, exp.Anonymous):
        name = str(node.this).lower()
        if name in _RENAMED:
            node.set("this", _RENAMED[name])
        elif name in _CONSTANTS and not node.expressions:
            return exp.maybe_parse(_CONSTANTS[name], dialect="duckdb")
    return node
