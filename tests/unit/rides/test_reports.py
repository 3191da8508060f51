"""Plan, reports and objects must agree; what is missing is named."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from wildrydes.bucket import Chunk, Source, rejected_key
from wildrydes.errors import IngestionIncomplete
from wildrydes.rides.counts import Counts
from wildrydes.rides.partitions import keys_of_chunk, staged_key
from wildrydes.rides.reports import (
    MOST_NAMED,
    FilePlan,
    Report,
    StagedRides,
    check_plan,
    check_reports,
    missing_rejected,
    rejected_keys,
)

SOURCE = Source("raw/a.json", "0123")
CHUNKS = [Chunk(item, SOURCE.key, SOURCE.etag, 10 * item, 10 * item + 9, item, 8, records=2) for item in range(8)]
REPORTS = {
    chunk.item: Report(chunk, Counts(2, 1, 1, {"x": 1}), {2017: StagedRides(1, f"e{chunk.item}")}) for chunk in CHUNKS
}


def key_of(item: int) -> str:
    """Where the rides of a chunk wait."""
    return staged_key("e1", keys_of_chunk(SOURCE, item, 8, {2017: 1})[2017])


STAGED = {key_of(item): f"e{item}" for item in range(8)}
REJECTED = frozenset(rejected_key(SOURCE, item, 8) for item in range(8))


def check(
    chunks: Sequence[Chunk], reports: Mapping[int, Report], staged: Mapping[str, str], rejected: Iterable[str]
) -> None:
    """Checks chunks of one file, as check_ingestion does."""
    missing = missing_rejected(rejected_keys(reports.values()), rejected)
    check_reports("e1", chunks, reports.values(), staged, missing)


def incomplete(**changes: object) -> str:
    """What is said where one of the four differs."""
    parts: dict[str, Any] = {"chunks": CHUNKS, "reports": REPORTS, "staged": STAGED, "rejected": REJECTED} | changes
    with pytest.raises(IngestionIncomplete) as raised:
        check(**parts)
    return str(raised.value)


def test_all_of_it_is_there() -> None:
    check_plan("manifests/e1.json", [FilePlan(SOURCE, 80, 8)], CHUNKS)
    check(CHUNKS, REPORTS, STAGED, REJECTED)
    check_plan("manifests/e1.json", [FilePlan(SOURCE, 2), FilePlan(SOURCE, 0, skipped="a marker")], [])
    check([], {}, {}, [])


def test_a_report_that_is_missing_is_named_with_its_bytes() -> None:
    reports = {item: report for item, report in REPORTS.items() if item != 3}
    assert "the report ingestions/e1/00003.json of bytes 30 to 39 of raw/a.json is missing" in incomplete(
        reports=reports
    )


def test_a_report_of_another_plan_is_none() -> None:
    other = replace(REPORTS[3], chunk=replace(CHUNKS[3], etag="4567"))
    assert "ingestions/e1/00003.json is not of bytes 30 to 39" in incomplete(reports={**REPORTS, 3: other})


def test_an_object_that_is_missing_or_another_is_named() -> None:
    key = key_of(3)
    gone = {each: etag for each, etag in STAGED.items() if each != key}
    assert f"{key} with the rides of bytes 30 to 39 of raw/a.json is missing" in incomplete(staged=gone)
    assert f"{key} with the rides of bytes 30 to 39 of raw/a.json is another" in incomplete(staged={**STAGED, key: ""})


def test_rejected_records_that_are_missing_are_named_where_there_were_some() -> None:
    key = rejected_key(SOURCE, 3, 8)
    assert f"{key} with the rejected records of bytes 30 to 39" in incomplete(rejected=REJECTED - {key})
    none = {item: replace(report, counts=Counts(2, 1, 0, {}, 1)) for item, report in REPORTS.items()}
    check(CHUNKS, none, STAGED, [])
    assert rejected_keys(none.values()) == {}


def test_records_that_were_planned_and_not_read_are_counted() -> None:
    short = replace(REPORTS[3], counts=Counts(1, 0, 1, {"x": 1}))
    assert "of 2 records in bytes 30 to 39 of raw/a.json 1 were read" in incomplete(reports={**REPORTS, 3: short})


def test_accepted_rides_that_are_in_no_year_are_counted() -> None:
    """So a report that an earlier version wrote, which names no years, is refused."""
    none = Report.from_json({**REPORTS[3].to_json(), "years": {}})
    assert "of 1 accepted rides of bytes 30 to 39 of raw/a.json 0 have a year" in incomplete(
        reports={**REPORTS, 3: none}
    )
    assert Report.from_json(REPORTS[3].to_json()) == REPORTS[3]


def test_of_many_faults_some_are_named_and_the_others_counted() -> None:
    message = incomplete(reports={})
    assert message.count(" is missing") == MOST_NAMED
    assert f", and {len(CHUNKS) - MOST_NAMED} more. Nothing of it was used" in message


def test_a_manifest_that_was_changed_is_refused() -> None:
    with pytest.raises(IngestionIncomplete, match=r"manifests/e1\.json holds 7 chunks, .* the 8 that were planned"):
        check_plan("manifests/e1.json", [FilePlan(SOURCE, 80, 8)], CHUNKS[:7])
    with pytest.raises(IngestionIncomplete, match="which are not the 8"):
        check_plan("manifests/e1.json", [FilePlan(Source("raw/b", "0"), 80, 8)], CHUNKS)
