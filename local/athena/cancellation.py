"""The end of a query that somebody stops."""

import threading

import duckdb

from local.athena.errors import QueryCancelledError

_INTERRUPT_SECONDS = 0.05


class Cancellation:
    """Stops a query's thread, and DuckDB if it is working.

    The thread calls `check` between its steps, and `attach` with its connection before it works with it, and with
    None before it closes it.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._changed = threading.Condition()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def attach(self, connection: duckdb.DuckDBPyConnection | None) -> None:
        with self._changed:
            self._connection = connection
            self._changed.notify_all()

    def cancel(self) -> None:
        """Returns at once; the thread ends when it reaches `check`, or when DuckDB raises InterruptException."""
        if not self._event.is_set():
            self._event.set()
            threading.Thread(target=self._interrupt, name="athena-cancel", daemon=True).start()

    def check(self) -> None:
        """Raises QueryCancelledError after `cancel`."""
        if self._event.is_set():
            raise QueryCancelledError

    def _interrupt(self) -> None:
        """Interrupt until the connection is let go.

        DuckDB forgets an interrupt that comes between two statements, or before the first one; the next would then
        run to its end.
        """
        with self._changed:
            while self._connection is not None:
                self._connection.interrupt()
                self._changed.wait(_INTERRUPT_SECONDS)
