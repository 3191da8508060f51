"""edge_compute against an API that answers over HTTP: which rows it sends, and what it publishes."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from api_server import serve
from aws import api, api_settings
from wildrydes.errors import ApiRefused, BadValue, MissingObject

EVENTS = Path(__file__).parents[2] / "events"
CARD = {"execution": "run-1", "features": ["distance", "TMIN", "TMAX", "PRCP"]}
ROWS = {(10.0, 800.0), (20.0, 900.0)}
Invoke = Callable[[Any], Any]


def example(name: str) -> Any:
    return json.loads((EVENTS / f"edge_compute_{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def edge(bucket: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Invokes the function; two rows are in the champion's test split, in two objects."""
    monkeypatch.setenv("API_ID", "abc")
    for place, (distance, points) in enumerate(sorted(ROWS)):
        row = f"{points},{distance},100,200,0\n".encode()
        bucket.put(f"training-sets/run-1/split=test/part-{place}.gz", gzip.compress(row))
    for cached in (api_settings.api_settings, api._key):
        cached.cache_clear()
    return lambda event: run("edge_compute", event)


def sums(metric: str, statistic: str = "Sum") -> float:
    """A statistic of a metric, over all that was published of the champion."""
    now = datetime.now(UTC)
    measures = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="WildRydes/Edge",
        MetricName=metric,
        Dimensions=[{"Name": "Task", "Value": "magic_points"}, {"Name": "Model", "Value": "run-1"}],
        StartTime=now - timedelta(days=1),
        EndTime=now + timedelta(days=1),
        Period=86_400 * 3,
        Statistics=[statistic],
    )
    return sum(each[statistic] for each in measures["Datapoints"])


def test_rows_of_the_champions_test_split_are_sent_and_what_is_measured_is_published(
    edge: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve([(200, CARD), (500, {}), (200, {"value": 850.0, "unit": "points", "model": "run-1"})]) as (url, served):
        monkeypatch.setenv("API_URL", f"{url}/live/")
        output = edge(example("magic_points") | {"rate": 50, "seconds": 1})
    (standing,) = output["standings"]
    assert (output["task"], standing["model"], standing["requests"], standing["errors"]) == (
        "magic_points",
        "run-1",
        50,
        1,
    )
    assert standing["rmse"] == pytest.approx(50.0)
    assert 0 < standing["p50"] <= standing["p99"]
    assert served.requests[0][0] == "/live/tasks/magic_points/model"
    bodies = [body for path, _, body in served.requests[1:] if path == "/live/tasks/magic_points/predictions"]
    assert len(bodies) == 50
    assert {each["distance"] for each in bodies} == {distance for distance, _ in ROWS}
    assert (sums("Requests"), sums("Errors"), sums("SquaredError", "SampleCount")) == (50, 1, 49)
    assert sums("Latency", "SampleCount") == 50


def test_the_api_is_told_what_came_true_of_its_answers(edge: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"value": 850.0, "unit": "points", "model": "run-1", "request_id": "r"}
    with serve([(200, CARD), (500, {}), (200, answer)]) as (url, served):
        monkeypatch.setenv("API_URL", f"{url}/live/")
        edge(example("magic_points") | {"rate": 5, "seconds": 1})
    (truths,) = [body for path, _, body in served.requests if path == "/live/outcomes"]
    assert len(truths) == 4
    assert {each["value"] for each in truths} <= {points for _, points in ROWS}
    assert truths[0] | {"value": 0} == {"request_id": "r", "place": 0, "task": "magic_points", "value": 0}


def test_what_cannot_be_measured_is_named(edge: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_URL", "http://127.0.0.1:9/live/")
    with pytest.raises(BadValue, match="the event names no task: one of heavy_utilization"):
        edge(example("unknown_task"))
    with serve([(503, {"detail": "no model has been promoted yet"})]) as (url, _):
        monkeypatch.setenv("API_URL", f"{url}/live/")
        api_settings.api_settings.cache_clear()
        with pytest.raises(ApiRefused, match="503: no model has been promoted yet"):
            edge(example("magic_points"))
    with serve([(200, CARD | {"execution": "run-2"})]) as (url, _):
        monkeypatch.setenv("API_URL", f"{url}/live/")
        api_settings.api_settings.cache_clear()
        with pytest.raises(MissingObject, match="training-sets/run-2/split=test/ has no rows"):
            edge(example("magic_points"))
