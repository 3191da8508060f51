"""One query, from its statement to its files in S3."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from botocore.exceptions import ClientError
from sqlglot import exp

from local.athena.callers import ClientFactory
from local.athena.catalog import Catalog, glue_error
from local.athena.definitions import define, show
from local.athena.errors import QueryError
from local.athena.hive_types import hive_type_of
from local.athena.objects import Location, Objects
from local.athena.output import Output
from local.athena.planning import Planner
from local.athena.results import ResultColumn, describe, write_rows
from local.athena.statements import CreateTableAs, Definition, Select, Show, Statement, Unload
from local.athena.unload import FileFormat, OutputFiles, Unloader

# Format: input format, output format and SerDe with which CREATE TABLE AS registers a table.
_STORAGE = {
    "PARQUET": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "JSON": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hive.hcatalog.data.JsonSerDe",
    ),
    "TEXTFILE": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    ),
}
_ROWS_COLUMN = {"Name": "rows", "Label": "rows", "Type": "bigint", "Precision": 19, "Scale": 0}


@dataclass(frozen=True)
class Job:
    """What is to be run: `database` for names without one, `started` for names of files and projected dates (UTC)."""

    query_id: str
    statement: Statement
    database: str
    output: Output
    started: datetime


@dataclass(frozen=True)
class Outcome:
    """What a query that succeeded leaves: the columns as GetQueryResults has them, its files, and what it cost."""

    columns: tuple[dict[str, Any], ...] = ()
    result_file: str | None = None
    update_count: int = 0
    manifest: str | None = None
    scanned_bytes: int = 0
    planning_seconds: float = 0.0


@dataclass
class QueryRun:
    """Runs one job on a sandboxed connection whose folder is `folder`, with clients that sign as the caller."""

    job: Job
    clients: ClientFactory
    connection: duckdb.DuckDBPyConnection
    folder: Path
    checkpoint: Callable[[], None]
    _planning_seconds: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._objects = Objects(self.clients("s3"), self.folder, self.checkpoint)
        self._catalog = Catalog(self.clients("glue"))
        self._settings = dict(self.job.output.put_settings)

    def run(self) -> Outcome:
        """Carry the statement out; QueryError says why it could not be."""
        self._objects.verify_bucket(self.job.output.folder.bucket)
        try:
            return self._carry_out(self.job.statement)
        except QueryError as failure:
            raise QueryError(failure.name, self._objects.with_uris(failure.message)) from failure

    def _carry_out(self, statement: Statement) -> Outcome:
        if isinstance(statement, Select):
            return self._select(statement)
        if isinstance(statement, Unload):
            return self._unload(statement)
        if isinstance(statement, CreateTableAs):
            return self._create_table_as(statement)
        if isinstance(statement, Show):
            return self._show(statement)
        return self._define(statement)

    def _plan(self, tree: exp.Expr) -> tuple[str, list[ResultColumn]]:
        begun = time.monotonic()
        planner = Planner(self.connection, self._catalog, self._objects, self.job.database, self.job.started)
        sql = planner.plan(tree)
        columns = describe(self.connection, sql, tree)
        self._planning_seconds = time.monotonic() - begun
        self.checkpoint()
        return sql, columns

    def _select(self, statement: Select) -> Outcome:
        sql, columns = self._plan(statement.tree)
        path = self.folder / "result.csv"
        write_rows(self.connection, sql, columns, path, statement.tree)
        infos = tuple(column.info() for column in columns)
        self._store_result(path, f"{self.job.query_id}.csv", infos)
        return self._outcome(columns=infos, result_file=f"{self.job.query_id}.csv")

    def _unload(self, statement: Unload) -> Outcome:
        form = FileFormat.of(statement.properties)
        location = Location.parse(statement.location)
        files = self._write(statement.tree, location, form)[0]
        return self._outcome(columns=(_ROWS_COLUMN,), update_count=files.rows, manifest=self._store_manifest(files))

    def _write(self, tree: exp.Expr, location: Location, form: FileFormat) -> tuple[OutputFiles, list[ResultColumn]]:
        stem = f"{self.job.started:%Y%m%d_%H%M%S}_00000_{self.job.query_id}"
        unloader = Unloader(self.connection, self._objects, self.folder, stem, self._settings)
        unloader.check_empty(location)
        sql, columns = self._plan(tree)
        return unloader.write(sql, columns, location, form, tree), columns

    def _create_table_as(self, statement: CreateTableAs) -> Outcome:
        database = statement.database or self.job.database
        form = FileFormat.of(statement.properties, default="PARQUET")
        where = statement.properties.get("external_location", self.job.output.uri(f"tables/{self.job.query_id}/"))
        location = Location.parse(str(where))
        tree = statement.tree if statement.with_data else _without_rows(statement.tree)
        if self._exists(database, statement.table):
            if statement.if_not_exists:
                return self._outcome(columns=(_ROWS_COLUMN,))
            message = f"Destination table 'awsdatacatalog.{database}.{statement.table}' already exists"
            raise QueryError("TABLE_ALREADY_EXISTS", message)
        files, columns = self._write(tree, location, form)
        self._register(database, statement.table, columns, location, form)
        self._register_partitions(database, statement.table, columns, location, form, files)
        return self._outcome(columns=(_ROWS_COLUMN,), update_count=files.rows, manifest=self._store_manifest(files))

    def _exists(self, database: str, table: str) -> bool:
        try:
            self._catalog.table(database, table)
        except QueryError as failure:
            if failure.name != "TABLE_NOT_FOUND":
                raise
            return False
        return True

    def _register(
        self, database: str, table: str, columns: list[ResultColumn], location: Location, form: FileFormat
    ) -> None:
        described = [{"Name": c.name.lower(), "Type": hive_type_of(str(c.duckdb_type))} for c in columns]
        plain = len(columns) - len(form.partitioned_by)
        entry = {
            "Name": table,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", "classification": form.name.lower()},
            "PartitionKeys": described[plain:],
            "StorageDescriptor": _storage(described[:plain], str(location), form),
        }
        try:
            self.clients("glue").create_table(DatabaseName=database, TableInput=entry)
        except ClientError as error:
            raise glue_error(error) from error

    def _register_partitions(
        self,
        database: str,
        table: str,
        columns: list[ResultColumn],
        location: Location,
        form: FileFormat,
        files: OutputFiles,
    ) -> None:
        described = [{"Name": c.name.lower(), "Type": hive_type_of(str(c.duckdb_type))} for c in columns]
        data = described[: len(columns) - len(form.partitioned_by)]
        entries = [
            {
                "Values": [value or "" for value in values],
                "StorageDescriptor": _storage(data, uri.rpartition("/")[0], form),
            }
            for values, uri in zip(files.partitions, files.uris, strict=True)
            if values
        ]
        try:
            if entries:
                self.clients("glue").batch_create_partition(
                    DatabaseName=database, TableName=table, PartitionInputList=entries
                )
        except ClientError as error:
            raise glue_error(error) from error

    def _show(self, statement: Show) -> Outcome:
        name, lines = show(statement, self._catalog, self.job.database)
        path = self.folder / "result.txt"
        path.write_text("".join(f"{line}\n" for line in lines))
        column = {"Name": name, "Label": name, "Type": "string", "Precision": 0, "Scale": 0}
        self._store_result(path, f"{self.job.query_id}.txt", (column,))
        return self._outcome(columns=(column,), result_file=f"{self.job.query_id}.txt")

    def _define(self, statement: Definition) -> Outcome:
        define(statement, self.clients("glue"), self.job.database)
        path = self.folder / "result.txt"
        path.write_text("")
        self._store_result(path, f"{self.job.query_id}.txt", ())
        return self._outcome(result_file=f"{self.job.query_id}.txt")

    def _store_result(self, path: Path, name: str, columns: tuple[dict[str, Any], ...]) -> None:
        metadata = self.folder / "metadata"
        metadata.write_text(json.dumps({"ColumnInfo": columns}))
        self._store(path, name)
        self._store(metadata, f"{name}.metadata")

    def _store_manifest(self, files: OutputFiles) -> str:
        """The list of the objects that were written, one URI a line."""
        path, name = self.folder / "manifest.csv", f"{self.job.query_id}-manifest.csv"
        path.write_text("".join(f"{uri}\n" for uri in files.uris))
        self._store(path, name)
        return self.job.output.uri(name)

    def _store(self, path: Path, name: str) -> None:
        self._objects.store(path, self.job.output.folder.bucket, self.job.output.key(name), self._settings)

    def _outcome(self, **parts: Any) -> Outcome:
        return Outcome(scanned_bytes=self._objects.scanned_bytes, planning_seconds=self._planning_seconds, **parts)


def _without_rows(tree: exp.Expr) -> exp.Expr:
    return exp.select("*").from_(exp.Subquery(this=tree, alias=exp.TableAlias(this=exp.to_identifier("q")))).limit(0)


def _storage(columns: list[dict[str, str]], location: str, form: FileFormat) -> dict[str, Any]:
    input_format, output_format, serde = _STORAGE[form.name]
    parameters = {"serialization.format": "1"}
    if form.name == "TEXTFILE":
        parameters = {"field.delim": form.delimiter, "serialization.format": form.delimiter}
    return {
        "Columns": columns,
        "Location": location,
        "InputFormat": input_format,
        "OutputFormat": output_format,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters},
    }
