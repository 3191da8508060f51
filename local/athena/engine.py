"""The engine of queries, imported and made with the first one: a server that has none does without DuckDB and SQLGlot.

MiniStack's Athena asks whether there is DuckDB by importing it. Here it is answered for it.
"""

import sys
import threading
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING

from local.persistence.parts import Part, go_on_only
from local.seams import replace

if TYPE_CHECKING:
    from local.athena.callers import Caller, ClientFactory
    from local.athena.executions import Executions

_DUCKDB = "duckdb"
OPEN = ("QUEUED", "RUNNING")
"""The statuses of executions that have not ended."""


def import_without_duckdb() -> None:
    """Import MiniStack's Athena, before another of its services does, and let it take DuckDB for present."""
    if _DUCKDB in sys.modules:
        return
    # What import of None raises is ImportError.
    sys.modules[_DUCKDB] = None  # pyright: ignore[reportArgumentType]
    try:
        athena = import_module("ministack.services.athena")
    finally:
        del sys.modules[_DUCKDB]
    replace(athena, "_duckdb_available", True)


class Engine:
    """Makes the executions when they are needed first; arguments as of `Executions`."""

    def __init__(self, clients_for: "Callable[[Caller], ClientFactory]", now: Callable[[], datetime]) -> None:
        self._clients_for = clients_for
        self._now = now
        self._making = threading.Lock()
        self._executions: Executions | None = None

    def executions(self) -> "Executions":
        """The executions. It is not to be called on the server's loop: the first call imports for a while."""
        with self._making:
            if self._executions is None:
                from local.athena.executions import Executions

                self._executions = Executions(self._clients_for, self._now)
            return self._executions

    def close(self) -> None:
        """Cancel what runs and wait for its end."""
        if self._executions is not None:
            self._executions.close()

    def part(self) -> Part:
        """What is kept beside MiniStack's executions: a query that ran when the server ended has failed with it."""

        def fail() -> None:
            from ministack.services import athena

            if any(each["Status"]["State"] in OPEN for each in athena._executions._data.values()):
                self.executions().fail_open()

        return go_on_only("athena", fail)
