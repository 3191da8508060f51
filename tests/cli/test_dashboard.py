"""`wildrydes dashboard` on the CloudWatch of the embedded AWS: what it asks, prints and writes."""

import doctest
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import __main__ as commands
from cli import dashboard, dashboard_widgets, options
from cli.dashboard_widgets import UnreadableDashboardError, complete, widgets_of
from cli.stack import Account, Stack
from local.account import EmbeddedAws

Client = Callable[[str], Any]


def chart(*rows: list[Any], **properties: Any) -> dict[str, Any]:
    return {"type": "metric", "properties": {"region": "us-east-1", "metrics": list(rows)} | properties}


@pytest.fixture
def stack(server: EmbeddedAws) -> Stack:
    """A stack on the embedded AWS whose dashboard is yet to be put."""
    account = Account.on_embedded_aws(server)
    return Stack("wildrydes", {"DashboardName": f"dashboard-{uuid.uuid4().hex[:8]}"}, account.client, account.now)


def put(stack: Stack, *widgets: dict[str, Any]) -> None:
    body = json.dumps({"widgets": widgets})
    stack.client("cloudwatch").put_dashboard(DashboardName=stack.outputs["DashboardName"], DashboardBody=body)


def run(monkeypatch: pytest.MonkeyPatch, stack: Stack, build: Path, *arguments: str) -> int:
    monkeypatch.setattr(Stack, "describe", lambda *_: stack)
    monkeypatch.setattr(options, "account", lambda *_: None)
    monkeypatch.setattr(dashboard, "BUILD", build)
    return commands.main(["dashboard", *arguments])


def test_charts_have_the_points_of_their_rows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stack: Stack, tmp_path: Path
) -> None:
    namespace = stack.outputs["DashboardName"]
    data = [
        {"MetricName": name, "Value": value, "Dimensions": [{"Name": "queue", "Value": queue}]}
        for name, queue, value in (("sent", "a", 3), ("sent", "a", 5), ("sent", "b", 10), ("late", "b", 7))
    ]
    stack.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)
    put(
        stack,
        {"type": "text", "y": 0, "x": 0, "width": 24, "properties": {"markdown": "# Queues"}},
        chart(
            [namespace, "sent", "queue", "a", {"label": "a", "id": "a"}],
            ["...", "b"],
            [".", "late", ".", ".", {"stat": "Maximum", "visible": False, "id": "late"}],
            [{"expression": "a + late", "label": "both", "id": "both"}],
            [namespace, "absent"],
            title="Sent",
            stat="Sum",
            period=3600,
        )
        | {"y": 1, "x": 0},
    )
    assert run(monkeypatch, stack, tmp_path, "--hours", "2", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    text, sent = shown["widgets"]
    assert (text["text"], sent["title"], sent["period"]) == ("# Queues", "Sent", 3600)
    totals = {each["label"]: sum(value for _, value in each["points"]) for each in sent["series"]}
    assert totals == {"a": 8, "sent b": 10, "both": 15, "absent": 0}
    assert shown["end"] - shown["start"] == pytest.approx(7200)
    page = Path(shown["page"]).read_text(encoding="utf-8")
    assert ("<span>sent b</span> <strong>10</strong>" in page, "<h2>Queues</h2>" in page) == (True, True)

    assert run(monkeypatch, stack, tmp_path) == 0
    assert capsys.readouterr().out.startswith("1 of 1 charts have points in the last 24 hours.\nThe page is ")
    assert run(monkeypatch, stack, tmp_path, "--hours", "1") == 0
    assert "charts have points in the last hour.\n" in capsys.readouterr().out


def test_it_looks_back_from_the_time_of_the_moved_clock(server: EmbeddedAws, stack: Stack) -> None:
    namespace = stack.outputs["DashboardName"]
    put(stack, chart([namespace, "m"], stat="Sum", period=60))

    def total(hours: float) -> float:
        (widget,) = dashboard.read(stack, hours)["widgets"]
        return sum(value for _, value in widget["series"][0]["points"])

    stack.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "m", "Value": 1}])
    assert total(1) == 1
    server.request("/_local/clock", advance_seconds=7200)
    assert (total(1), total(3)) == (0, 1)


def test_more_points_than_a_page_holds_are_all_drawn(stack: Stack) -> None:
    class Paged:
        def get_paginator(self, _: str) -> "Paged":
            return self

        def paginate(self, **request: Any) -> list[dict[str, Any]]:
            moment = request["StartTime"]
            parts = [("b", 1.0), ("a", 2.0), ("b", 3.0)]
            return [
                {"MetricDataResults": [{"Id": each, "Label": each, "Timestamps": [moment], "Values": [value]}]}
                for each, value in parts
            ]

    (widget,) = widgets_of(json.dumps({"widgets": [chart(["N", "m", {"id": "a"}], ["N", "n", {"id": "b"}])]}))
    end = dashboard.datetime.now(dashboard.UTC)
    series = dashboard.series_of(Paged(), widget.queries, end - dashboard.timedelta(hours=1), end)
    values = [(each["label"], [value for _, value in each["points"]]) for each in series]
    assert values == [("a", [2.0]), ("b", [1.0, 3.0])]


@pytest.mark.parametrize(
    ("row", "previous", "whole"),
    [
        (["N", "m", "d", "x"], [], ["N", "m", "d", "x"]),
        ([".", "n", ".", "y"], ["N", "m", "d", "x"], ["N", "n", "d", "y"]),
        (["...", "y"], ["N", "m", "d", "x"], ["N", "m", "d", "y"]),
        (["...", "e", "y"], ["N", "m", "d", "x", "e", "z"], ["N", "m", "d", "x", "e", "y"]),
        (["..."], ["N", "m"], ["N", "m"]),
    ],
)
def test_rows_repeat_the_row_before(row: list[str], previous: list[str], whole: list[str]) -> None:
    assert complete(row, previous) == whole


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"widgets": [{}]}', '{"widgets": [{"type": "metric"}]}'])
def test_body_that_cannot_be_read(body: str) -> None:
    with pytest.raises(UnreadableDashboardError, match="cannot be read"):
        widgets_of(body)


def test_dashboard_that_was_deleted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stack: Stack, tmp_path: Path
) -> None:
    assert run(monkeypatch, stack, tmp_path) == 1
    assert "has no dashboard" in capsys.readouterr().err


@pytest.mark.parametrize("hours", ["0", "-1", "x", "20000"])
def test_hours_that_are_none(hours: str) -> None:
    assert commands.main(["dashboard", "--hours", hours]) == 2


def test_examples_give_what_they_say() -> None:
    assert doctest.testmod(dashboard_widgets).failed == 0
