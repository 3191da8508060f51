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

MOST_BYTES, MOST_LINE_BYTES = 1 << 18, 1 << 16
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
    monkeypatch.setattr(damage, "MOST_LINE_BYTES", MOST_LINE_BYTES)


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
        gzip.compress(b"0\n" * (MOST_BYTES // 2 + 1)),
        gzip.compress(b"\n" + b"0" * (MOST_LINE_BYTES + 1)),
        GOOD.encode(),
    ],
    ids=["cut short", "damaged", "a bomb", "a line of megabytes", "no gzip"],
)
def test_an_object_that_cannot_be_unpacked_is_moved_as_it_was(run: Any, bucket: Any, data: bytes) -> None:
    etag = bucket.put(f"{FOLDER}/x.gz", data)
    bucket.put(f"{FOLDER}/y", GOOD)
    answer = run("monitor_model", EVENT)
    assert run("monitor_model", EVENT) == answer
    assert (answer["objects"], answer["lines"]) == (1, 0)
    target = f"damaged/objects/{FOLDER}/x.gz-{etag}"
    assert answer["keys"] == [target]
    assert answer["remark"].startswith("captures that cannot be read were left out (objects: 1, lines: 0); they")
    assert bucket.keys("predictions/") == [f"{FOLDER}/y"]
    assert bucket.get(target) == data


def test_lines_of_another_kind_are_parted_from_the_others(run: Any, bucket: Any) -> None:
    first = bucket.put(f"{FOLDER}/x.gz", gzip.compress(f"{GOOD}{TEXT}no JSON\n{GOOD}".encode()))
    second = bucket.put(f"{OUTCOMES}/o", f'{OUTCOME}{{"request_id": "id-1", "value": {{}}, "time": ""}}\n[]\n')
    for _ in range(2):
        answer = run("monitor_model", EVENT)
        assert (answer["objects"], answer["lines"]) == (0, 4)
        assert answer["keys"] == [lines_of(f"{FOLDER}/x.gz", first), lines_of(f"{OUTCOMES}/o", second)]
    assert gzip.decompress(bucket.get(f"{FOLDER}/x.gz")).decode() == GOOD * 2
    assert gzip.decompress(bucket.get(lines_of(f"{FOLDER}/x.gz", first))).decode() == f"{TEXT}no JSON\n"
    # Athena takes for gzip what ends so.
    assert bucket.get(f"{OUTCOMES}/o").decode() == OUTCOME


def lines_of(key: str, etag: str) -> str:
    return f"damaged/lines/{key}-{etag}.gz"


@pytest.mark.parametrize("name", ["x", "x.GZ", "x.bz2"])
def test_an_object_that_athena_would_read_in_another_form_by_its_name_is_moved(
    run: Any, bucket: Any, name: str
) -> None:
    etag = bucket.put(f"{FOLDER}/{name}", gzip.compress(GOOD.encode()))
    assert run("monitor_model", EVENT)["keys"] == [f"damaged/objects/{FOLDER}/{name}-{etag}"]


def test_what_comes_back_with_a_fault_left_is_set_aside_beside_what_was_there(run: Any, bucket: Any) -> None:
    key = f"{FOLDER}/x"
    etags = [bucket.put(key, f"{GOOD}{TEXT}{TEXT}")]
    run("monitor_model", EVENT)
    etags.append(bucket.put(key, f"{GOOD}{GOOD}{TEXT}"))
    assert run("monitor_model", EVENT)["lines"] == 3
    texts = [gzip.decompress(bucket.get(lines_of(key, etag))).decode() for etag in etags]
    assert (texts, bucket.get(key).decode()) == ([TEXT * 2, TEXT], GOOD * 2)


@pytest.mark.parametrize("data", [f"{GOOD}{TEXT}".encode(), gzip.compress(GOOD.encode())], ids=["lines", "an object"])
@pytest.mark.parametrize("at", range(4))
def test_of_two_checks_at_once_neither_undoes_what_the_other_has_set_aside(
    bucket: Any, monkeypatch: pytest.MonkeyPatch, data: bytes, at: int
) -> None:
    """The other check runs, as a whole, before each of the calls by which the first reads and writes the object."""
    etag, calls = bucket.put(f"{FOLDER}/x", data), iter(range(100))
    days = Days(EVENT["first_partition"], EVENT["last_partition"])

    def with_another_before(call: Any) -> Any:
        def called(*arguments: Any) -> Any:
            if next(calls) == at:
                set_aside("wildrydes-data", days, lambda: True)
            return call(*arguments)

        return called

    for name in ("open_object", "write", "replace", "move"):
        monkeypatch.setattr(damage.s3, name, with_another_before(getattr(damage.s3, name)))
    answer = set_aside("wildrydes-data", days, lambda: True)
    assert (answer["objects"] + answer["lines"], answer["unchecked"]) == (1, 0)
    if answer["lines"]:
        assert gzip.decompress(bucket.get(lines_of(f"{FOLDER}/x", etag))).decode() == TEXT
        assert bucket.get(f"{FOLDER}/x").decode() == GOOD
    else:
        assert bucket.get(f"damaged/objects/{FOLDER}/x-{etag}") == data
        assert bucket.keys(FOLDER) == []


def test_an_object_that_is_replaced_all_the_time_counts_as_not_checked(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, write = f"{FOLDER}/x", damage.s3.write
    bucket.put(key, f"{GOOD}{TEXT}")

    def write_and_have_it_replaced(*arguments: Any) -> str:
        bucket.put(key, bucket.get(key).decode() + TEXT)
        return write(*arguments)

    monkeypatch.setattr(damage.s3, "write", write_and_have_it_replaced)
    days = Days(EVENT["first_partition"], EVENT["last_partition"])
    assert set_aside("wildrydes-data", days, lambda: True)["unchecked"] == 1
    assert bucket.get(key).decode() == f"{GOOD}{TEXT * 4}"


def test_there_is_time_or_not_at_each_block(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(damage.s3, "BLOCK_BYTES", 100)
    bucket.put(f"{FOLDER}/x", GOOD * 10)
    days, looks = Days(EVENT["first_partition"], EVENT["last_partition"]), iter(range(100))
    assert set_aside("wildrydes-data", days, lambda: next(looks) < 5)["unchecked"] == 1
    assert next(looks) == 6


def test_lines_that_were_set_aside_are_counted_as_long_as_there_is_time(bucket: Any) -> None:
    bucket.put(lines_of(f"{FOLDER}/x", "0"), gzip.compress(b"a\nb\n"))
    bucket.put(lines_of(f"{FOLDER}/y", "0"), gzip.compress(b"a\nb\n")[:-9])
    days = Days(EVENT["first_partition"], EVENT["last_partition"])
    hurried, whole = (
        set_aside("wildrydes-data", days, lambda has_time=has_time: has_time) for has_time in (False, True)
    )
    assert (hurried["lines"], hurried["unchecked"]) == (0, 2)
    # One that is damaged itself is one line at least.
    assert (whole["lines"], whole["unchecked"]) == (3, 0)


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
        json.dumps(json.loads(OUTCOME) | {"value": "1.0"}),
        json.dumps(json.loads(OUTCOME) | {"value": True}),
        json.dumps(json.loads(OUTCOME) | {"place": 1 << 31}),
        json.dumps(json.loads(OUTCOME) | {"task": 1}),
        json.dumps(json.loads(OUTCOME) | {"time": 5}),
        OUTCOME.replace("{", '{"value": "high", '),
        OUTCOME.replace('"time"', '"when"'),
    ):
        with pytest.raises(BadCapture, match="the line is no outcome"):
            read_line(wrong)
