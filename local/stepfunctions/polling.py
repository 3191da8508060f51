"""How long a task waits between two looks at the job that it waits for."""

from collections.abc import Iterator

_FIRST_SECONDS = 0.05
_LONGEST_SECONDS = 0.5
_GROWTH = 1.15


def pauses() -> Iterator[float]:
    """Seconds, from 0.05 to 0.5: a short job's end is seen at once, and a long one is not asked about all the time.

    Step Functions itself looks after seconds, then minutes.
    """
    seconds = _FIRST_SECONDS
    while True:
        yield seconds
        seconds = min(_LONGEST_SECONDS, seconds * _GROWTH)
