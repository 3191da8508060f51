"""A query that is stopped ends, whatever it is at."""

import threading

import duckdb
import pytest

from local.athena.cancellation import Cancellation
from local.athena.errors import QueryCancelledError

_ENDLESS = "SELECT count(*) FROM range(1000000) a(x) CROSS JOIN range(1000000) b(y) WHERE x * y % 7 = 3"


def test_a_statement_that_begins_after_the_stop_ends_too() -> None:
    """DuckDB itself forgets an interrupt that comes before a statement."""
    cancellation, connection = Cancellation(), duckdb.connect()
    cancellation.attach(connection)
    cancellation.cancel()
    for _ in range(2):
        with pytest.raises(duckdb.InterruptException):
            connection.execute(_ENDLESS).fetchall()
    cancellation.attach(None)
    with pytest.raises(QueryCancelledError):
        cancellation.check()


def test_a_connection_that_was_let_go_is_interrupted_no_more() -> None:
    cancellation, connection = Cancellation(), duckdb.connect()
    cancellation.attach(connection)
    cancellation.cancel()
    with pytest.raises(duckdb.InterruptException):
        connection.execute(_ENDLESS).fetchall()
    cancellation.attach(None)
    for thread in threading.enumerate():
        if thread.name == "athena-cancel":
            thread.join()
    assert connection.execute("SELECT count(*) FROM range(30000000)").fetchall() == [(30000000,)]
