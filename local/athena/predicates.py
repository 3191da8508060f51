"""Which conditions of a query limit the partitions of a table.

Conditions that speak of one table's partition keys alone are collected from WHERE and from ON, and carried into
subqueries and WITH through columns that are passed on unchanged. What cannot be carried without changing the result
(past LIMIT, window functions, or a WITH that is used twice) is left alone: more is read, and the result is the same.
"""

from collections.abc import Iterable, Iterator

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import MappingSchema, Schema

from local.athena.catalog import Table
from local.athena.hive_types import parse_hive_type

Conditions = dict[str, list[exp.Expr]]
"""By relation: conditions whose columns are unqualified names of partition keys."""


def schema_of(tables: dict[str, Table]) -> Schema:
    """What sqlglot has to know of the relations: their columns and DuckDB's types of them."""
    schema = MappingSchema(dialect="duckdb")
    for relation, table in tables.items():
        types = {column.name: parse_hive_type(column.hive_type).duckdb() for column in table.all_columns}
        schema.add_table(relation, types)
    return schema


def qualified(tree: exp.Expr, schema: Schema) -> exp.Expr | None:
    """`tree` with each column qualified by its source and no star; None where it does not resolve.

    What a query that does not resolve has wrong is said by the engine, which knows more of it.
    """
    try:
        return qualify(
            tree.copy(), schema=schema, dialect="duckdb", validate_qualify_columns=False, quote_identifiers=False
        )
    except SqlglotError:
        return None


def key_conditions(tree: exp.Expr, tables: dict[str, Table]) -> Conditions:
    """The conditions on the partition keys of each relation of `tree`, which is `qualified`."""
    by_relation: Conditions = {relation: [] for relation in tables}
    if (root := build_scope(tree)) is None:
        return by_relation
    uses = root.ref_count()
    carried: dict[int, list[exp.Expr]] = {}
    for scope in reversed(list(root.traverse())):
        for alias, (node, source) in scope.selected_sources.items():
            conditions = _conditions_on(scope, alias, carried.get(id(scope), []))
            if isinstance(source, Scope):
                if uses.get(id(source), 0) == 1:
                    _carry(source, conditions, carried)
            elif isinstance(node, exp.Table) and node.name in tables:
                by_relation[node.name] += _on_keys(conditions, tables[node.name])
    return by_relation


def _conditions_on(scope: Scope, alias: str, carried: list[exp.Expr]) -> list[exp.Expr]:
    """What must hold for a row of `alias` to count in `scope`, speaking of `alias` alone and read from no query."""
    return [
        condition
        for condition in (*carried, *_conjuncts(scope.expression, alias))
        if (columns := list(condition.find_all(exp.Column)))
        and all(column.table == alias for column in columns)
        and not condition.find(exp.Query, exp.AggFunc, exp.Window)
    ]


def _conjuncts(select: exp.Expr, alias: str) -> Iterator[exp.Expr]:
    if not isinstance(select, exp.Select):
        return
    if where := select.args.get("where"):
        yield from _flat(where.this)
    for join in select.args.get("joins") or ():
        # An outer join's condition limits the side that may be missing, and only that.
        if (on := join.args.get("on")) and (not join.side or (join.side == "LEFT" and join.alias_or_name == alias)):
            yield from _flat(on)


def _flat(condition: exp.Expr) -> Iterable[exp.Expr]:
    condition = condition.unnest()
    return (part.unnest() for part in condition.flatten()) if isinstance(condition, exp.And) else (condition,)


def _carry(scope: Scope, conditions: list[exp.Expr], carried: dict[int, list[exp.Expr]]) -> None:
    """Carry `conditions` on the output of `scope` to its input, where its output columns are columns of its input."""
    expression = scope.expression
    if isinstance(expression, exp.SetOperation):
        if not _cuts_rows(expression):
            names = expression.named_selects
            for branch in scope.set_operation_scopes:
                _carry_renamed(branch, conditions, names, carried)
    elif isinstance(expression, exp.Select):
        _carry_renamed(scope, conditions, expression.named_selects, carried)


def _carry_renamed(
    scope: Scope, conditions: list[exp.Expr], names: list[str], carried: dict[int, list[exp.Expr]]
) -> None:
    select = scope.expression
    if not isinstance(select, exp.Select) or _cuts_rows(select) or select.find(exp.Window):
        return
    inputs = dict(zip(names, (column.unalias() for column in select.selects), strict=False))
    for condition in conditions:
        columns = {column.name for column in condition.find_all(exp.Column)}
        if all(isinstance(inputs.get(name), exp.Column) for name in columns):
            moved = condition.transform(lambda node: inputs[node.name].copy() if isinstance(node, exp.Column) else node)
            carried.setdefault(id(scope), []).append(moved)


def _cuts_rows(query: exp.Expr) -> bool:
    distinct = query.args.get("distinct")
    return any(query.args.get(part) for part in ("limit", "offset", "fetch", "qualify")) or bool(
        isinstance(distinct, exp.Distinct) and distinct.args.get("on")
    )


def _on_keys(conditions: list[exp.Expr], table: Table) -> Iterator[exp.Expr]:
    keys = {key.name for key in table.partition_keys}
    for condition in conditions:
        if all(column.name.lower() in keys for column in condition.find_all(exp.Column)):
            yield condition.transform(
                lambda node: exp.column(node.name.lower(), quoted=True) if isinstance(node, exp.Column) else node
            )
