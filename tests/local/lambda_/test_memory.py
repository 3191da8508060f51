"""What the watch of functions' memory does where processes end while it looks at them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest

from local.lambda_ import memory
from local.lambda_.memory import Work

WAITING = [sys.executable, "-c", "import threading; threading.Event().wait()"]


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[psutil.Process, psutil.Process]]:
    """Two processes of a work: the first has ended since they were listed, the second goes on."""
    with ExitStack() as started:
        ended, running = (started.enter_context(subprocess.Popen(WAITING)) for _ in range(2))
        listed = psutil.Process(ended.pid), psutil.Process(running.pid)
        ended.kill()
        ended.wait()
        monkeypatch.setattr(memory, "processes_of", lambda _: list(listed))
        yield listed
        running.kill()


def test_all_that_is_left_of_a_work_is_ended(pair: tuple[psutil.Process, psutil.Process]) -> None:
    work = Work(lambda: pair[1].pid, most_bytes=1)
    work.look()
    assert work.is_ended
    assert pair[1].wait(timeout=30) is not None


def test_what_is_resident_is_that_of_the_processes_that_run(pair: tuple[psutil.Process, psutil.Process]) -> None:
    work = Work(lambda: pair[1].pid, most_bytes=1 << 40)
    work.look()
    assert (work.peak_bytes > 0, work.is_ended) == (True, False)
