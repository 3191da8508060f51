"""What ends a command from outside: Ctrl-C, SIGTERM and SIGHUP.

All three raise KeyboardInterrupt, so that a command cleans up in the same way whichever comes. `held_back` defers them
for a few lines that must not be cut in two.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from types import FrameType

import click

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FIRST_CODE = 128


@contextlib.contextmanager
def like_ctrl_c() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt in the block, as Ctrl-C does; SIGHUP not where nohup ignores it.

    Elsewhere than in the main thread, which alone is interrupted, this does nothing.
    """
    heeded = [number for number in _SIGNALS[1:] if signal.getsignal(number) is not signal.SIG_IGN]

    def interrupt(number: int, _: FrameType | None) -> None:
        # A terminal that closes sends SIGHUP more than once: the second must not cut the cleaning up short.
        for each in heeded:
            signal.signal(each, lambda *_: None)
        raise KeyboardInterrupt(number)

    with _handling(heeded, interrupt):
        yield


def exit_code(fault: BaseException) -> int:
    """The exit code after KeyboardInterrupt, or click's Abort that came of it: 130, 143 or 129, as of the signal."""
    origin = fault.__cause__ if isinstance(fault, click.Abort) else fault
    number = origin.args[0] if isinstance(origin, KeyboardInterrupt) and origin.args else signal.SIGINT
    return _FIRST_CODE + int(number)


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Hold Ctrl-C, SIGTERM and SIGHUP back until the end of the block, where the first that came has its effect.

    Elsewhere than in the main thread, which alone is interrupted, this does nothing.
    """
    arrivals: list[int] = []
    try:
        with _handling(_SIGNALS, lambda came, _: arrivals.append(came)):
            yield
    finally:
        # Also where the block fails: whoever catches that would go on.
        for number in arrivals[:1]:
            signal.raise_signal(number)


@contextlib.contextmanager
def _handling(numbers: Iterable[int], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Let `handler` take these signals for the length of the block, if this is the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
