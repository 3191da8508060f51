"""The line of a captured request: what is written is JSON, and is read as it was."""

import json
import re
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildrydes.capture.record import MOST_ROWS, Capture, lines, read
from wildrydes.errors import BadCapture

ONE = Capture(
    time=1764158400.123,
    task="heavy_utilization",
    model="first-2",
    request_id="0f8b3c1e-id",
    features=("distance", "TMIN"),
    places=[0, 2],
    references=[None, "abc"],
    rows=[[30.0, -300.0], [1e-7, 1e9]],
    scores=[0.25, 1.0],
    refused=1,
)


def test_a_line_has_the_request_and_the_answer_and_nothing_of_the_caller() -> None:
    assert json.loads(lines(ONE)) == {
        "capture": 1,
        "time": "2025-11-26T12:00:00.123Z",
        "task": "heavy_utilization",
        "model": "first-2",
        "request_id": "0f8b3c1e-id",
        "features": ["distance", "TMIN"],
        "places": [0, 2],
        "references": [None, "abc"],
        "rows": [[30.0, -300.0], [1e-7, 1e9]],
        "scores": [0.25, 1.0],
        "refused": 1,
    }


def test_a_large_request_is_several_lines_of_which_one_has_the_refused() -> None:
    count = 2 * MOST_ROWS + 1
    large = ONE._replace(
        places=list(range(count)), references=[None] * count, rows=[[1.0, 2.0]] * count, scores=[0.5] * count
    )
    parts = [read(line) for line in lines(large).splitlines()]
    assert [len(part.rows) for part in parts] == [MOST_ROWS, MOST_ROWS, 1]
    assert [place for part in parts for place in part.places] == large.places
    assert [part.refused for part in parts] == [1, 0, 0]


def test_a_request_none_of_whose_records_could_be_used_is_a_line_without_rows() -> None:
    refused = ONE._replace(model="", features=(), places=[], references=[], rows=[], scores=[])
    assert read(lines(refused)) == refused


def test_an_identity_is_no_way_out_of_the_line() -> None:
    sly = ONE._replace(request_id='"}\n{"capture": 1')
    assert len(lines(sly).splitlines()) == 1
    assert read(lines(sly)) == sly


def test_a_score_that_is_not_finite_is_null() -> None:
    odd = ONE._replace(places=[0, 1, 2], references=[None] * 3, rows=[[1.0, 2.0]] * 3, scores=[inf, -inf, nan])
    assert read(lines(odd)).scores == [None, None, None]


numbers = st.floats(-1e9, 1e9)


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.lists(numbers, min_size=2, max_size=2), numbers), max_size=5),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.integers(0, 4_000_000_000_000),
)
def test_what_is_written_is_read_as_it_was(rows: list, request_id: str, milliseconds: int) -> None:
    written = ONE._replace(
        time=milliseconds / 1000,
        request_id=request_id,
        places=list(range(len(rows))),
        references=[None] * len(rows),
        rows=[row for row, _ in rows],
        scores=[score for _, score in rows],
    )
    assert read(lines(written))._replace(time=0) == written._replace(time=0)
    assert read(lines(written)).time == pytest.approx(written.time, abs=0.0011)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "START RequestId: 1",
        "[]",
        "{}",
        lines(ONE).replace('"capture": 1', '"capture": 2'),
        lines(ONE).replace("[0, 2]", "[0]"),
        lines(ONE).replace("-300.0", "Infinity"),
        lines(ONE).replace("[30.0, -300.0]", "[30.0]"),
        lines(ONE).replace("2025-11-26T", "yesterday "),
        lines(ONE).replace("{", '{"refused": "none", ', 1),
        lines(ONE).encode("utf-16"),
        lines(ONE).replace("abc", "\N{LATIN SMALL LETTER E WITH ACUTE}").encode("latin-1"),
    ],
)
def test_what_is_no_such_line_is_refused(line: str | bytes) -> None:
    with pytest.raises(BadCapture):
        read(line)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("capture", True),
        ("capture", 1.0),
        ("time", 1764158400),
        ("time", "2025-11-26T12:00:00.123Z and so on"),
        ("task", None),
        ("features", [["distance"], "TMIN"]),
        ("features", "ab"),
        ("places", [[0]]),
        ("places", [True, 2]),
        ("places", [0, 1 << 31]),
        ("places", [0, -1]),
        ("places", "02"),
        ("references", [1, None]),
        ("references", [["a"], None]),
        ("references", "ab"),
        ("rows", [[True, 1.0], [1.0, 1.0]]),
        ("rows", [["1", 1.0], [1.0, 1.0]]),
        ("rows", [{"a": 1, "b": 2}, [1.0, 1.0]]),
        ("scores", [True, 1.0]),
        ("scores", ["0.5", 1.0]),
        ("refused", "none"),
        ("refused", None),
        ("refused", 1.0),
        ("refused", True),
        ("refused", 1 << 31),
        ("refused", [1]),
        # The table's serializer takes names in any case.
        ("REFUSED", "none"),
        ("request_id", ["id"]),
        ("request_id", None),
        ("model", {}),
        ("rows", [[10**400, 1.0]]),
        ("scores", [10**400]),
    ],
)
def test_a_value_of_another_kind_is_refused(field: str, value: Any) -> None:
    with pytest.raises(BadCapture):
        read(json.dumps(json.loads(lines(ONE)) | {field: value}))


def test_every_column_of_the_table_has_a_type() -> None:
    """A value of each column that is of no column's type is refused."""
    fields = json.loads(lines(ONE))
    template = (Path(__file__).parents[3] / "template.yaml").read_text(encoding="utf-8")
    table = template[template.index("Name: predictions\n") : template.index("OutcomesTable:")]
    columns = re.findall(r"- { Name: (\w+), Type: (?!.*yyyy)", table)
    assert columns == list(fields)
    for column in columns:
        with pytest.raises(BadCapture):
            read(json.dumps(fields | {column: {"an": "object"}}))
