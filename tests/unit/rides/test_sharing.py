"""Which small files share a chunk, and what each of them gives: what it gives with a chunk of its own."""

import gzip
import json
import tracemalloc
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stored_rides import stage, unpack
from wildrydes.bucket import Source, StoredFile
from wildrydes.errors import IngestionIncomplete, SharedChunkTooLarge
from wildrydes.rides import shared_ingestion
from wildrydes.rides.files import records_and_runs_of_chunk
from wildrydes.rides.ingestion import Ingested, ingest
from wildrydes.rides.plain_rides import ride_reader
from wildrydes.rides.planning import manifest, plan_file
from wildrydes.rides.reports import FilePlan, FileResult, Report, check_plan, check_reports, spread
from wildrydes.rides.shared_chunk import read_item
from wildrydes.rides.shared_ingestion import IngestedFiles, ingest_files
from wildrydes.rides.sharing import FEWEST_FILES, MOST_BYTES, MOST_FILES, groups, part, plan_group, plan_lines

ARRIVED = "2026-01-01T00:00:00.000Z"
SIZES = st.lists(st.one_of(st.integers(0, 4_000), st.integers(0, 20 << 20)), max_size=300)


def files(sizes: list[int]) -> list[StoredFile]:
    return [StoredFile(Source(f"raw/{place:06}.json", f"{size:x}"), size) for place, size in enumerate(sizes)]


def by_key(file: StoredFile) -> str:
    return file.source.key


def ride(number: int, **changes: Any) -> str:
    return json.dumps(
        {
            "Distance": 10.5 + number,
            "HealthPoints": 100,
            "Latitude": 40.64,
            "Longitude": -73.77,
            "MagicPoints": 550,
            "Name": "Zéphyr",
            "StatusTime": "2019-01-01 10:00:00.000",
        }
        | changes
    )


@given(SIZES, st.integers(1_024, 64 << 20))
def test_each_file_is_in_one_place_in_its_order_and_what_shares_is_bounded(sizes: list[int], chunk_bytes: int) -> None:
    every = files(sizes)
    small, others = part(every, chunk_bytes)
    shared = list(groups(small, chunk_bytes))
    assert [file for group in shared for file in group] == small
    assert sorted([*small, *others], key=by_key) == every
    assert others == sorted(others, key=by_key)
    largest = min(chunk_bytes, MOST_BYTES) // 8
    assert all(file.size > largest or not file.size for file in others) or not small
    assert all(0 < file.size <= largest for file in small)
    for group in shared:
        assert 0 < len(group) <= MOST_FILES
        assert sum(file.size for file in group) <= min(chunk_bytes, MOST_BYTES)
    # Two neighbours that would fit into one chunk are not parted.
    for group, following in pairwise(shared):
        assert sum(file.size for file in [*group, following[0]]) > min(chunk_bytes, MOST_BYTES)


def test_a_hundred_thousand_files_of_one_ride_are_two_hundred_chunks() -> None:
    small, others = part(files([250] * 100_000), 8 << 20)
    shared = list(groups(small, 8 << 20))
    assert (len(others), len(shared), {len(group) for group in shared}) == (0, 200, {MOST_FILES})


def test_few_small_files_have_chunks_of_their_own() -> None:
    few = files([250] * FEWEST_FILES)
    assert part(few, 8 << 20) == ([], few)
    assert part([*few, *files([251])], 8 << 20) == ([*few, *files([251])], [])


def test_files_that_are_not_read_share_no_chunk() -> None:
    empty, marker = StoredFile(Source("raw/empty", ""), 0), StoredFile(Source("raw/_SUCCESS", ""), 9)
    small = files([250] * 33)
    assert part([empty, *small, marker], 8 << 20) == (small, [empty, marker])


def test_compressed_files_count_as_what_they_expand_to() -> None:
    named = [StoredFile(Source(f"raw/{place}.GZ", ""), 1 << 20) for place in range(4)]
    assert [len(group) for group in groups(named, 8 << 20)] == [1, 1, 1, 1]
    assert [len(group) for group in groups(files([1 << 20] * 16), 8 << 20)] == [8, 8]


def test_lines_of_many_files_are_held_once() -> None:
    shared = list(groups(files([250] * 20_000), 8 << 20))
    others = [FilePlan(Source("raw/large.json", "e"), 20 << 20, 3)]
    tracemalloc.start()
    lines, chunks = plan_lines(others, shared, 3)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [chunk.item for chunk in chunks] == list(range(3, 43))
    text = lines.splitlines(keepends=True)
    assert FilePlan.from_json(json.loads(text[0])) == others[0]
    for chunk, group in zip(chunks, shared, strict=True):
        of_chunk = [FilePlan.from_json(json.loads(line)) for line in lines[chunk.start : chunk.end].splitlines()]
        assert [plan.source for plan in of_chunk] == [file.source for file in group]
    # The buffer grows by an eighth at a time, and has another one of that size while it does.
    assert most < 2.5 * len(lines)


def test_an_item_stays_small_and_says_where_its_files_are_in_the_list() -> None:
    group = [StoredFile(Source(f"raw/{'é' * 400}{place}.json", "0" * 32), 250) for place in range(MOST_FILES)]
    chunk, text = plan_group(group, 7, 90)
    assert (chunk.item, chunk.files, chunk.start, chunk.end) == (7, MOST_FILES, 90, 90 + len(text.encode()))
    assert len(json.dumps(chunk.first_key)) + 200 < 4_096
    plans = [FilePlan.from_json(json.loads(line)) for line in text.splitlines()]
    assert [plan.source for plan in plans] == [file.source for file in group]
    assert {plan.shared for plan in plans} == {chunk.digest}
    check_plan("m", plans, [chunk])
    other, _ = plan_group(group[:-1], 7, 90)
    for wrong in (plans[:-1], plans[::-1]):
        with pytest.raises(IngestionIncomplete, match="m holds"):
            check_plan("m", wrong, [chunk])
    with pytest.raises(IngestionIncomplete, match="m holds"):
        check_plan("m", plans, [other])


def alone(source: Source, data: bytes) -> list[Ingested]:
    """What a file gives that has chunks of its own."""
    ingested = []
    for chunk in manifest([plan_file(source, [data], 8 << 20, len(data))]):
        blocks = [gzip.decompress(data) if chunk.compression else data]
        blocks = [blocks[0][chunk.start : chunk.end]]
        records = records_and_runs_of_chunk(blocks, chunk.start, ride_reader(1500.0, chunk.arrived_at))
        ingested.append(ingest(records, source, chunk.first_record, 1500.0))
    return ingested


RIDE = st.builds(ride, st.integers(0, 3), FieldService=st.sampled_from([0, 1, None]))
RECORD = st.one_of(RIDE, RIDE, RIDE, st.builds(ride, st.just(0), Latitude=st.just(123)), st.sampled_from(["7", '"é"']))
TEXTS = st.lists(RECORD, max_size=4).flatmap(
    lambda texts: st.sampled_from(
        [f"[{','.join(texts)}]", '{"travel_data": [' + ",".join(texts) + "]}", "\n".join(texts), "".join(texts)[:-9]]
    )
)
DATA = st.one_of(
    TEXTS.map(str.encode),
    TEXTS.map(lambda text: gzip.compress(text.encode(), mtime=0)),
    TEXTS.map(lambda text: gzip.compress(text.encode(), mtime=0)[:-5]),
    st.sampled_from([b"", b"  ", b"PK\3\4", b"a,b\n1,2", b"[1,", b"\xff\xfe[\0"]),
)


@given(st.lists(DATA, min_size=1, max_size=12))
def test_files_together_give_what_each_gives_alone(contents: list[bytes]) -> None:
    sources = [Source(f"raw/{place}", f"{place}", f"v{place}", ARRIVED) for place in range(len(contents))]
    together = ingest_files(zip(sources, contents, strict=True), 1500.0)
    each = [alone(source, data) for source, data in zip(sources, contents, strict=True)]
    rows = [unpack(part.processed) for parts in each for part in parts]
    assert unpack(together.processed) == b"".join(rows)
    assert [[part.counts for part in file.parts] for file in together.files] == [
        [part.counts for part in parts] for parts in each
    ]
    rejected = [part.rejected for parts in each for part in parts if part.rejected]
    assert [data for key, data in together.rejected.items() if key.endswith(".gz")] == rejected
    for source, data, file in zip(sources, contents, together.files, strict=True):
        plan = plan_file(source, [data], 8 << 20, len(data)).plan
        assert (file.skipped, str(file.fault), file.size) == (plan.skipped, str(plan.fault), plan.size)


def test_files_that_expand_to_far_too_much_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_ingestion, "MOST_BYTES", 1_000)
    contents = [(Source(f"raw/{place}.gz", ""), gzip.compress(ride(place).encode() * 4)) for place in range(3)]
    assert len(ingest_files(contents[:1], 1500.0).files) == 1
    with pytest.raises(SharedChunkTooLarge, match=r"raw/1\.gz and the 1 small files before it .* 1,000 bytes"):
        ingest_files(contents, 1500.0)


def report_of(contents: list[bytes]) -> tuple[list[FilePlan], Report, IngestedFiles]:
    """The plan of files that share a chunk, and its report."""
    stored = [StoredFile(Source(f"raw/{place}", f"{place}"), len(data)) for place, data in enumerate(contents)]
    chunk, text = plan_group(stored, 0, 0)
    plans = [FilePlan.from_json(json.loads(line)) for line in text.splitlines()]
    ingested = ingest_files(zip((file.source for file in stored), contents, strict=True), 1500.0)
    return (
        plans,
        Report(chunk, ingested.counts, stage(ingested.processed), ingested.first_rejected, ingested.files),
        ingested,
    )


def test_reports_of_shared_chunks_are_spread_over_their_files() -> None:
    bad = f"[{ride(1)},{ride(2, Latitude=123)}]".encode()
    plans, report, ingested = report_of([ride(1).encode(), b"PK\3\4", bad, b" ", b"[]"])
    back = Report.from_json(json.loads(json.dumps(report.to_json())))
    assert (back.chunk, back.counts, back.first_rejected) == (report.chunk, report.counts, report.first_rejected)
    files, reports = spread(plans, [back])
    assert [(file.chunks, file.skipped, file.fault and file.fault.reason) for file in files] == [
        (1, None, None),
        (0, None, "zip"),
        (1, None, None),
        (0, "the file holds nothing", None),
        (0, None, None),
    ]
    assert [(each.chunk.source.digest, each.counts.read, each.counts.rejected) for each in reports] == [
        (plans[0].source.digest, 1, 0),
        (plans[2].source.digest, 2, 1),
    ]
    assert list(reports[1].first_rejected) == ["out_of_range"]
    assert sorted(ingested.rejected) == sorted(
        [f"rejected/{plans[1].source.digest}/file.jsonl", f"rejected/{plans[2].source.digest}/00000-of-00001.jsonl.gz"]
    )
    assert spread(plans, []) == (plans, [])


def test_a_shared_chunk_of_which_a_file_or_the_rides_are_missing_is_named() -> None:
    _, report, _ = report_of([ride(1).encode(), ride(2).encode()])
    staged = {
        f"staged/e1/year=2019/{report.chunk.source.digest}/00000-of-00001.1-of-1.2-rides.jsonl.gz": "etag of 2019"
    }
    check_reports("e1", [report.chunk], [report], staged)
    short = Report(report.chunk, report.counts, report.years, {}, report.files[:1])
    for wrong, message in (
        ([short], "1 of 2 small files, the first of them raw/0 were read"),
        ([], "the report ingestions/e1/00000.json of 2 small files, the first of them raw/0 is missing"),
    ):
        with pytest.raises(IngestionIncomplete, match=message):
            check_reports("e1", [report.chunk], wrong, staged)
    with pytest.raises(IngestionIncomplete, match=r"with the rides of 2 small files, .* is missing"):
        check_reports("e1", [report.chunk], [report], {})


def test_an_item_of_the_manifest_is_read_as_what_it_is() -> None:
    _, report, _ = report_of([b"[]"])
    item = report.to_json()["chunk"]
    assert read_item(item) == report.chunk
    assert FileResult.from_json(json.loads(json.dumps(report.files[0].to_json()))) == report.files[0]
