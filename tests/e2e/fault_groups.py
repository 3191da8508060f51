"""Runs the groups of the fault matrix side by side: most of an execution is waiting, and two cores have time for eight.

A lane is one stack, or one task of one, whose executions come one after the other. A group has steps in several lanes.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from fault_cells import Cell
from fault_course import GOOD, NOT_RUN, Course, Result
from fault_report import Matrix

Step = Callable[[], Iterable[Course]]
"""The courses of a group in a lane, each begun when the one before it has ended."""


@dataclass
class Progress:
    """Says how many cells have a result, every so many of them; threads may share it."""

    say: Callable[[str], None]
    every: int = 25
    start: float = field(default_factory=time.monotonic)
    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, result: Result) -> None:
        """Count a result; a bad one is said at once."""
        with self.lock:
            self.counts[result.cell.machine] += 1
            if result.outcome not in (*GOOD, NOT_RUN):
                self.say(f"{result.cell}: {result.outcome} {result.detail[:300]}")
            if self.counts.total() % self.every == 0:
                counts = ", ".join(f"{machine} {count}" for machine, count in sorted(self.counts.items()))
                self.say(f"{time.monotonic() - self.start:4.0f} s: {self.counts.total()} cells ({counts})")


class Groups:
    """The groups that have begun, and their lanes."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._lanes: dict[str, ThreadPoolExecutor] = {}
        self._runs: dict[str, list[Future[list[Result]]]] = {}

    def begin(self, group: str, lane: str, step: Step) -> None:
        """Run a group's step when all that was begun in this lane before has ended."""
        executor = self._lanes.setdefault(lane, ThreadPoolExecutor(1))
        self._runs.setdefault(group, []).append(executor.submit(self._run, step))

    def _run(self, step: Step) -> list[Result]:
        results: list[Result] = []
        for course in step():
            try:
                course.run(self._is_over)
            finally:
                results += course.results
                with self._lock:
                    self._matrix.results += course.results
        return results

    def _is_over(self) -> bool:
        return self._ending.is_set() or time.monotonic() > self._matrix.end

    def results(self, group: str) -> list[Result]:
        """What came of a group, once all of it has ended."""
        return [result for run in self._runs[group] for result in run.result()]

    def close(self) -> None:
        """Begin nothing more, and wait for what runs."""
        self._ending.set()
        for executor in self._lanes.values():
            executor.shutdown(cancel_futures=True)


def parts(cells: list[Cell], count: int) -> list[list[Cell]]:
    """The cells in so many parts, each with its share of those that end executions and of those that must not."""
    failing, others = ([cell for cell in cells if cell.recovers is recovers] for recovers in (False, True))
    return [failing[place::count] + others[place::count] for place in range(count)]
