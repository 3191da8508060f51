"""What of captured predictions and outcomes cannot be read: set aside, counted, and in no query's way."""

import gzip
import json
from typing import Any

import pytest

from aws import settings
from monitor_model import damage
from monitor_model.damage import Days, set_aside
from wildrydes.capture.outcome import Outcome, line, read_line
from wildrydes.capture.record import Capture, lines
from wildrydes.errors import BadCapture

MOST_BYTES = 1 << 21
FOLDER, OUTCOMES = "predictions/2026/11/25", "outcomes/2026/11/25"
EVENT = {"first_partition": "2026/11/19", "last_partition": "2026/11/26"}
ONE = Capture(1764158400.0, "pick_duration", "run-1", "id-1", ("a",), [0], [None], [[1.0]], [0.5])
GOOD = lines(ONE)
TEXT = GOOD.replace("[0.5]", '["high"]')
OUTCOME = line(Outcome("id-1", 0, 1.0), 1764158400.0)


@pytest.fixture(autouse=True)
def fresh_settings(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.monitor_settings.cache_clear()
    monkeypatch.setattr(damage, "MOST_BYTES", MOST_BYTES)


def test_what_is_whole_stays_as_it_is(run: Any, bucket: Any) -> None:
    whole = {
        f"{FOLDER}/a.gz": gzip.compress(GOOD.encode()),
        f"{FOLDER}/several.gz": gzip.compress(GOOD.encode())
        + gzip.compress(b"\nCWL CONTROL MESSAGE: Checking health\n"),
        f"{OUTCOMES}/b": OUTCOME.encode(),
    }
    for key, data in whole.items():
        bucket.put(key, data)
    assert run("monitor_model", EVENT) == {"objects": 0, "lines": 0, "keys": [], "unchecked": 0, "remark": None}
    assert {key: bucket.get(key) for key in whole} == whole


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(GOOD.encode())[:-9],
        gzip.compress(GOOD.encode() * 50)[:40] + b"\xff" * 60,
        gzip.compress(b"0" * (MOST_BYTES + 1)),
    ],
    ids=["cut short", "damaged", "a bomb"],
)
def test_an_object_that_cannot_be_unpacked_is_moved_as_it_was(run: Any, bucket: Any, data: bytes) -> None:
    bucket.put(f"{FOLDER}/x.gz", data)
    bucket.put(f"{FOLDER}/y", GOOD)
    answer = run("monitor_model", EVENT)
    assert run("monitor_model", EVENT) == answer
    assert (answer["objects"], answer["lines"]) == (1, 0)
    assert answer["keys"] == [f"damaged/objects/{FOLDER}/x.gz"]
    assert answer["remark"].startswith("captures that cannot be read were left out (objects: 1, lines: 0); they")
    assert bucket.keys("predictions/") == [f"{FOLDER}/y"]
    assert bucket.get(f"damaged/objects/{FOLDER}/x.gz") == data


def test_lines_of_another_kind_are_parted_from_the_others(run: Any, bucket: Any) -> None:
    bucket.put(f"{FOLDER}/x.gz", gzip.compress(f"{GOOD}{TEXT}no JSON\n{GOOD}".encode()))
    bucket.put(f"{OUTCOMES}/o", f'{OUTCOME}{{"request_id": "id-1", "value": {{}}, "time": ""}}\n[]\n')
    for _ in range(2):
        answer = run("monitor_model", EVENT)
        assert (answer["objects"], answer["lines"]) == (0, 4)
        assert answer["keys"] == [f"damaged/lines/{FOLDER}/x.gz", f"damaged/lines/{OUTCOMES}/o"]
    assert gzip.decompress(bucket.get(f"{FOLDER}/x.gz")).decode() == GOOD * 2
    assert gzip.decompress(bucket.get(f"damaged/lines/{FOLDER}/x.gz")).decode() == f"{TEXT}no JSON\n"
    assert gzip.decompress(bucket.get(f"{OUTCOMES}/o")).decode() == OUTCOME


def test_other_days_are_left_alone_and_what_there_is_no_time_for_is_counted(bucket: Any) -> None:
    others = [f"predictions/2026/11/{day}/x" for day in (18, 27)]
    for key in (*others, f"{FOLDER}/x"):
        bucket.put(key, TEXT)
    days = Days(EVENT["first_partition"], EVENT["last_partition"])
    hurried = set_aside("wildrydes-data", days, lambda: False)
    assert (hurried["unchecked"], hurried["lines"]) == (1, 0)
    assert hurried["remark"] == "there was no time to check all captures (objects that were not: 1)"
    assert set_aside("wildrydes-data", days, lambda: True)["lines"] == 1
    assert [bucket.get(key).decode() for key in others] == [TEXT, TEXT]


def test_a_line_of_the_table_is_read_as_it_was_written() -> None:
    assert read_line(OUTCOME) == Outcome("id-1", 0, 1.0)
    for wrong in (
        "",
        "3",
        "[]",
        json.dumps(json.loads(OUTCOME) | {"value": "high"}),
        OUTCOME.replace('"time"', '"when"'),
    ):
        with pytest.raises(BadCapture, match="the line is no outcome"):
            read_line(wrong)
