"""Keeps a background thread alive, and its work: a fault in one round is logged, and the next round comes."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0


@contextmanager
def surviving(thread: str) -> Iterator[None]:
    """Log an exception that leaves the block, with its trace, and wait for a second; then the thread goes on.

    Whatever it is: without the thread a queue, a schedule or a stream would stand still, and nobody would know why.

    >>> with surviving("the clock"):
    ...     pass
    """
    try:
        yield
    except Exception:
        log.exception("%s met a fault of this server, and goes on", thread)
        threading.Event().wait(_PAUSE_SECONDS)


@contextmanager
def keeping(work: str, put_back: Callable[[], object]) -> Iterator[None]:
    """Log an exception that leaves the block, with its trace, and put back what the block had taken to work on.

    So the next piece of work has its turn, and this one another.

    >>> with keeping("a delivery", lambda: None):
    ...     pass
    """
    try:
        yield
    except Exception:
        log.exception("%s met a fault of this server", work)
        put_back()
