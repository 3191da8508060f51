"""Progress bars of the commands that count: how much is done of all, and the time since."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Show = Callable[[int], object]
"""Takes how much is done."""

_PATIENCE_SECONDS = 2
_SAID_AGAIN_SECONDS = 10


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


@contextmanager
def late_bar(description: str, total: int, clock: Callable[[], float] = time.monotonic) -> Iterator[Show]:
    """A bar that is shown only where the block takes longer than two seconds."""
    start, shows = clock(), list[Show]()
    with ExitStack() as stack:

        def show(done: int) -> None:
            if not shows and clock() - start > _PATIENCE_SECONDS:
                shows.append(stack.enter_context(bar(description, total)))
            for each in shows:
                each(done)

        yield show


@contextmanager
def signs_of_life(
    console: Console,
    describe: Callable[[], str],
    first_pause: float = _PATIENCE_SECONDS,
    next_pauses: float = _SAID_AGAIN_SECONDS,
) -> Iterator[None]:
    """Prints how far the block is, after a first pause and then again and again; nothing if it is over before.

    The pauses are in seconds. `describe` is called in a thread of its own, and has to answer whatever goes wrong.
    """
    over, begun = threading.Event(), time.monotonic()

    def print_progress() -> None:
        pause = first_pause
        while not over.wait(pause):
            console.print(f"  {describe()} after {time.monotonic() - begun:.0f} s", style="dim", markup=False)
            pause = next_pauses

    thread = threading.Thread(target=print_progress, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
