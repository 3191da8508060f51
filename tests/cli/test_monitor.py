"""`wildrydes monitor`: which input it starts the workflow with, what it prints of its documents, and what it writes."""

import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from cli import __main__ as commands
from cli import executions, monitor, options
from cli.executions import Progress
from cli.stack import NoStackError, Stack
from simulated_traffic import DATE, card, day, weather
from wildrydes.monitoring.report import Period, report, watch_of

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:rydes"
OUTPUTS = {
    "DataBucketName": "data",
    "StateMachineArn": f"{ARN}-retrain",
    "PromoteStateMachineArn": f"{ARN}-promote",
    "MonitorStateMachineArn": f"{ARN}-monitor",
}
KEY = f"monitoring/heavy_utilization/{DATE}.json"

Run = Callable[..., int]


def document() -> bytes:
    chance = Random(11)
    days = weather(chance)
    champion = card(12, days)
    watch = watch_of(champion, Period(DATE, "2026-11-19"))
    for observation in day(chance, days, 200, lambda row: row | {"TMIN": 0.0}):
        watch.add(observation)
    now = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
    return json.dumps(report(champion, Period(DATE, "2026-11-19"), watch, 0, now)).encode()


class Services:
    """Step Functions and S3, as far as the command asks them."""

    def __init__(self, outcomes: list[dict[str, Any]]) -> None:
        self.started: list[dict[str, Any]] = []
        self.progress = Progress(
            "SUCCEEDED", output=json.dumps({"date": DATE, "outcomes": outcomes, "left_out": LEFT_OUT})
        )

    def client(self, service: str) -> Any:
        body = io.BytesIO(document())
        return {
            "stepfunctions": SimpleNamespace(start_execution=self.start),
            "s3": SimpleNamespace(get_object=lambda Bucket, Key: {"Body": body}),  # noqa: N803 - boto3's names
        }[service]

    def start(self, **request: Any) -> dict[str, str]:
        self.started.append(request)
        arn = request["stateMachineArn"].replace(":stateMachine:", ":execution:")
        return {"executionArn": f"{arn}:{request['name']}"}

    def follow(self, _stack: Stack, _arn: str) -> Iterator[Progress]:
        yield self.progress


LEFT_OUT = {
    "objects": 1, "lines": 2, "unchecked": 0, "remark": "captures were left out",
    "keys": ["damaged/objects/predictions/2026/11/25/a.gz", "damaged/lines/predictions/2026/11/25/b.gz"],
}  # fmt: skip
OUTCOME = {
    "task": "heavy_utilization", "date": DATE, "model": "run-1", "key": KEY, "drifted": ["TMIN"], "failed": False,
    "quality_loss": -0.1, "outcomes": 200, "predictions": 200,
}  # fmt: skip
NO_CHAMPION = OUTCOME | {"task": "pick_duration", "model": None, "key": None, "drifted": []}


@pytest.fixture
def services() -> Services:
    return Services([OUTCOME, NO_CHAMPION])


@pytest.fixture
def run(services: Services, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the command on a stack of these services; pages go below the test's folder."""
    stack = Stack("rydes", OUTPUTS, services.client, NOW.timestamp)
    monkeypatch.setattr(Stack, "describe", lambda *_: stack)
    monkeypatch.setattr(options, "account", lambda *_: None)
    monkeypatch.setattr(executions, "follow", services.follow)
    monkeypatch.setattr(monitor, "BUILD", tmp_path)
    return lambda *arguments: commands.main(["monitor", *arguments])


def test_a_day_is_a_table_and_a_page(run: Run, services: Services, tmp_path: Path, capsys: Any) -> None:
    assert run("--date", DATE, "--task", "heavy_utilization") == 0
    (request,) = services.started
    assert json.loads(request["input"]) == {"date": DATE, "task": "heavy_utilization"}
    assert request["stateMachineArn"] == OUTPUTS["MonitorStateMachineArn"]
    text = " ".join(capsys.readouterr().out.split())
    assert f"Predictions of {DATE}, and truths from 2026-11-19 on:" in text
    assert re.search(r"heavy_utilization run-1 200 TMIN \d+\.\d{3} \d\.\d{3} 200 0\.\d{4} \(0\.\d{4} to", text)
    assert "pick_duration: no model has been promoted yet." in text
    assert f"Captures were left out: {' '.join(LEFT_OUT['keys'])}" in text
    assert (tmp_path / "monitor" / DATE / "heavy_utilization.html").exists()
    assert not (tmp_path / "monitor" / DATE / "pick_duration.html").exists()


def test_json_has_the_outcomes_with_their_pages(run: Run, services: Services, tmp_path: Path, capsys: Any) -> None:
    assert run("--json") == 0
    assert json.loads(services.started[0]["input"]) == {}
    printed = json.loads(capsys.readouterr().out)
    page = str(tmp_path / "monitor" / DATE / "heavy_utilization.html")
    assert (printed["date"], printed["tasks"]) == (DATE, [OUTCOME | {"page": page}, NO_CHAMPION])
    assert printed["left_out"] == LEFT_OUT


def test_an_execution_that_failed_is_concluded_as_others_are(
    run: Run, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.progress = Progress("FAILED", error="MonitoringFailed")
    ends: list[tuple[str, str | None]] = []

    def conclude(_: Stack, arn: str, progress: Progress, *_more: Any, **_options: Any) -> int:
        ends.append((arn, progress.error))
        return 1

    monkeypatch.setattr(monitor, "conclude", conclude)
    assert run() == 1
    ((arn, error),) = ends
    assert (":execution:rydes-monitor:monitor-" in arn, error) == (True, "MonitoringFailed")


def test_today_may_be_looked_at_and_tomorrow_may_not(run: Run, services: Services, capsys: Any) -> None:
    assert run("--date", f"{NOW:%Y-%m-%d}") == 0
    assert run("--date", f"{NOW + timedelta(days=1):%Y-%m-%d}") == 2
    assert "2026-12-02 has not begun yet" in " ".join(capsys.readouterr().err.split())
    assert len(services.started) == 1


@pytest.mark.parametrize("wrong", [("--date", "yesterday"), ("--date", "2026-02-30"), ("--task", "weather")])
def test_wrong_usage_starts_nothing(run: Run, services: Services, wrong: tuple[str, str], capsys: Any) -> None:
    assert run(*wrong) == 2
    assert services.started == []


def test_a_stack_of_before_has_no_such_workflow(services: Services) -> None:
    old = Stack("rydes", {name: OUTPUTS[name] for name in list(OUTPUTS)[:3]}, services.client)
    assert "retrain" in old.machines()
    assert "monitor" not in old.machines()
    with pytest.raises(NoStackError, match="no output MonitorStateMachineArn"):
        old.machine("monitor")
