"""From a query over Glue tables to SQL over DuckDB views that hold what the query needs, and no more."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import duckdb
from sqlglot import exp
from sqlglot.errors import SqlglotError

from local.athena.catalog import Catalog, Table
from local.athena.comparisons import check_comparisons
from local.athena.dialect import to_duckdb
from local.athena.errors import Position, QueryError
from local.athena.objects import Location, Objects
from local.athena.predicates import Conditions, key_conditions, qualified, schema_of
from local.athena.projection import partitions_of
from local.athena.relations import PartitionFiles, create_view

_CATALOGS = ("", "awsdatacatalog", "hive")


@dataclass(frozen=True)
class Planner:
    """Makes the views of one query; `database` is where names without one are looked up, `now` dates projections."""

    connection: duckdb.DuckDBPyConnection
    catalog: Catalog
    objects: Objects
    database: str
    now: datetime

    def plan(self, tree: exp.Expr) -> str:
        """DuckDB's SQL for `tree`, after its tables' objects were fetched and views made over them."""
        tree = tree.copy()
        tables: dict[str, Table] = {}
        for number, reference in enumerate(list(_table_references(tree))):
            table = self._table(reference)
            relation = f"t{number}_{table.name}"
            tables[relation] = table
            _aim(reference, relation)
        for column in tree.find_all(exp.Column):
            column.set("db", None)
            column.set("catalog", None)
        conditions = self._key_conditions(tree, tables)
        for relation, table in tables.items():
            self._create_view(relation, table, conditions[relation])
        return to_duckdb(tree)

    def _key_conditions(self, tree: exp.Expr, tables: dict[str, Table]) -> Conditions:
        """The conditions on partition keys by relation; none where the query does not resolve."""
        nothing: Conditions = {relation: [] for relation in tables}
        schema = schema_of(tables)
        if (resolved := qualified(tree, schema)) is None:
            return nothing
        check_comparisons(resolved, schema)
        try:
            return key_conditions(resolved, tables)
        except SqlglotError:
            return nothing

    def _table(self, reference: exp.Table) -> Table:
        position = _position(reference)
        if reference.catalog.lower() not in _CATALOGS:
            raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{reference.catalog}' does not exist", position)
        return self.catalog.table((reference.db or self.database).lower(), reference.name.lower(), position)

    def _create_view(self, relation: str, table: Table, conditions: list[exp.Expr]) -> None:
        partitions = partitions_of(table, conditions, self.catalog, self.connection, self.now)
        fetched = self.objects.fetch_below([Location.parse(partition.location) for partition in partitions])
        files = [
            PartitionFiles(partition.values, tuple(copies))
            for partition, copies in zip(partitions, fetched, strict=True)
        ]
        create_view(self.connection, relation, table, files)


def _table_references(tree: exp.Expr) -> Iterator[exp.Table]:
    """The tables of the data catalog that `tree` reads; names that a WITH binds are none."""
    return (table for table in tree.find_all(exp.Table) if table.db or not _is_bound_by_with(table))


def _is_bound_by_with(table: exp.Table) -> bool:
    inside: exp.Expr = table
    node = table.parent
    while node is not None:
        if isinstance(node, exp.With):
            # A WITH query sees those before it, and itself if the WITH is recursive.
            names = [cte.alias.lower() for cte in node.expressions]
            visible = node.expressions.index(inside) + bool(node.args.get("recursive"))
            if table.name.lower() in names[:visible]:
                return True
        bound = node.args.get("with_")
        if bound is not None and bound is not inside and _binds(bound, table):
            return True
        inside, node = node, node.parent
    return False


def _binds(bound: exp.With, table: exp.Table) -> bool:
    return table.name.lower() in (cte.alias.lower() for cte in bound.expressions)


def _aim(reference: exp.Table, relation: str) -> None:
    """Let `reference` read the view `relation` under the name by which the query knows it."""
    if not reference.alias:
        reference.set("alias", exp.TableAlias(this=exp.to_identifier(reference.name)))
    reference.set("this", exp.to_identifier(relation, quoted=True))
    reference.set("db", None)
    reference.set("catalog", None)


def _position(reference: exp.Table) -> Position | None:
    """Where the reference begins, at its catalog or database if it names one."""
    first = reference.args.get("catalog") or reference.args.get("db") or reference.this
    meta = first.meta
    return Position(meta["line"], max(meta["col"] - (meta["end"] - meta["start"]), 1)) if "line" in meta else None
