"""What goes on after a restart: an entry that meets a fault takes no other with it."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from local.lambda_ import invocations
from local.stepfunctions import saving


def test_an_event_that_cannot_be_put_again_takes_no_other_with_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    again: list[str] = []

    def put_again(_: Any, entry: dict[str, Any]) -> None:
        if entry["function"] == "broken":
            raise KeyError("scope")
        again.append(entry["function"])

    monkeypatch.setattr(invocations.Invocations, "_put_again", put_again)
    part = invocations.Invocations(destinations=None).part()  # pyright: ignore[reportArgumentType]
    part.put_back([{"function": "first"}, {"function": "broken"}, {"function": "last"}])
    part.go_on()
    assert again == ["first", "last"]
    assert "An event for broken is lost" in caplog.text


def test_an_execution_that_cannot_be_ended_takes_no_other_with_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ended: list[str] = []

    def execution(name: str) -> Any:
        def end() -> None:
            if name == "broken":
                raise AttributeError("no worker")
            ended.append(name)

        env = SimpleNamespace(set_error=lambda _: None)
        worker = SimpleNamespace(env=env, _execution_communication=SimpleNamespace(terminated=end))
        return SimpleNamespace(name=name, start_date=datetime(2026, 1, 1, tzinfo=UTC), exec_worker=worker)

    def child(name: str) -> Any:
        return SimpleNamespace(
            end_with_parent=lambda _: execution(name).exec_worker._execution_communication.terminated()
        )

    monkeypatch.setattr(saving, "running", lambda: [execution(name) for name in ("broken", "last")])
    children: Any = SimpleNamespace(all=lambda: [child("broken"), child("child")])
    saving._interrupt(children, lambda *_: 0)
    assert ended == ["child", "last"]
    assert "The end of execution broken" in caplog.text
