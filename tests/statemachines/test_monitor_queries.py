"""The SQL of `monitor` on the embedded Athena: each prediction once, with what became of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from athena_lake import JSON, Finished, Lake
from cli.template_document import read_template
from local.account import EmbeddedAws
from statemachines import sql
from wildrydes.capture.record import Capture, lines
from wildrydes.monitoring.observations import Observation, observations

TEMPLATE = read_template(Path(__file__).parents[2] / "template.yaml")
FEATURES = ("distance", "TMIN")
NOON = 1764158400.0
"""2025-11-26T12:00:00Z."""
STATIONS = "('MIDDLE', 40.0e0, -73.0e0)"
RIDE = {
    "ride_id": "ride-1", "name": "Zéphyr", "statustime": "2025-11-26 11:00:00.000", "latitude": 40.1,
    "longitude": -73.0, "distance": 12.0, "healthpoints": 1.0, "magicpoints": 700.5, "service_requested": None,
    "groundstation": "MIDDLE", "heavy_utilization": 1, "arrived_at": "2025-11-26T12:30:00.000Z", "arrival_position": 0,
}  # fmt: skip


@pytest.fixture
def lake(server: EmbeddedAws) -> Lake:
    """The tables of the template, over one bucket."""
    lake = Lake.create(server)
    for name in ("Predictions", "Outcomes", "Rides", "Samples"):
        table = TEMPLATE["Resources"][f"{name}Table"]["Properties"]["TableInput"]
        columns = {each["Name"]: each["Type"] for each in table["StorageDescriptor"]["Columns"]}
        keys = {each["Name"]: each["Type"] for each in table.get("PartitionKeys", [])}
        properties = dict(table["Parameters"])
        if keys:
            location = properties["storage.location.template"]["Fn::Sub"]
            properties["storage.location.template"] = location.replace("${DataBucket}", lake.name).replace("${!", "${")
        lake.table(name.lower(), columns, JSON, keys=keys, properties=properties)
    return lake


def run(lake: Lake, name: str, **values: str) -> Finished:
    defaults = {
        "bucket": lake.name, "execution": "watch-1", "task": "magic_points", "label_column": "magicpoints",
        "first_date": "2025-11-20", "date": "2025-11-26", "first_partition": "2025/11/20",
        "date_partition": "2025/11/26", "last_partition": "2025/11/27", "stations": STATIONS,
    }  # fmt: skip
    text = re.sub(r"(?m)^\s*--.*\n", "", sql.source(name))
    for placeholder, value in (defaults | values).items():
        text = text.replace(f"${{{placeholder}}}", value)
    finished = lake.query(text)
    assert (finished.state, finished.reason) == ("SUCCEEDED", "")
    return finished


def join(lake: Lake, name: str = "monitor_rides", **values: str) -> list[Observation]:
    """What MonitorModelFunction reads of the query's objects."""
    run(lake, name, **values)
    task = values.get("task", "magic_points")
    keys = lake.keys(f"monitored/watch-1/{task}/")
    return [each for key in keys for each in observations([lake.read(key)], key)]


def capture(request_id: str, *references: str | None, time: float = NOON, **changes: Any) -> Capture:
    count = len(references)
    return Capture(
        time, "magic_points", "run-1", request_id, FEATURES, list(range(count)), list(references),
        [[12.0 + place, -30.5] for place in range(count)], [700.25 + place for place in range(count)],
    )._replace(**changes)  # fmt: skip


def put(lake: Lake, folder: str, *texts: str) -> None:
    lake.put(f"{folder}/{len(lake.keys(folder))}.gz", "".join(texts))


def outcome(request_id: str, value: float, time: str = "2025-11-27T01:00:00.000Z", **fields: Any) -> str:
    fields_of_line = {"time": time, "task": None, "request_id": request_id, "place": 0, "value": value}
    return f"{json.dumps(fields_of_line | fields)}\n"


def test_a_prediction_meets_its_ride_or_what_was_told_of_it(lake: Lake) -> None:
    put(lake, "predictions/2025/11/26", lines(capture("a", "ride-1", None, "ride-2")), lines(capture("b", None)))
    put(
        lake,
        "processed/year=2025",
        f"{json.dumps(RIDE)}\n",
        f"{json.dumps(RIDE | {'ride_id': 'ride-2', 'latitude': 43.0})}\n",
    )
    put(lake, "outcomes/2025/11/27", outcome("b", 650.0), outcome("a", 1.0, place=2), outcome("b", 1.0, task="other"))
    measures = {"distance": 12.0, "TMIN": -30.5}
    assert join(lake) == [
        Observation("2025-11-26", "run-1", 700.25, 700.5, "near", measures),
        Observation("2025-11-26", "run-1", 701.25, None, None, measures | {"distance": 13.0}),
        # It is told what nobody can know better, and the ride is three degrees north of its station.
        Observation("2025-11-26", "run-1", 702.25, 1.0, "far", measures | {"distance": 14.0}),
        Observation("2025-11-26", "run-1", 700.25, 650.0, None, measures),
    ]


def test_what_is_delivered_twice_counts_once_and_the_last_value_that_was_told_counts(lake: Lake) -> None:
    put(lake, "predictions/2025/11/26", lines(capture("a", None)), "\n")
    put(lake, "predictions/2025/11/27", lines(capture("a", None)))
    earlier = outcome("a", 1.0, time="2025-11-26T23:00:00.000Z")
    put(lake, "outcomes/2025/11/27", outcome("a", 3.0), earlier, outcome("a", 2.0, time="2025-11-26T22:00:00.000Z"))
    assert [each.truth for each in join(lake)] == [3.0]


def test_other_tasks_other_days_and_scores_that_are_not_finite_are_left_out(lake: Lake) -> None:
    put(
        lake,
        "predictions/2025/11/26",
        lines(capture("a", None, task="heavy_utilization")),
        lines(capture("b", None, time=NOON - 7 * 86400)),
        lines(capture("c", None, scores=[float("nan")])),
        lines(capture("d", None, time=NOON - 86400)),
    )
    assert [(each.day, each.model) for each in join(lake)] == [("2025-11-25", "run-1")]


@pytest.mark.parametrize("odd", [{"rows": [[1.0]]}, {"rows": None}, {"features": None}])
def test_a_line_that_predict_has_not_written_keeps_no_other_from_being_looked_at(
    lake: Lake, odd: dict[str, Any]
) -> None:
    put(lake, "predictions/2025/11/26", json.dumps(json.loads(lines(capture("odd", None))) | odd) + "\n")
    put(lake, "predictions/2025/11/26", lines(capture("b", None)))
    assert len(join(lake)) == 1


def test_a_ride_that_came_again_has_the_label_of_its_last_arrival_that_has_one(lake: Lake) -> None:
    put(lake, "predictions/2025/11/26", lines(capture("a", "ride-1", task="service_requested")))
    later = {"arrived_at": "2025-11-28T00:00:00.000Z"}
    put(
        lake,
        "processed/year=2025",
        *(f"{json.dumps(RIDE | each)}\n" for each in ({}, {"service_requested": 1} | later, {"service_requested": 0})),
    )
    truths = join(lake, task="service_requested", label_column="service_requested")
    assert [each.truth for each in truths] == [1.0]


def test_a_prediction_for_a_sample_meets_its_duration(lake: Lake) -> None:
    put(lake, "predictions/2025/11/26", lines(capture("a", "sample-1", "sample-2", task="pick_duration")))
    sample = {"sample_id": "sample-1", "duration": 9000, "arrived_at": "2025-11-26T13:00:00.000Z", "message_id": "m"}
    again = {"duration": 1, "arrived_at": "2025-11-26T14:00:00.000Z"}
    put(lake, "samples", f"{json.dumps(sample | again)}\n", f"{json.dumps(sample)}\n")
    observed = join(lake, "monitor_samples", task="pick_duration", label_column="duration")
    assert [(each.truth, each.station) for each in observed] == [(9000.0, None), (None, None)]


def test_without_predictions_there_is_nothing_to_read(lake: Lake) -> None:
    assert join(lake) == []
    assert run(lake, "monitor_refused").rows == [["0"]]


def test_records_that_could_not_be_used_are_counted_once_a_request(lake: Lake) -> None:
    bad = capture("a", refused=3, model="", features=())
    put(lake, "predictions/2025/11/26", lines(bad), lines(bad), lines(capture("b", None, refused=1)))
    put(lake, "predictions/2025/11/27", lines(capture("c", refused=2, time=NOON + 43000)))
    put(lake, "predictions/2025/11/27", lines(capture("d", refused=8, time=NOON + 86400)))
    assert run(lake, "monitor_refused").rows == [["6"]]
