"""Executions that have just been started.

moto gives an execution what it runs in only once it has made the components of its definition, some hundredths of a
second for a long one. Until then its stop, and DescribeMapRun of any other execution, end in an internal error.
"""

import time
from typing import Any

from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from local.seams import replace, seam

_POLL_SECONDS = 0.01
_LONGEST_START = 30


def install() -> None:
    """Give it to each execution when it is made, and stop one that has not begun once it has."""
    make = seam(ExecutionWorker, "__init__")
    stop = seam(ExecutionWorker, "stop")
    environment_of = seam(ExecutionWorker, "_get_evaluation_environment")

    def __init__(self: Any, *arguments: Any, **named: Any) -> None:  # noqa: N807 - replaces the class's own
        make(self, *arguments, **named)
        self.env = environment_of(self)

    def stop_begun(self: Any, *arguments: Any, **named: Any) -> None:
        deadline = time.monotonic() + _LONGEST_START
        while self.env.program_state() is None and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        stop(self, *arguments, **named)

    replace(ExecutionWorker, "__init__", __init__)
    replace(ExecutionWorker, "stop", stop_begun)
    replace(ExecutionWorker, "_get_evaluation_environment", lambda self: self.env)
