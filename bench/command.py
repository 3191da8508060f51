"""What the benchmarks' commands share: what is told on stderr while they measure, and how they end by Ctrl-C."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console

from cli.progress import bars

Show = Callable[[int], object]
"""Is told how much is done."""

_INTERRUPTED = 130


@contextmanager
def bar(description: str, total: int) -> Iterator[Show]:
    """A bar for the length of the block, which leaves nothing behind: results alone are on stdout."""
    with bars(Console(stderr=True), transient=True) as progress:
        task = progress.add_task(description, total=total)
        yield lambda done: progress.update(task, completed=done)


def note(text: str) -> None:
    """Say what is being done."""
    Console(stderr=True).print(text)


def run(main: Callable[[], int]) -> NoReturn:
    """End the process with what `main` returns, or by Ctrl-C."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
