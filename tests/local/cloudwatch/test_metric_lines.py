"""Log lines by AWS's "Specification: Embedded metric format"."""

import json
import math
import tracemalloc
from typing import Any

import pytest

from local.cloudwatch.log_metrics import ingest
from local.cloudwatch.metric_lines import MOST_BYTES, MOST_DATA_OF_LINE, extract
from local.cloudwatch.store import Metric, Store


def line(metadata: Any = None, **fields: Any) -> str:
    directive = {"Namespace": "N", "Dimensions": [["service"]], "Metrics": [{"Name": "time", "Unit": "Milliseconds"}]}
    metadata = {"Timestamp": 1574109732004, "CloudWatchMetrics": [directive]} | (metadata or {})
    return json.dumps({"_aws": metadata, "service": "rides", "time": 100} | fields)


def directive(**members: Any) -> dict[str, Any]:
    return {"Namespace": "N", "Dimensions": [["service"]], "Metrics": [{"Name": "time"}]} | members


def summary(text: str) -> list[tuple[Any, ...]]:
    extraction = extract(text)
    assert extraction is not None
    return [(namespace, datum.name, datum.dimensions, datum.values.total) for namespace, datum in extraction.data]


def test_example_of_the_specification() -> None:
    extraction = extract(
        '{"_aws": {"Timestamp": 1574109732004, "CloudWatchMetrics": [{"Namespace": "lambda-function-metrics", '
        '"Dimensions": [["functionVersion"]], "Metrics": [{"Name": "time", "Unit": "Milliseconds"}]}]}, '
        '"functionVersion": "$LATEST", "time": 100, "requestId": "989ffbf8-9ace-4817-a57c-e4dd734019ee"}'
    )
    assert extraction is not None
    ((namespace, datum),) = extraction.data
    assert (namespace, datum.name, datum.unit) == ("lambda-function-metrics", "time", "Milliseconds")
    assert (datum.dimensions, datum.moment) == ((("functionVersion", "$LATEST"),), 1574109732.004)
    assert (datum.values.count, datum.values.total) == (1.0, 100.0)


def test_every_dimension_set_is_a_metric_and_one_may_be_empty() -> None:
    sets = directive(Dimensions=[[], ["service"], ["service", "task"]])
    assert summary(line({"CloudWatchMetrics": [sets]}, task="t")) == [
        ("N", "time", (), 100.0),
        ("N", "time", (("service", "rides"),), 100.0),
        ("N", "time", (("service", "rides"), ("task", "t")), 100.0),
    ]


def test_array_of_numbers_is_as_many_values() -> None:
    extraction = extract(line(time=[1, 2, 6]))
    assert extraction is not None
    values = extraction.data[0][1].values
    assert (values.count, values.total, values.least, values.most) == (3.0, 9.0, 1.0, 6.0)


def test_values_with_their_counts() -> None:
    histogram = {"Values": [0.1, 0.9], "Counts": [3, 1], "Min": 0.08, "Max": 0.91, "Count": 4, "Sum": 1.25}
    extraction = extract(line(time=histogram))
    assert extraction is not None
    values = extraction.data[0][1].values
    assert (values.count, values.total, values.least, values.most) == (4.0, 1.25, 0.08, 0.91)
    assert values.statistic("p50") == 0.1


@pytest.mark.parametrize(
    "text",
    [
        "START RequestId: 1",
        '{"_aws": {}}',
        '{"_aws": "CloudWatchMetrics"}',
        '{"message": "no \\"_aws\\" here"}',
        "2026 " + line(),
        line()[:-1],
        "[" * 5000 + '"_aws"',
    ],
)
def test_other_lines_are_lines(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    "metadata",
    [
        {"Timestamp": None},
        {"Timestamp": "now"},
        {"Timestamp": math.nan},
        {"Timestamp": 10**400},
        {"CloudWatchMetrics": {}},
        {"CloudWatchMetrics": ["N"]},
        {"CloudWatchMetrics": [directive(Namespace="")]},
        {"CloudWatchMetrics": [directive(Dimensions=["service"])]},
        {"CloudWatchMetrics": [directive(Dimensions=None)]},
        {"CloudWatchMetrics": [directive(Metrics=[{"Name": "time"}] * 101)]},
    ],
)
def test_malformed_documents_are_ignored_and_counted(metadata: dict[str, Any]) -> None:
    extraction = extract(line(metadata))
    assert extraction is not None
    assert (extraction.data, len(extraction.parsing_errors)) == ([], 1)


@pytest.mark.parametrize(
    ("members", "fields"),
    [
        ({}, {"time": "100"}),
        ({}, {"time": True}),
        ({}, {"time": []}),
        ({}, {"time": [1] * 101}),
        ({}, {"time": 10**400}),
        ({}, {"time": {"Values": [1], "Counts": []}}),
        ({}, {"time": {"Values": 1, "Counts": 1}}),
        ({}, {"time": {"Values": [1], "Counts": [-1]}}),
        ({}, {"time": {"Values": [1], "Counts": [0]}}),
        ({}, {"service": 1}),
        ({}, {"service": ""}),
        ({"Metrics": [{"Name": "absent"}]}, {}),
        ({"Metrics": [{"Name": "time", "Unit": "Minutes"}]}, {}),
        ({"Metrics": [{"Name": "time", "Unit": ["Count"]}]}, {}),
        ({"Dimensions": [["absent"]]}, {}),
        ({"Dimensions": [[f"d{place}" for place in range(31)]]}, {f"d{place}": "x" for place in range(31)}),
    ],
)
def test_what_no_metric_may_have_is_left_out_and_counted(members: dict[str, Any], fields: dict[str, Any]) -> None:
    extraction = extract(line({"CloudWatchMetrics": [directive(**members)]}, **fields))
    assert extraction is not None
    assert (extraction.data, extraction.parsing_errors, len(extraction.validation_errors)) == ([], [], 1)
    assert extraction.invalid == 1


def test_one_wrong_metric_leaves_the_others() -> None:
    metrics = directive(Metrics=[{"Name": "wrong"}, {"Name": "time"}])
    assert summary(line({"CloudWatchMetrics": [metrics]}, wrong="x")) == [("N", "time", (("service", "rides"),), 100.0)]


ONE = {"Name": "time"}
HOSTILE = {
    "many directives": line({"CloudWatchMetrics": [directive(Metrics=[ONE] * 100)] * 400}),
    "many sets": line({"CloudWatchMetrics": [directive(Metrics=[ONE] * 100, Dimensions=[[]] * 200_000)]}),
    "many sets in many directives": line(
        {"CloudWatchMetrics": [directive(Metrics=[ONE] * 100, Dimensions=[[]] * 90)] * 10}
    ),
    "a long name": line({"CloudWatchMetrics": [directive(Metrics=[{"Name": "x" * 900_000}])]}),
    "a long unit": line({"CloudWatchMetrics": [directive(Metrics=[ONE | {"Unit": "x" * 800}] * 100)] * 10}),
    "a nested value": line({"CloudWatchMetrics": [directive(Metrics=[ONE] * 100)] * 10}, time=[[[1] * 200_000]]),
    "a value with texts": line(time={"Values": ["x" * 400_000], "Counts": [{"a": "y" * 400_000}]}),
    "a long set": line({"CloudWatchMetrics": [directive(Dimensions=[["x" * 90] * 9000])]}),
    "a summary of nothing": line(time={"Values": [], "Counts": [], "Count": 5, "Sum": 1, "Min": 9, "Max": 1}),
    "half a character": line({"CloudWatchMetrics": [directive(Namespace="\ud800")]}),
    "a control character": line(service="\x00"),
    "too long": line(comment="x" * MOST_BYTES),
    "too deep": '{"_aws": ' + "[" * 100_000,
    "too many digits": '{"_aws": {"CloudWatchMetrics": [], "Timestamp": ' + "9" * 100_000 + "}}",
    "a number of them": '{"_aws": {"CloudWatchMetrics": [], "Timestamp": ' + "9" * 4000 + "}}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_line_costs_little_ends_nothing_and_is_counted(name: str) -> None:
    store = Store(lambda: 1574109732.0)
    tracemalloc.start()
    try:
        ingest(store, ("1", "r"), "group", [HOSTILE[name], line()], lambda moment: moment)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # What JSON of a megabyte is in memory.
    assert peak < 64 << 20
    counts = [Metric("1", "r", "AWS/Logs", name, (("LogGroupName", "group"),)) for name in ("IncomingLogEvents",)]
    assert [sum(each.total for each in store.periods(one, 0, 2e9, 60).values()) for one in counts] == [2.0]
    extraction = extract(HOSTILE[name])
    assert extraction is None or (
        len(extraction.data) <= MOST_DATA_OF_LINE
        and bool(extraction.parsing_errors or extraction.validation_errors) != bool(extraction.data)
        and sum(map(len, extraction.parsing_errors + extraction.validation_errors)) < 10_000
    )
