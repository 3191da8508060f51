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
    # The state that makes the output is still to come.
    assert lines_of(cost)["state transition"] == 2
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
    run("account_costs", failed | {"detail": failed["detail"] | begun})
    # Its end after the redrive is told by itself.
    again = {"execution": failed["detail"]["executionArn"], "started": "2026-10-31T23:59:00.000Z"}
    run("account_costs", again)
    assert bucket.keys("costs/") == ["costs/2026-10/retrain-failed-run.json"]
    # Nothing of it is of the month that is, unless that month is.
    assert [metrics(line)["MonthSpend"] for line in capsys.readouterr().out.splitlines() if "MonthSpend" in line] == [
        0.0, 0.0,
    ]  # fmt: skip


def test_execution_of_a_definition_of_before_counts_in_the_month_that_is(bucket: Any, run: Any) -> None:
    run("account_costs", {"execution": EVENTS["account_costs_retraining"]["execution"]})
    assert bucket.keys("costs/") == [f"costs/{datetime.now(UTC):%Y-%m}/retrain-first-run.json"]


def test_card_that_is_gone_fails_nothing(bucket: Any, run: Any) -> None:
    assert run("account_costs", EVENTS["account_costs_retraining"])["cost"]["total_usd"] > 0
    assert bucket.keys("models/") == []
