"""A Distributed Map, simulated child by child against AWS's quotas: its seconds, and what comes in its busiest one.

>>> run = simulate(children=1000, seconds=2.0, at_once=40)
>>> (round(run.seconds), run.at_once, run.puts_a_second)
(50, 40, 80)
"""

from collections import deque
from typing import NamedTuple

from wildrydes.cost.quotas import CHILDREN, CHILDREN_STARTED, FUNCTIONS, TRANSITIONS

TRANSITIONS_OF_CHILD = 2
"""Its start, and its one state."""

PUTS_OF_CHILD, GETS_OF_CHILD = 2, 1
"""Its rides and its report; its bytes."""


class MapRun(NamedTuple):
    """The seconds of the whole Map, the most children at once, and the most of each that begins in one second."""

    children: int
    seconds: float
    at_once: int
    started_a_second: int

    @property
    def puts_a_second(self) -> int:
        """PUT requests, which go under one prefix."""
        return self.started_a_second * PUTS_OF_CHILD

    @property
    def gets_a_second(self) -> int:
        """GET requests."""
        return self.started_a_second * GETS_OF_CHILD

    @property
    def transitions_a_second(self) -> int:
        """State transitions."""
        return self.started_a_second * TRANSITIONS_OF_CHILD


def simulate(children: int, seconds: float, at_once: int) -> MapRun:
    """A Map of so many children that each take so long, of which `at_once` may run.

    A child starts once a place is free, and a hundredth of a second after the one before it; its transitions wait for
    the account's bucket, which is full at first.
    """
    places = int(min(at_once, FUNCTIONS.value, CHILDREN.value))
    pace, tokens, clock, end = 1 / CHILDREN_STARTED.value, TRANSITIONS.value, 0.0, 0.0
    running, last_second = deque[float](), deque[float]()
    most_running, most_started = 0, 0
    for _ in range(children):
        start = max(clock, running.popleft()) if len(running) == places else clock
        tokens = min(TRANSITIONS.value, tokens + (start - clock) * TRANSITIONS.value)
        if tokens < TRANSITIONS_OF_CHILD:
            start += (TRANSITIONS_OF_CHILD - tokens) / TRANSITIONS.value
            tokens = TRANSITIONS_OF_CHILD
        tokens = min(TRANSITIONS.value, tokens - TRANSITIONS_OF_CHILD + pace * TRANSITIONS.value)
        while running and running[0] <= start:
            running.popleft()
        while last_second and last_second[0] <= start - 1:
            last_second.popleft()
        end = start + seconds
        running.append(end)
        last_second.append(start)
        most_running, most_started = max(most_running, len(running)), max(most_started, len(last_second))
        clock = start + pace
    return MapRun(children, end, most_running, most_started)
