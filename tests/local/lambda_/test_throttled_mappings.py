"""A mapping whose function is throttled: "How Lambda processes records from queues", backoff for failed invocations."""

from typing import Any

import pytest

from local.lambda_ import poller as module
from local.lambda_.poller import Poller

THROTTLED = {"error": True, "throttle": True}
DONE = {"body": None}
FAILED = {"error": True, "body": {"errorType": "BadRide"}}


class Function:
    """Answers with these results, one after the other, the last again and again."""

    def __init__(self, *results: dict[str, Any]) -> None:
        self.results = list(results)
        self.calls = 0

    def __call__(self, function: dict[str, Any], event: Any) -> dict[str, Any]:
        self.calls += 1
        return self.results.pop(0) if len(self.results) > 1 else self.results[0]


@pytest.mark.parametrize(
    ("results", "visibility_seconds", "calls", "last"),
    [
        ([THROTTLED, THROTTLED, DONE], 60, 3, DONE),
        ([THROTTLED, FAILED], 60, 2, FAILED),
        ([FAILED], 60, 1, FAILED),
        ([THROTTLED], 0, 1, THROTTLED),
    ],
)
def test_throttled_function_is_called_until_its_messages_are_visible_again(
    monkeypatch: pytest.MonkeyPatch, results: list[dict[str, Any]], visibility_seconds: int, calls: int, last: Any
) -> None:
    function = Function(*results)
    monkeypatch.setattr(module, "execute", function)
    monkeypatch.setattr(module, "_THROTTLED_SECONDS", (0.001, 0.001))
    poller = Poller({"UUID": "mapping"}, "123456789012", "us-east-1")
    assert poller._execute({}, {"Records": []}, visibility_seconds) == last
    assert function.calls == calls


def test_poller_that_is_stopped_calls_a_throttled_function_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    function = Function(THROTTLED)
    monkeypatch.setattr(module, "execute", function)
    poller = Poller({"UUID": "mapping"}, "123456789012", "us-east-1")
    poller.stop()
    assert poller._execute({}, {"Records": []}, 3600) == THROTTLED
    assert function.calls == 1
