"""The account of files: lines, sums, estimates of files left out whole, and what is refused."""

import json
from typing import Any

import pytest

from wildrydes.bucket import Chunk, Source
from wildrydes.errors import BadRideFile, Position, TooManyRejectedRides
from wildrydes.rides.accounts import BYTES_A_RIDE, MOST_FILES, account, check_rejections, estimate_rides
from wildrydes.rides.counts import Counts
from wildrydes.rides.reports import FilePlan, Report


def source(name: str) -> Source:
    return Source(f"raw/{name}", "0123")


def fault(reason: str, byte: int = 0, records: int = 0) -> BadRideFile:
    return BadRideFile(reason, f"it is {reason}", Position(byte, 1, byte + 1), records)


def report(name: str, item: int, counts: Counts, size: int, **first: dict[str, Any]) -> Report:
    chunk = Chunk(item, f"raw/{name}", "0123", 0, size, 0, 1)
    return Report(chunk, counts, {}, first)


def test_a_line_a_file_and_their_sum() -> None:
    files = [
        FilePlan(source("c.json"), 4_000, fault=fault("utf_16")),
        FilePlan(source("a.json"), 2_000, chunks=2),
        FilePlan(source("_SUCCESS"), 0, skipped="a marker"),
        FilePlan(source("empty.json"), 2),
    ]
    reports = [
        report("a.json", 1, Counts(4, 3, 1, {"out_of_range": 1}), 800),
        report("a.json", 0, Counts(6, 4, 1, {"not_a_number": 1}, 1), 1200),
    ]
    accounted = account(files, reports)
    assert [(line.plan.source.key, line.outcome, line.counts) for line in accounted.lines] == [
        ("raw/_SUCCESS", "skipped", Counts()),
        ("raw/a.json", "read", Counts(10, 7, 2, {"not_a_number": 1, "out_of_range": 1}, 1)),
        # 200 bytes a ride in a.json; UTF-16 takes two bytes for each of theirs.
        ("raw/c.json", "rejected", Counts(10, 0, 10, {"utf_16": 10})),
        ("raw/empty.json", "read", Counts()),
    ]
    output = accounted.to_json()
    assert {name: output[name] for name in ("read", "accepted", "rejected", "repeated")} == {
        "read": 20,
        "accepted": 7,
        "rejected": 12,
        "repeated": 1,
    }
    assert (output["files_read"], output["files_skipped"], output["files_rejected"]) == (2, 1, 1)
    assert [each["key"] for each in output["file_lines"]] == [
        "raw/c.json",
        "raw/a.json",
        "raw/_SUCCESS",
        "raw/empty.json",
    ]
    assert output["file_lines"][0]["why"] == "utf_16: it is utf_16"
    assert output["file_lines_omitted"] == 0


@pytest.mark.parametrize(
    ("size", "of_fault", "rides"),
    [
        (4_000, fault("not_json"), 20),
        # Those before the fault are known; the rest is estimated.
        (4_000, fault("truncated_file", 3_990, 31), 31),
        (4_000, fault("not_json", 2_000, 31), 41),
        (4_000, fault("utf_16"), 10),
        (4_000, fault("utf_32"), 5),
        (4_000, fault("zip"), 120),
        (3, fault("not_json"), 1),
        (0, fault("empty_file"), 1),
    ],
)
def test_a_file_left_out_whole_counts_as_the_rides_that_it_holds(size: int, of_fault: BadRideFile, rides: int) -> None:
    assert estimate_rides(size, of_fault, 200.0) == rides


@pytest.mark.parametrize(
    ("reason", "rides"),
    [("not_json", 120), ("gzip_in_gzip", 120), ("utf_16", 60), ("zip", 120), ("parquet", 120), ("xz", 120)],
)
def test_gzip_makes_a_compressed_format_no_smaller(reason: str, rides: int) -> None:
    """4,000 bytes as they are stored, at 200 bytes a ride, which shrink to a sixth once."""
    of_gzip = FilePlan(source("a.gz"), 4_000, fault=fault(reason), compression="gzip")
    assert [line.counts.rejected for line in account([of_gzip], []).lines] == [rides]


def test_without_a_ride_that_was_read_the_records_before_the_faults_give_the_average() -> None:
    files = [
        FilePlan(source("a"), 1_000, fault=fault("truncated_file", 1_000, 10)),
        FilePlan(source("b"), 500, fault=fault("not_utf8")),
    ]
    assert [line.counts.rejected for line in account(files, []).lines] == [10, 5]


def test_without_any_record_the_number_is_a_guess_and_all_are_rejected_whatever_it_is() -> None:
    accounted = account([FilePlan(source("a"), 1_000, fault=fault("xml"))], [])
    assert accounted.counts == Counts(5, 0, 5, {"xml": 5})
    assert BYTES_A_RIDE == 200.0
    with pytest.raises(TooManyRejectedRides, match="5 of 5 rides"):
        check_rejections(accounted, 0.99)
    check_rejections(accounted, 1.0)


def test_a_fraction_that_is_just_allowed_is_allowed() -> None:
    accounted = account([FilePlan(source("a"), 9, 1)], [report("a", 0, Counts(10, 9, 1, {"x": 1}), 9)])
    check_rejections(accounted, 0.1)
    check_rejections(account([], []), 0.0)
    with pytest.raises(TooManyRejectedRides, match=r"1 of 10 rides were rejected \(1 x\), .* fraction of 0\.09"):
        check_rejections(accounted, 0.09)


def test_the_refusal_names_the_files_left_out_whole() -> None:
    files = [FilePlan(source("a"), 2_000, 1), FilePlan(source("b.csv"), 160, fault=fault("csv"))]
    accounted = account(files, [report("a", 0, Counts(10, 10, 0), 2_000)])
    with pytest.raises(TooManyRejectedRides, match=r"Left out whole: raw/b\.csv \(some 2 rides, csv\)\."):
        check_rejections(accounted, 0.1)


def test_the_first_of_each_reason_is_of_the_first_file_and_its_first_chunk() -> None:
    files = [FilePlan(source("b"), 9, 1), FilePlan(source("a"), 9, 2), FilePlan(source("z"), 9, fault=fault("zip"))]
    first, second, other = ({"position": {"byte": byte, "record": 1}} for byte in (1, 2, 3))
    accounted = account(
        files,
        [
            report("a", 2, Counts(1, 0, 1, {"x": 1}), 9, x=second),
            report("a", 1, Counts(1, 0, 1, {"x": 1}), 9, x=first),
            report("b", 0, Counts(2, 0, 2, {"x": 1, "y": 1}), 9, x=other, y=other),
        ],
    )
    examples = accounted.first_rejected()
    assert [(each["reason"], each["key"], each["position"]["byte"]) for each in examples] == [
        ("zip", "raw/z", 0),
        ("x", "raw/a", 1),
        ("y", "raw/b", 3),
    ]
    assert [each["count"] for each in examples] == [8, 3, 1]


def test_what_the_state_of_an_execution_gets_is_bounded() -> None:
    files = [FilePlan(source("é" * 500 + str(n)), 9, skipped="é" * 10_000) for n in range(1000)]
    output = account(files, []).to_json()
    assert (len(output["file_lines"]), output["file_lines_omitted"]) == (MOST_FILES, 990)
    assert len(json.dumps(output["file_lines"])) < 20_000


def test_lines_of_a_plan_and_reports_come_back_as_they_went() -> None:
    plan = FilePlan(Source("raw/é", "e", "v1", "2026-01-01T00:00:00.000Z"), 9, 2, None, None)
    assert FilePlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    broken = FilePlan.from_json(json.loads(json.dumps(FilePlan(source("a"), 9, fault=fault("zip", 3, 2)).to_json())))
    assert broken.fault
    assert (broken.fault.reason, broken.fault.detail, broken.fault.records) == ("zip", "it is zip", 2)
    assert broken.fault.position == Position(3, 1, 4)
    one = report("a", 7, Counts(2, 1, 1, {"x": 1}), 9, x={"field": None, "position": {"byte": 0, "record": 1}})
    assert Report.from_json(json.loads(json.dumps(one.to_json()))) == one
