"""Progress bars of the commands that count: how much is done of all, and the time since."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Show = Callable[[int], object]
"""Takes how much is done."""


def bars(console: Console, *, transient: bool = False) -> Progress:
    """Shows as many bars as it is given tasks; `transient` ones leave nothing behind."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=transient)


@contextmanager
def bar(description: str, total: int) -> Iterator[Show]:
    """A bar for the length of the block, which leaves nothing behind: results alone are on standard output."""
    with bars(Console(stderr=True), transient=True) as progress:
        task = progress.add_task(description, total=total)
        yield lambda done: progress.update(task, completed=done)
