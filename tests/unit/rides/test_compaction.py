"""Which small objects are put together, and what that makes."""

import gzip
from datetime import UTC, datetime
from typing import Any

from wildrydes.bucket import Source, StoredFile
from wildrydes.rides.compaction import (
    FEWEST_OBJECTS,
    MOST_BYTES,
    MOST_OBJECTS,
    SMALL_BYTES,
    groups,
    is_candidate,
    merge,
    merged_key,
)
from wildrydes.rides.partitions import keys_of_chunk, rides_of, streamed_keys, year_of

NOW = datetime(2024, 7, 9, 12, tzinfo=UTC)
OLD, NEW = "2024-07-09T10:59:59.999Z", "2024-07-09T11:00:00.000Z"


def small(place: int, size: int = 300, year: int = 2018, **changes: Any) -> StoredFile:
    key = streamed_keys("2024-07-09", [str(place)], {year: 1})[year]
    return StoredFile(Source(changes.get("key", key), "e", None, changes.get("arrived_at", OLD)), size)


def test_only_small_old_objects_of_a_stream_are_put_together() -> None:
    of_file = keys_of_chunk(Source("raw/a", "e"), 0, 1, {2018: 1})[2018]
    merged = small(1).source.key.replace("/2024-07-09/", "/merged/")
    earlier = "processed/stream/2024-07-09/a.jsonl.gz"
    assert [is_candidate(each, NOW) for each in (small(1), small(1, SMALL_BYTES), small(1, arrived_at=NEW))] == [
        True, False, False,
    ]  # fmt: skip
    assert [is_candidate(small(1, key=key, arrived_at=NEW), NOW) for key in (of_file, merged, earlier)] == [
        False, True, False,
    ]  # fmt: skip


def test_groups_are_bounded_and_small_ones_are_left_alone() -> None:
    many = [small(place) for place in range(MOST_OBJECTS + FEWEST_OBJECTS)]
    assert [len(group) for group in groups(many)] == [MOST_OBJECTS, FEWEST_OBJECTS]
    assert [len(group) for group in groups(many[:-1])] == [MOST_OBJECTS]
    large = [small(place, MOST_BYTES // 8) for place in range(17)]
    assert [len(group) for group in groups(large)] == [8, 8]


def test_groups_are_of_one_year_each_the_earliest_first() -> None:
    objects = [small(place, year=year) for place in range(FEWEST_OBJECTS) for year in (2019, 2018)]
    seen = [[year_of(each.source.key) for each in group] for group in groups(objects)]
    assert seen == [[2018] * FEWEST_OBJECTS, [2019] * FEWEST_OBJECTS]


def source(number: int) -> Source:
    return Source(f"processed/year=2018/stream/2024-07-09/{number}.1-rides.jsonl.gz", f"e{number}")


def test_lines_of_all_objects_are_in_order_and_each_is_there_once() -> None:
    objects = [
        (source(0), gzip.compress(b"a\nb\n")),
        (source(1), gzip.compress(b"b\nc\n")),
        (source(2), gzip.compress(b"")),
    ]
    merged = merge(objects)
    assert gzip.decompress(merged.data) == b"a\nb\nc\n"
    assert (merged.rides, merged.sources) == (3, [source(0), source(1), source(2)])


def test_object_that_is_no_gzip_is_cut_off_or_ends_within_a_line_is_left_out() -> None:
    whole = gzip.compress(b"a\n")
    wrong = [b"a\n", whole[:-3], gzip.compress(b"a\nb"), whole[:10] + b"\xff" * 9]
    merged = merge([*((source(number), content) for number, content in enumerate(wrong)), (source(9), whole)])
    assert (gzip.decompress(merged.data), merged.rides, merged.sources) == (b"a\n", 1, [source(9)])


def test_key_says_year_and_rides_and_follows_from_what_was_put_together() -> None:
    sources = [source(0), source(1)]
    key = merged_key(sources, 12)
    assert (year_of(key), rides_of(key), "/stream/merged/" in key) == (2018, 12, True)
    assert merged_key(sources, 12) == key
    others = [
        merged_key([source(0)], 12),
        merged_key(sources, 13),
        merged_key([source(0), Source(source(1).key, "x")], 12),
    ]
    assert len({key, *others}) == 4
