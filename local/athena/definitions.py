"""Statements about the data catalog itself: SHOW, DESCRIBE, CREATE EXTERNAL TABLE and DROP TABLE.

MiniStack parses the definitions and knows the table that Athena writes to Glue for them; the calls to Glue are the
caller's.
"""

from typing import Any

from botocore.exceptions import ClientError
from ministack.services import athena as ministack_athena

from local.athena.catalog import Catalog, glue_error
from local.athena.errors import QueryError
from local.athena.statements import Definition, Show


def show(statement: Show, catalog: Catalog, database: str) -> tuple[str, list[str]]:
    """The name of the one column of the answer, and its lines."""
    if statement.what == "databases":
        return "database_name", catalog.database_names()
    if statement.what == "tables":
        return "tab_name", catalog.table_names((statement.subject or (database,))[0].lower())
    *of, name = statement.subject
    table = catalog.table((of[0] if of else database).lower(), name.lower())
    lines = [f"{column.name:<20}\t{column.hive_type:<20}\t" for column in table.all_columns]
    if table.partition_keys:
        lines += [
            "\t \t ",
            "# Partition Information\t \t ",
            f"{'# col_name':<20}\t{'data_type':<20}\tcomment",
            "\t \t ",
        ]
        lines += [f"{key.name:<20}\t{key.hive_type:<20}\t" for key in table.partition_keys]
    return "col_name", lines


def define(statement: Definition, glue: Any, database: str) -> None:
    """Create or drop the table; QueryError where that is not possible."""
    ddl = statement.ddl
    database = (ddl.database or database).lower()
    try:
        if isinstance(ddl, ministack_athena._CreateTable):
            _create(ddl, glue, database)
        else:
            _drop(ddl, glue, database)
    except ClientError as error:
        raise glue_error(error) from error


def _create(ddl: Any, glue: Any, database: str) -> None:
    if ddl.iceberg:
        raise QueryError("NOT_SUPPORTED", "Iceberg tables are not supported by the embedded Athena")
    try:
        glue.create_table(DatabaseName=database, TableInput=ministack_athena._create_table_input(ddl))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "AlreadyExistsException" and ddl.if_not_exists:
            return
        if code == "AlreadyExistsException":
            raise QueryError("GENERIC_USER_ERROR", f"Table {database}.{ddl.table} already exists") from error
        raise


def _drop(ddl: Any, glue: Any, database: str) -> None:
    try:
        glue.delete_table(DatabaseName=database, Name=ddl.table.lower())
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        if not ddl.if_exists:
            message = f"Table 'awsdatacatalog.{database}.{ddl.table}' does not exist"
            raise QueryError("TABLE_NOT_FOUND", message) from error
