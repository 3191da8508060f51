"""Databases, tables and partitions of the Glue data catalog, asked for through Glue's API as the caller."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.athena.errors import Position, QueryError


@dataclass(frozen=True)
class Column:
    """A column's name in lower case and its Hive type as Glue has it (`bigint`, `array<string>`, …)."""

    name: str
    hive_type: str


@dataclass(frozen=True)
class Table:
    """What a query has to know of a Glue table."""

    database: str
    name: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    location: str
    input_format: str
    serde: str
    serde_parameters: dict[str, str]
    parameters: dict[str, str]

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Columns in the order of SELECT *: those of the files, then the partition keys."""
        return self.columns + self.partition_keys


@dataclass(frozen=True)
class StoredPartition:
    """A partition that is registered in Glue: the values of the keys as text, and where its objects lie."""

    values: tuple[str, ...]
    location: str


class Catalog:
    """Reads of the data catalog; `glue` is a boto3 client that signs as the caller."""

    def __init__(self, glue: Any) -> None:
        self._glue = glue

    def table(self, database: str, name: str, position: Position | None = None) -> Table:
        """The table, or QueryError: SCHEMA_NOT_FOUND, TABLE_NOT_FOUND, or the missing permission."""
        try:
            entry = self._glue.get_table(DatabaseName=database, Name=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise glue_error(error) from error
            raise self._missing_table_error(database, name, position) from error
        if entry.get("TableType") == "VIRTUAL_VIEW":
            raise QueryError("NOT_SUPPORTED", f"{database}.{name} is a view; the embedded Athena reads tables only")
        return _table(database, entry)

    def _missing_table_error(self, database: str, name: str, position: Position | None) -> QueryError:
        try:
            self._glue.get_database(Name=database)
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                return glue_error(error)
            return QueryError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist", position)
        message = f"Table 'awsdatacatalog.{database}.{name}' does not exist"
        return QueryError("TABLE_NOT_FOUND", message, position)

    def partitions(self, table: Table) -> Iterator[StoredPartition]:
        """The partitions that are registered in Glue."""
        pages = self._glue.get_paginator("get_partitions").paginate(DatabaseName=table.database, TableName=table.name)
        try:
            for page in pages:
                for partition in page["Partitions"]:
                    yield StoredPartition(tuple(partition["Values"]), partition["StorageDescriptor"]["Location"])
        except ClientError as error:
            raise glue_error(error) from error

    def database_names(self) -> list[str]:
        """Names of all databases, sorted."""
        return self._names("get_databases", "DatabaseList")

    def table_names(self, database: str) -> list[str]:
        """Names of a database's tables, sorted."""
        return self._names("get_tables", "TableList", DatabaseName=database)

    def _names(self, operation: str, member: str, **arguments: str) -> list[str]:
        try:
            pages = list(self._glue.get_paginator(operation).paginate(**arguments))
        except ClientError as error:
            raise glue_error(error) from error
        return sorted(item["Name"] for page in pages for item in page[member])


def glue_error(error: ClientError) -> QueryError:
    """A refusal by Glue, as Athena reports it."""
    details = error.response["Error"]
    if "AccessDenied" in details["Code"]:
        return QueryError("PERMISSION_DENIED", f"Insufficient permissions to execute the query. {details['Message']}")
    return QueryError("GENERIC_USER_ERROR", f"Glue answered {details['Code']}: {details['Message']}")


def _table(database: str, entry: dict[str, Any]) -> Table:
    storage = entry.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    return Table(
        database=database,
        name=entry["Name"].lower(),
        columns=_columns(storage.get("Columns")),
        partition_keys=_columns(entry.get("PartitionKeys")),
        location=storage.get("Location", ""),
        input_format=storage.get("InputFormat", ""),
        serde=serde.get("SerializationLibrary", ""),
        serde_parameters={name.lower(): value for name, value in (serde.get("Parameters") or {}).items()},
        parameters={name.lower(): value for name, value in (entry.get("Parameters") or {}).items()},
    )


def _columns(described: list[dict[str, str]] | None) -> tuple[Column, ...]:
    return tuple(Column(column["Name"].lower(), column.get("Type", "string").lower()) for column in described or ())
