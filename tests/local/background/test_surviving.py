"""A background thread goes on after a fault, and the log has it."""

import threading

import pytest

from local.background import surviving
from local.lambda_ import poller


@pytest.fixture(autouse=True)
def without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surviving, "_PAUSE_SECONDS", 0)


def test_fault_is_logged_with_its_trace_and_does_not_leave(caplog: pytest.LogCaptureFixture) -> None:
    with surviving.surviving("Scheduler"):
        raise RuntimeError("dictionary changed size during iteration")
    (record,) = caplog.records
    assert record.getMessage() == "Scheduler met a fault of this server, and goes on"
    assert "dictionary changed size during iteration" in caplog.text


def test_poller_that_meets_a_fault_polls_on(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    rounds: list[str] = []
    done = threading.Event()

    class FaultyPoller(poller.Poller):
        def _take_batch(self) -> None:
            rounds.append("round")
            if len(rounds) == 1:
                raise RuntimeError("a fault")
            self.stop()

        def _leaves(self) -> bool:
            if self._stopped:
                done.set()
            return self._stopped

    FaultyPoller({"FunctionName": "store_rides"}, "123456789012", "us-east-1").start()
    assert done.wait(60)
    assert rounds == ["round", "round"]
    assert "The poller of store_rides met a fault of this server, and goes on" in caplog.text
