"""StartQueryExecution, StopQueryExecution and GetQueryResults on MiniStack's store of executions.

Each query runs in a thread of a small pool and waits there as QUEUED; nothing blocks the server's loop. Executions
are kept in MiniStack's own dictionary, so that GetQueryExecution and the lists stay its own.
"""

import contextvars
import logging
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from botocore.exceptions import BotoCoreError
from ministack.services import athena as ministack_athena
from sqlglot.errors import SqlglotError

from local.athena import sandbox
from local.athena.callers import Caller, ClientFactory
from local.athena.cancellation import Cancellation
from local.athena.engine import OPEN
from local.athena.errors import QueryCancelledError, QueryError, RequestError
from local.athena.output import Output, output_of
from local.athena.query import Job, Outcome, QueryRun
from local.athena.records import failure_status, finish, new_execution
from local.athena.results import Row, read_page
from local.athena.statements import Statement, parse
from local.protocols.digits import is_number

logger = logging.getLogger(__name__)

_MOST_ROWS_A_PAGE = 1000
_MOST_QUERY_BYTES = 262144


class Executions:
    """The API of queries; `clients_for` gives clients that sign as a caller, `now` is the clock (UTC)."""

    def __init__(
        self,
        clients_for: Callable[[Caller], ClientFactory],
        now: Callable[[], datetime],
        concurrent_queries: int = 4,
    ) -> None:
        self._clients_for = clients_for
        self._now = now
        self._pool = ThreadPoolExecutor(concurrent_queries, thread_name_prefix="athena-query")
        self._running: dict[str, Cancellation] = {}
        self._starting = threading.Lock()

    def close(self) -> None:
        """Cancel what runs and wait for its end."""
        for cancellation in list(self._running.values()):
            cancellation.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def fail_open(self) -> None:
        """Let those fail that an earlier server has left open, which ended while they ran."""
        failure = QueryError("GENERIC_INTERNAL_ERROR", "the embedded AWS ended while the query ran")
        for execution in list(ministack_athena._executions._data.values()):
            if execution["Status"]["State"] in OPEN:
                finish(execution, Outcome(), failure_status(failure), self._now(), 0.0, 0.0)

    def start(self, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """StartQueryExecution: the query's id. RequestError where Athena refuses to start it."""
        with self._starting:
            if (query_id := _same_request(request)) is not None:
                return {"QueryExecutionId": query_id}
            workgroup = _workgroup(request)
            text = request.get("QueryString") or ""
            if len(text.encode()) > _MOST_QUERY_BYTES:
                raise RequestError("InvalidRequestException", f"queryString is longer than {_MOST_QUERY_BYTES} bytes")
            output = output_of(request, workgroup)
            statement = _parse_statement(text, request.get("ExecutionParameters") or ())
            execution = new_execution(request, workgroup, statement, output, self._now())
            ministack_athena._executions[execution["QueryExecutionId"]] = execution
        self._submit(execution, statement, output, caller)
        return {"QueryExecutionId": execution["QueryExecutionId"]}

    def _submit(
        self, execution: dict[str, Any], statement: Statement | QueryError, output: Output, caller: Caller
    ) -> None:
        query_id = execution["QueryExecutionId"]
        cancellation = self._running[query_id] = Cancellation()
        # MiniStack's stores are looked up by the account and region of the request, which are context variables.
        context = contextvars.copy_context()
        queued = time.monotonic()

        def work() -> None:
            queue_seconds = time.monotonic() - queued
            context.run(self._carry_out, execution, statement, output, caller, cancellation, queue_seconds)

        self._pool.submit(work)

    def _carry_out(
        self,
        execution: dict[str, Any],
        statement: Statement | QueryError,
        output: Output,
        caller: Caller,
        cancellation: Cancellation,
        queue_seconds: float,
    ) -> None:
        begun = time.monotonic()
        outcome = Outcome()
        final_status = failure_status(
            QueryError("GENERIC_INTERNAL_ERROR", "the embedded Athena broke off; its log says where")
        )
        try:
            cancellation.check()
            execution["Status"]["State"] = "RUNNING"
            if isinstance(statement, QueryError):
                raise statement
            database = execution["QueryExecutionContext"]["Database"]
            job = Job(execution["QueryExecutionId"], statement, database, output, self._now())
            outcome = self._run(job, caller, cancellation)
            final_status = {"State": "SUCCEEDED"}
        except QueryError as failure:
            final_status = failure_status(failure)
        except (QueryCancelledError, duckdb.InterruptException):
            final_status = {"State": "CANCELLED", "StateChangeReason": "Query cancelled by user"}
        except (duckdb.Error, SqlglotError, BotoCoreError, OSError, ArithmeticError, LookupError, ValueError) as error:
            logger.warning("query %s: %s", execution["QueryExecutionId"], traceback.format_exc())
            final_status = failure_status(
                QueryError("GENERIC_INTERNAL_ERROR", f"{type(error).__name__} in the embedded Athena")
            )
        finally:
            self._running.pop(execution["QueryExecutionId"], None)
            finish(execution, outcome, final_status, self._now(), queue_seconds, time.monotonic() - begun)

    def _run(self, job: Job, caller: Caller, cancellation: Cancellation) -> Outcome:
        with tempfile.TemporaryDirectory(prefix="athena-") as name:
            folder = Path(name).resolve()
            connection = sandbox.connect(folder)
            cancellation.attach(connection)
            try:
                cancellation.check()
                return QueryRun(job, self._clients_for(caller), connection, folder, cancellation.check).run()
            finally:
                cancellation.attach(None)
                connection.close()

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        """StopQueryExecution; stopping a query that has ended changes nothing."""
        query_id = str(request.get("QueryExecutionId"))
        _execution(query_id)
        if (cancellation := self._running.get(query_id)) is not None:
            cancellation.cancel()
        return {}

    def results(self, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """GetQueryResults: a page of rows, read from the result file as the caller."""
        execution = _execution(str(request.get("QueryExecutionId")))
        _check_succeeded(execution)
        limit = int(request.get("MaxResults") or _MOST_ROWS_A_PAGE)
        if not 1 <= limit <= _MOST_ROWS_A_PAGE:
            raise RequestError("InvalidRequestException", "MaxResults is more than maximum allowed length 1000")
        token = request.get("NextToken") or "0"
        if not is_number(token):
            raise RequestError("InvalidRequestException", f"Invalid NextToken {token}")
        rows, following = self._page(execution, caller, int(token), limit)
        answer: dict[str, Any] = {
            "ResultSet": {
                "Rows": [{"Data": [{} if v is None else {"VarCharValue": v} for v in row]} for row in rows],
                "ResultSetMetadata": {"ColumnInfo": execution["_columns"]},
            },
            "UpdateCount": execution["_update_count"],
        }
        return answer if following is None else {**answer, "NextToken": str(following)}

    def _page(self, execution: dict[str, Any], caller: Caller, offset: int, limit: int) -> tuple[list[Row], int | None]:
        bucket, key = execution["_result_bucket"], execution["_result_key"]
        if key is None:
            return [], None
        s3 = self._clients_for(caller)("s3")
        if key.endswith(".csv"):
            return read_page(s3, bucket, key, offset, limit)
        lines = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode().splitlines()
        rows: list[Row] = [[line] for line in lines[offset : offset + limit]]
        return rows, offset + limit if offset + limit < len(lines) else None


def _same_request(request: dict[str, Any]) -> str | None:
    """The query that an earlier request with the same ClientRequestToken started."""
    token = request.get("ClientRequestToken")
    if token is None:
        return None
    for query_id, execution in ministack_athena._executions.items():
        if execution.get("_token") == token:
            if execution["Query"] != request.get("QueryString"):
                raise RequestError("InvalidRequestException", "Idempotent parameters do not match")
            return query_id
    return None


def _workgroup(request: dict[str, Any]) -> dict[str, Any]:
    workgroup = ministack_athena._workgroups.get(request.get("WorkGroup") or "primary")
    if workgroup is None:
        raise RequestError("InvalidRequestException", f"WorkGroup {request.get('WorkGroup')} is not found.")
    if workgroup.get("State") == "DISABLED":
        raise RequestError("InvalidRequestException", f"WorkGroup {workgroup['Name']} is disabled.")
    return workgroup


def _parse_statement(text: str, parameters: Any) -> Statement | QueryError:
    """The statement, or the failure that the execution will end with."""
    try:
        return parse(text, parameters)
    except QueryError as failure:
        return failure


def _execution(query_id: str) -> dict[str, Any]:
    execution = ministack_athena._executions.get(query_id)
    if execution is None:
        raise RequestError("InvalidRequestException", f"QueryExecution {query_id} was not found")
    return execution


def _check_succeeded(execution: dict[str, Any]) -> None:
    status = execution["Status"]
    if status["State"] == "SUCCEEDED":
        return
    messages = {
        "FAILED": "Query did not finish successfully. Final query state: FAILED",
        "CANCELLED": "Query did not finish successfully. Final query state: CANCELLED",
    }
    message = messages.get(status["State"], f"Query has not yet finished. Current state: {status['State']}")
    raise RequestError("InvalidRequestException", message)
