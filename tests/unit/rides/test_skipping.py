"""Which files are skipped: by name, or because they hold nothing."""

import gzip

import pytest

from wildrydes.bucket import Source
from wildrydes.rides.planning import plan_file, summary
from wildrydes.rides.skipping import skipped_by_name

SKIPPED = {
    "raw/_SUCCESS": "_SUCCESS marks a finished job",
    "raw/day/_started_1720": "_started_1720 marks a finished job",
    "raw/_committed_vacuum12": "_committed_vacuum12 marks a finished job",
    "raw/._SUCCESS.crc": "._SUCCESS.crc is a checksum",
    "raw/.part-0000.json.crc": ".part-0000.json.crc is a checksum",
    "raw/rides.json.md5": "rides.json.md5 is a checksum",
    "raw/SHA256SUMS": "SHA256SUMS is a checksum",
    "raw/.DS_Store": ".DS_Store is left by a desktop",
    "raw/._rides.json": "._rides.json is left by a desktop",
    "raw/Thumbs.db": "Thumbs.db is left by a desktop",
    "raw/desktop.ini": "desktop.ini is left by a desktop",
    "raw/2019/.gitkeep": ".gitkeep keeps a folder",
    "raw/2019_$folder$": "2019_$folder$ keeps a folder",
    "raw/README": "README describes the files",
    "raw/ReadMe.md": "ReadMe.md describes the files",
    "raw/__MACOSX/rides.json": "__MACOSX/ is where a tool keeps files of its own",
    "raw/.ipynb_checkpoints/rides-checkpoint.json": ".ipynb_checkpoints/ is where a tool keeps files of its own",
}
READ = (
    "raw/rides.json",
    "raw/_rides.json",
    "raw/.rides",
    "raw/SUCCESS.json",
    "raw/crc",
    "raw/readme.json",
    "raw/a_SUCCESS",
)


@pytest.mark.parametrize("key", SKIPPED)
def test_a_file_that_a_tool_leaves_is_skipped_unread_with_the_reason(key: str) -> None:
    def never() -> bytes:
        raise AssertionError("the file was read")

    planned = plan_file(Source(key, "e"), iter(never, b""), 1024)
    assert (planned.skipped, planned.fault, planned.chunks) == (SKIPPED[key], None, ())
    assert planned.plan.skipped == SKIPPED[key]


@pytest.mark.parametrize("key", READ)
def test_a_file_of_another_name_is_read_whatever_it_begins_with(key: str) -> None:
    assert skipped_by_name(key) is None
    assert plan_file(Source(key, "e"), [b'{"a": 1}'], 1024).chunks == [(0, 8)]


@pytest.mark.parametrize(
    "data", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\x1e\n", gzip.compress(b"", mtime=0), gzip.compress(b"\n", mtime=0)]
)
def test_a_file_that_holds_nothing_is_skipped(data: bytes) -> None:
    planned = plan_file(Source("raw/rides.json", "e"), [data], 1024)
    assert (planned.skipped, planned.fault, planned.chunks) == ("the file holds nothing", None, ())


def test_a_file_with_an_empty_list_is_read_and_one_cut_short_is_refused() -> None:
    for data in (b"[]", b'{"travel_data": []}', gzip.compress(b"[]")):
        planned = plan_file(Source("raw/rides.json", "e"), [data], 1024)
        assert (planned.skipped, planned.fault, planned.chunks) == (None, None, [])
    planned = plan_file(Source("raw/rides.json", "e"), [gzip.compress(b"")[:-1]], 1024)
    assert planned.skipped is None
    assert planned.fault and planned.fault.reason == "truncated_gzip"


def test_the_plan_says_how_many_were_skipped_and_does_not_count_them_as_new() -> None:
    marker, rides = (plan_file(Source(key, "e"), [b"{}"], 99) for key in ("raw/_SUCCESS", "raw/rides.json"))
    skipped = " 1 more hold no data and are skipped."
    assert summary(2, 0, [marker, rides], 1) == (
        f"1 of 1 files under raw/ are new: 1 chunks to ingest, 0 files rejected whole.{skipped}"
    )
    assert summary(2, 1, [marker], 0).startswith("None of the 1 files under raw/ is new")
    assert summary(1, 0, [marker], 0).startswith("There is no file of rides under raw/")
    assert summary(1, 0, [marker], 0).endswith(skipped)
