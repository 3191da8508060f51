"""Asks Athena, in the stack's workgroup and database."""

import time
from collections.abc import Callable

from cli.errors import CommandError
from cli.stack import Stack

_POLL_SECONDS = 0.2


class QueryError(CommandError):
    """A query failed; the message is Athena's."""


def query(stack: Stack, sql: str, pause: Callable[[float], object] = time.sleep) -> list[dict[str, str]]:
    """The rows of a query's result, each by the names of its columns; "" is null. Raises QueryError."""
    athena = stack.client("athena")
    started = athena.start_query_execution(
        QueryString=sql,
        WorkGroup=stack.output("AthenaWorkGroupName"),
        QueryExecutionContext={"Database": stack.output("GlueDatabaseName")},
    )
    while True:
        described = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]
        status = described["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
        pause(_POLL_SECONDS)
    if status["State"] != "SUCCEEDED":
        raise QueryError(f"Athena: {status.get('StateChangeReason', status['State'])}")
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=started["QueryExecutionId"])
    rows = [
        [cell.get("VarCharValue", "") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]
    ]
    # The first row has the names of the columns. A statement that writes elsewhere has no rows at all.
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
