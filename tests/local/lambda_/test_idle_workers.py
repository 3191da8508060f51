"""Processes of functions that nobody calls are ended, the first of each version too."""

from dataclasses import dataclass

from local.lambda_.idle_workers import take_idle


@dataclass
class Worker:
    last_used: float
    in_use: bool = False


def test_idle_workers_are_taken_out_and_those_at_work_or_called_lately_stay() -> None:
    idle, lately, working = Worker(100.0), Worker(100.5), Worker(0.0, in_use=True)
    only = Worker(99.0)
    workers = {"shared": [idle, lately, working], "alone": [only]}
    assert take_idle(workers, 100.0) == [idle, only]
    assert workers == {"shared": [lately, working]}
