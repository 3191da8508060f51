"""The lines that a function's process writes: all that were written before its answer, by whomever they are read."""

import os
import queue
import threading
from collections.abc import Iterator
from typing import IO

import pytest

from local.lambda_ import output
from local.lambda_.output import Output


class Process:
    """A pipe, as that of a function's process, and the queue of its lines."""

    def __init__(self, most: int = 0) -> None:
        reader, self.writer = os.pipe()
        self.pipe: IO[bytes] = os.fdopen(reader, "rb")
        self.queue: queue.Queue[str] = queue.Queue(most)
        self.output = Output()

    def write(self, text: str) -> None:
        os.write(self.writer, text.encode())

    def lines(self) -> list[str]:
        self.output.take_in(self.pipe, self.queue)
        return [self.queue.get_nowait() for _ in range(self.queue.qsize())]

    def close(self) -> None:
        os.close(self.writer)
        self.writer = -1


@pytest.fixture
def process() -> Iterator[Process]:
    process = Process()
    yield process
    process.pipe.close()
    if process.writer >= 0:
        process.close()


def test_lines_are_there_although_no_thread_came_by(process: Process) -> None:
    process.write("a\nb\r\n")
    assert process.lines() == ["a", "b"]
    process.write("half")
    assert process.lines() == []
    process.write(" a line\nc\n")
    assert process.lines() == ["half a line", "c"]


def test_lines_are_there_once_beside_a_thread_that_reads_too(process: Process) -> None:
    pump = threading.Thread(target=process.output.pump, args=(process.pipe, process.queue))
    pump.start()
    for number in range(300):
        process.write("".join(f"{number}-{place}\n" for place in range(10)))
        assert process.lines() == [f"{number}-{place}" for place in range(10)]
    process.write("the last, without an end")
    process.close()
    pump.join()
    assert process.pipe.closed
    assert process.lines() == ["the last, without an end"]


def test_what_is_written_while_lines_are_taken_in_is_not_waited_for(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, numbers = os.read, iter(range(1, 100))

    def read_and_print(descriptor: int, size: int) -> bytes:
        block = read(descriptor, size)
        for number in numbers:
            process.write(f"{number}\n")
            break
        return block

    monkeypatch.setattr(output.os, "read", read_and_print)
    process.write("0\n")
    assert process.lines() == ["0"]
    assert process.lines() == ["1"]


def test_of_too_many_lines_the_last_are_kept() -> None:
    process = Process(most=2)
    process.write("a\nb\nc\n")
    assert process.lines() == ["b", "c"]
    process.close()
    process.pipe.close()
