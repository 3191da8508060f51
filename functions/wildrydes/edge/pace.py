"""Sends requests at a steady rate, whether or not those before have been answered, as many callers would."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

from wildrydes.edge.outcomes import EdgeRow, Outcome

AT_ONCE = 16
"""Requests that may be under way together. Where all are, the next ones wait."""


def send(
    rows: Sequence[EdgeRow],
    ask: Callable[[EdgeRow], Outcome],
    rate: float,
    seconds: float,
    *,
    clock: Callable[[], float] = monotonic,
    pause: Callable[[float], None] = sleep,
) -> list[Outcome]:
    """The outcomes of `rate` requests a second for so many seconds, one at least; the rows come round again."""
    began = clock()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = []
        for number in range(max(1, round(rate * seconds))):
            wait = began + number / rate - clock()
            if wait > 0:
                pause(wait)
            futures.append(pool.submit(ask, rows[number % len(rows)]))
        return [future.result() for future in futures]
