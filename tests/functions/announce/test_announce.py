"""announce with Step Functions and a topic in its place: what is published, and what is counted."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aws import executions, settings, topics
from courses import START, History
from wildrydes.errors import BadEndEvent, EndNotSeen, MissingSetting

EVENTS = Path(__file__).parents[3] / "events"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:wildrydes-retrain"
ABORTED = json.loads((EVENTS / "announce_retraining_aborted.json").read_text(encoding="utf-8"))
MEASURE = json.loads((EVENTS / "announce_measure.json").read_text(encoding="utf-8"))
OVER = json.loads((EVENTS / "announce_alarm_over.json").read_text(encoding="utf-8"))
ARN = ABORTED["detail"]["executionArn"]


class StepFunctions:
    """In the place of its client: one history in pages, and the ends of executions that succeeded, newest first."""

    def __init__(self) -> None:
        self.history: list[dict[str, Any]] = []
        self.described: dict[str, dict[str, Any]] = {ARN: {"status": "ABORTED", "input": '{"task": "magic_points"}'}}
        self.succeeded: list[dict[str, Any]] = []

    def describe_execution(self, executionArn: str) -> dict[str, Any]:  # noqa: N803
        return {"executionArn": executionArn} | self.described[executionArn]

    def describe_state_machine(self, stateMachineArn: str) -> dict[str, Any]:  # noqa: N803
        assert stateMachineArn == MACHINE
        return {"creationDate": START}

    def get_paginator(self, operation: str) -> Any:
        self.operation = operation
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        if self.operation == "get_execution_history":
            assert request["executionArn"] in self.described
            yield from ({"events": [event]} for event in self.history)
        else:
            assert request == {"stateMachineArn": MACHINE, "statusFilter": "SUCCEEDED"}
            yield {"executions": self.succeeded}


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> StepFunctions:
    machines = StepFunctions()
    monkeypatch.setattr(executions, "client", lambda _: machines)
    return machines


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The requests to publish, in their order."""
    requests: list[dict[str, str]] = []

    class Topics:
        def publish(self, **request: str) -> None:
            requests.append(request)

    monkeypatch.setattr(topics, "client", lambda _: Topics())
    return requests


@pytest.fixture
def announce(run: Any, machines: StepFunctions, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    monkeypatch.setenv("TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:notices")
    monkeypatch.setenv("RETRAIN_ARN", MACHINE)
    settings.announce_settings.cache_clear()
    return lambda event: run("announce", event)


def measured(output: str) -> dict[str, Any]:
    """Every metric that was written, by its name."""
    lines = [json.loads(line) for line in output.splitlines() if '"_aws"' in line]
    return {
        metric["Name"]: line[metric["Name"]]
        for line in lines
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }


def test_the_example_of_a_stopped_retraining_is_published_and_counted(
    announce: Any, machines: StepFunctions, published: list[dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    history = History()
    history.enter("Train candidates", "Map")
    history.wait(7)
    machines.history = history.end("Aborted")
    assert announce(ABORTED) == {"workflow": "retrain", "outcome": "aborted", "announced": "Retraining was stopped"}
    (request,) = published
    assert (request["TopicArn"][-7:], request["Subject"]) == ("notices", "Retraining was stopped")
    assert "state    Train candidates\n" in request["Message"]
    assert measured(capsys.readouterr().out) == {"Executions": 1, "StateSeconds": [7.0]}


def test_promotion_counts_the_age_of_the_champion_by_task(
    announce: Any,
    machines: StepFunctions,
    published: list[dict[str, str]],
    bucket: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = {"execution": "run-1", "model_path": "models/magic_points/run-1/run-1/output/model.tar.gz"}
    arn = ARN.replace("-retrain:", "-promote:")
    machines.described[arn] = {"status": "SUCCEEDED", "output": json.dumps(output)}
    machines.history = History().end("Succeeded")
    event = {"detail": {"executionArn": arn, "status": "SUCCEEDED"}}
    announce(event)
    # Its card is gone: what else there is to tell is told.
    assert measured(capsys.readouterr().out) == {"Executions": 1}
    card = {"execution": "run-1", "target": "magic_points", "model_path": output["model_path"], "threshold": None}
    card |= {"kind": "regression", "rows": 2, "features": ["distance"], "metrics": {}, "hyperparameters": {}}
    card |= {
        "created": (datetime.now(UTC) - timedelta(days=12)).isoformat(),
        "verdict": {"promote": True, "reason": ""},
    }
    bucket.put("models/magic_points/run-1/card.json", json.dumps(card))
    announce(event)
    written = capsys.readouterr().out
    assert measured(written) == {"Executions": 1, "ChampionAgeDays": 12.0}
    (line,) = [json.loads(line) for line in written.splitlines() if '"ChampionAgeDays"' in line]
    assert line["task"] == "magic_points"
    assert [each["Subject"] for each in published] == ["Promotion: run-1 is live"] * 2


def test_history_that_lags_is_read_again_and_nothing_is_published_before(
    announce: Any, machines: StepFunctions, published: list[dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    history = History()
    history.enter("Train candidates", "Map")
    machines.history = history.events
    with pytest.raises(EndNotSeen):
        announce(ABORTED)
    assert published == []
    assert measured(capsys.readouterr().out) == {}


def test_the_example_of_a_measurement_counts_the_days_since_the_last_that_did_not_yield(
    announce: Any, machines: StepFunctions, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, days, output in (("yielded", 9, '{"yielded_to": "a"}'), ("kept", 4, "{}"), ("older", 1, "{}")):
        machines.succeeded.append({"executionArn": name, "stopDate": START + timedelta(days=days)})
        machines.described[name] = {"status": "SUCCEEDED", "output": output}
    assert announce(MEASURE) == {"days": 10.0}
    assert measured(capsys.readouterr().out) == {"DaysSinceRetraining": 10.0}


def test_days_count_from_the_workflows_creation_where_no_retraining_has_ended_well(announce: Any) -> None:
    assert announce(MEASURE) == {"days": 14.0}


def test_the_example_of_an_alarm_that_is_over_is_published_with_its_reason(
    announce: Any, published: list[dict[str, str]]
) -> None:
    assert announce(OVER) == {"announced": 'OK: "wildrydes-rides-late"'}
    (request,) = published
    assert request["Subject"] == 'OK: "wildrydes-rides-late"'
    assert OVER["detail"]["state"]["reason"] in request["Message"]
    assert "docs/operations.md#rides-late" in request["Message"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"previousState": {"value": "INSUFFICIENT_DATA"}}, "came from INSUFFICIENT_DATA to OK"),
        ({"state": {"value": "ALARM", "reason": ""}}, "came from ALARM to ALARM"),
        ({"state": "OK"}, "no change of an alarm"),
    ],
)
def test_an_alarm_that_is_new_or_goes_off_is_not_told_of_as_over(
    announce: Any, published: list[dict[str, str]], change: dict[str, Any], why: str
) -> None:
    with pytest.raises(BadEndEvent, match=why):
        announce(OVER | {"detail": OVER["detail"] | change})
    assert published == []


def test_wrong_event_and_missing_setting_are_refused_by_name(announce: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadEndEvent, match="no end of an execution"):
        announce({"detail": {"status": "RUNNING", "executionArn": ARN}})
    monkeypatch.delenv("TOPIC_ARN")
    settings.announce_settings.cache_clear()
    with pytest.raises(MissingSetting, match="TOPIC_ARN"):
        announce(ABORTED)
