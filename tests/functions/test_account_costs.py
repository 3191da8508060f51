"""account_costs: the cost in the answer, the card, the ledger and the line of metrics."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import account_costs.app
from histories import History
from wildrydes.cost.execution import Children

ROOT = Path(__file__).parents[2]
EVENTS = {path.stem: json.loads(path.read_text("utf-8")) for path in (ROOT / "events").glob("account_costs_*.json")}
CARD = "models/first-run/card.json"


class Records:
    """One function's call, of any execution."""

    def __init__(self, _client: Any, _memory: Any) -> None:
        self.own = History()
        self.own.task("lambda", "invoke", {"FunctionName": "any"}, seconds=2)

    def history(self, execution: str) -> list[Any]:
        assert execution.startswith("arn:aws:states:us-east-1:123456789012:execution:wildrydes-retrain:")
        return self.own.events

    def children(self, map_run: str, most: int) -> Children:
        raise AssertionError("there is no Map")

    def memory_of(self, function: str) -> int:
        return 1024

    def trained_by(self, tuning_job: str) -> list[Any]:
        raise AssertionError("there is no tuning job")


@pytest.fixture(autouse=True)
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_costs.app, "ExecutionRecords", Records)


def lines_of(cost: dict[str, Any]) -> dict[str, float]:
    return {line["unit"]: line["quantity"] for line in cost["lines"]}


def metrics(output: str) -> dict[str, Any]:
    (line,) = [line for line in output.splitlines() if "CloudWatchMetrics" in line]
    return json.loads(line)


def test_cost_is_answered_and_added_to_the_card(bucket: Any, run: Any) -> None:
    bucket.put(CARD, json.dumps({"execution": "first-run", "field of another version": 1}))
    cost = run("account_costs", EVENTS["account_costs_retraining"])["cost"]
    # The states that look at it, read it, and make the output are still to come.
    assert lines_of(cost)["state transition"] == 4
    assert lines_of(cost)["GB-second (x86)"] == 2
    assert (cost["region"], cost["unpriced"]) == ("us-east-1", [])
    assert cost["total_usd"] == pytest.approx(sum(line["usd"] for line in cost["lines"]))
    assert bucket.json(CARD) == {"execution": "first-run", "field of another version": 1, "cost": cost}


def test_month_is_the_sum_of_its_executions_however_often_each_is_accounted(
    bucket: Any, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run("account_costs", EVENTS["account_costs_retraining"])
    run("account_costs", EVENTS["account_costs_retraining"])
    capsys.readouterr()
    failed = run("account_costs", EVENTS["account_costs_failed_execution"])["cost"]
    assert lines_of(failed)["state transition"] == 1
    keys = sorted(bucket.keys("costs/"))
    assert [key.rpartition("/")[2] for key in keys] == ["retrain-failed-run.json", "retrain-first-run.json"]
    entries = [bucket.json(key) for key in keys]
    assert entries[0]["cost"] == failed
    line = metrics(capsys.readouterr().out)
    assert line["ExecutionCost"] == pytest.approx(failed["total_usd"])
    assert line["MonthSpend"] == pytest.approx(sum(entry["cost"]["total_usd"] for entry in entries))
    assert (line["service"], line["workflow"]) == ("wildrydes", "retrain")
    dimensions = {each["Metrics"][0]["Name"]: each["Dimensions"] for each in line["_aws"]["CloudWatchMetrics"]}
    assert dimensions == {"ExecutionCost": [["service", "workflow"]], "MonthSpend": [["service"]]}


def test_execution_that_is_redriven_in_another_month_is_counted_once_in_that_of_its_start(
    bucket: Any, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = EVENTS["account_costs_failed_execution"]
    begun = {"startDate": datetime(2026, 10, 31, 23, 59, tzinfo=UTC).timestamp() * 1000}
    first = run("account_costs", failed | {"detail": failed["detail"] | begun})["cost"]["total_usd"]
    # Its end after the redrive is told by itself.
    again = {"execution": failed["detail"]["executionArn"], "started": "2026-10-31T23:59:00.000Z"}
    run("account_costs", again)
    assert bucket.keys("costs/") == ["costs/2026-10/retrain-failed-run.json"]
    # The month that is has it once.
    usd = bucket.json("costs/2026-10/retrain-failed-run.json")["cost"]["total_usd"]
    assert spends(capsys.readouterr().out) == pytest.approx([first, usd])


def test_execution_that_crosses_the_end_of_a_month_is_in_the_spend_of_the_month_in_which_it_ends(
    bucket: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    october, november = datetime(2026, 10, 31, 23, 50, tzinfo=UTC), datetime(2026, 11, 1, 0, 10, tzinfo=UTC)
    for execution, usd, begun, now in (
        ("first", 1.0, october, october),
        ("crosses", 2.0, october, november),
        # It has failed in October, is redriven in November, and is accounted twice then.
        ("redriven", 4.0, october, october),
        ("redriven", 5.5, october, november),
        ("redriven", 5.5, october, november),
        ("last", 8.0, november, november),
        # A dead letter of September, replayed.
        ("late", 16.0, datetime(2026, 9, 1, tzinfo=UTC), november),
    ):
        account_costs.app.record(execution, {"total_usd": usd}, begun, now)
    assert spends(capsys.readouterr().out) == [1.0, 2.0, 5.0, 3.5, 3.5, 11.5, 27.5]
    assert len(bucket.keys("costs/2026-10/")) == 3


def test_object_of_the_ledger_of_before_counts_in_the_month_in_which_it_was_accounted(
    bucket: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = {"execution": "old", "time": "2026-11-01T00:01:00+00:00", "cost": {"total_usd": 2.0}}
    bucket.put("costs/2026-10/retrain-old.json", json.dumps(entry))
    november = datetime(2026, 11, 2, tzinfo=UTC)
    account_costs.app.record("new", {"total_usd": 1.0}, november, november)
    assert spends(capsys.readouterr().out) == [3.0]


def spends(output: str) -> list[float]:
    return [metrics(line)["MonthSpend"] for line in output.splitlines() if "MonthSpend" in line]


def test_execution_of_a_definition_of_before_counts_in_the_month_that_is(bucket: Any, run: Any) -> None:
    run("account_costs", {"execution": EVENTS["account_costs_retraining"]["execution"]})
    assert bucket.keys("costs/") == [f"costs/{datetime.now(UTC):%Y-%m}/retrain-first-run.json"]


def test_card_that_is_gone_fails_nothing(bucket: Any, run: Any) -> None:
    assert run("account_costs", EVENTS["account_costs_retraining"])["cost"]["total_usd"] > 0
    assert bucket.keys("models/") == []
