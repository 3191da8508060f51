"""Folders of ride files of every kind, through plan, ingestion and account: nothing is lost, nothing counts twice."""

import gzip
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildrydes.bucket import Source
from wildrydes.errors import TooManyRejectedRides
from wildrydes.rides.accounts import Account, account, check_rejections
from wildrydes.rides.files import records_of_chunk, records_of_compressed_chunk
from wildrydes.rides.ingestion import ingest
from wildrydes.rides.planning import manifest, plan_file
from wildrydes.rides.reports import Report, check_plan

BAD: tuple[Any, ...] = ({"Distance": "far"}, {}, {"Name": 7})


@dataclass(frozen=True)
class File:
    """A file by what it holds: numbers of rides, or -1 for a record that is none."""

    rides: tuple[int, ...]
    shape: str
    compressed: bool
    # Whether its last byte is missing.
    cut: bool

    def data(self) -> bytes:
        texts = [json.dumps(BAD[index % len(BAD)] if n < 0 else ride(n)) for index, n in enumerate(self.rides)]
        text = {
            "array": f"[{', '.join(texts)}]",
            "travel_data": f'{{"travel_data": [{", ".join(texts)}]}}',
            "bare": "  ".join(texts),
            "lines": "".join(f"{text}\n" for text in texts),
        }[self.shape]
        data = text.rstrip().encode()[: -1 if self.cut else None]
        return gzip.compress(data, mtime=0) if self.compressed else data

    @property
    def outcome(self) -> str:
        """What has to become of it."""
        if not self.data() or (self.compressed and not gzip.decompress(self.data())):
            return "skipped"
        return "rejected" if self.cut else "read"


def ride(number: int) -> dict[str, Any]:
    place = {"Latitude": 40.64, "Longitude": -73.77, "Distance": 1.5 + number}
    return place | {"HealthPoints": 1, "MagicPoints": 2, "Name": "é", "StatusTime": "2019-01-01 10:00:00.000"}


FILES = st.builds(
    File,
    st.lists(st.integers(-1, 6), max_size=9).map(tuple),
    st.sampled_from(["array", "travel_data", "bare", "lines"]),
    st.booleans(),
    st.sampled_from([False, False, False, True]),
)
NAMES = st.sampled_from(["a.json", "b/a.json", "b/c", "é"])
MARKERS = {"raw/_SUCCESS": b"", "raw/.DS_Store": b"\0\1", "raw/a.json.crc": b"crc"}


def source(key: str, data: bytes) -> Source:
    return Source(key, f"{hash(data):x}")


def execute(folder: Mapping[str, bytes], settled: frozenset[str], chunk_bytes: int) -> Account:
    """The account of an execution on a folder of which some files were ingested before."""
    sources = {key: source(key, data) for key, data in folder.items()}
    new = {key: each for key, each in sources.items() if each.digest not in settled}
    files = [plan_file(each, [folder[key]], chunk_bytes, len(folder[key])) for key, each in new.items()]
    chunks, reports = manifest(files), []
    check_plan("manifest", [file.plan for file in files], chunks)
    for chunk in chunks:
        data = folder[chunk.key]
        if chunk.compression:
            records = records_of_compressed_chunk([data], chunk.start, chunk.end)
        else:
            records = records_of_chunk([data[chunk.start : chunk.end]], chunk.start)
        ingested = ingest(records, chunk.source, chunk.first_record)
        assert ingested.counts.read == chunk.records
        reports.append(Report(chunk, ingested.counts, {}, ingested.first_rejected))
    return account([file.plan for file in files], reports)


def check(accounted: Account, files: Mapping[str, File], *, one_chunk: bool) -> None:
    """The sums, and of each file that could be read what it is known to hold."""
    output = accounted.to_json()
    assert len(accounted.lines) == output["files_read"] + output["files_skipped"] + output["files_rejected"]
    for counts in (accounted.counts, *(line.counts for line in accounted.lines)):
        assert counts.read == counts.accepted + counts.rejected + counts.repeated
        assert counts.rejected == sum(counts.rejected_by_reason.values())
    for line in accounted.lines:
        file = files.get(line.plan.source.key)
        assert line.outcome == (file.outcome if file else "skipped")
        if line.outcome == "read" and file:
            good = [number for number in file.rides if number >= 0]
            assert (line.counts.read, line.counts.rejected) == (len(file.rides), len(file.rides) - len(good))
            assert len(set(good)) <= line.counts.accepted <= len(good)
            assert line.counts.accepted == len(set(good)) or not one_chunk
        if line.outcome == "rejected":
            assert line.counts.rejected == line.counts.read >= 1


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, FILES, max_size=4), st.sampled_from([100, 400, 1 << 20]), NAMES, NAMES, FILES)
def test_every_file_and_every_ride_is_accounted_for_once(
    files: dict[str, File], chunk_bytes: int, renamed: str, replaced: str, by: File
) -> None:
    files = {f"raw/{name}": file for name, file in files.items()}
    folder = {key: file.data() for key, file in files.items()} | MARKERS
    first = execute(folder, frozenset(), chunk_bytes)
    assert len(first.lines) == len(folder)
    check(first, files, one_chunk=chunk_bytes == 1 << 20)
    # The same folder again, once it has passed: what is new is the markers alone, which hold no ride.
    settled = frozenset(line.plan.source.digest for line in first.lines if line.outcome != "skipped")
    again = execute(folder, settled, chunk_bytes)
    assert (again.counts.read, again.files("read") + again.files("rejected")) == (0, 0)
    # One file renamed, another replaced: these two are new, and no other.
    later = dict(files)
    if f"raw/{renamed}" in later:
        later["raw/renamed"] = later.pop(f"raw/{renamed}")
    later[f"raw/{replaced}"] = replace(by)
    second = execute({key: file.data() for key, file in later.items()} | MARKERS, settled, chunk_bytes)
    check(second, later, one_chunk=chunk_bytes == 1 << 20)
    new = {line.plan.source.key for line in second.lines if line.outcome != "skipped"}
    assert new <= {"raw/renamed", f"raw/{replaced}"}


def texts(start: int, end: int) -> str:
    return json.dumps([ride(number) for number in range(start, end)])


def zipped(data: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("rides.json", data)
    return archive.getvalue()


RIDES = texts(500, 900)
LEFT_OUT: dict[str, tuple[str, bytes]] = {
    "UTF-16 with a mark": ("utf_16", RIDES.encode("utf-16")),
    "UTF-16 without one": ("utf_16", RIDES.encode("utf-16-be")),
    "UTF-32": ("utf_32", RIDES.encode("utf-32")),
    "Latin-1 from the first ride on": ("not_utf8", RIDES.replace("\\u00e9", "é").encode("latin-1")),
    "an array that was cut": ("truncated_file", RIDES[:-1].encode()),
    "an array with a fault in its middle": ("not_json", RIDES.replace('"Distance": 701.5', '"Distance": :').encode()),
    "two gzips of which the second is cut": ("truncated_gzip", gzip.compress(RIDES.encode())[:-9]),
}


@pytest.mark.parametrize("what", LEFT_OUT)
def test_a_file_left_out_whole_counts_as_some_of_the_rides_that_it_holds(what: str) -> None:
    reason, data = LEFT_OUT[what]
    folder = {"raw/a.json": texts(0, 250).encode(), "raw/b.json.gz": gzip.compress(texts(250, 650).encode())}
    accounted = execute(folder | {"raw/c": data}, frozenset(), 1 << 20)
    assert (accounted.files("read"), accounted.counts.accepted) == (2, 650)
    assert list(accounted.counts.rejected_by_reason) == [reason]
    assert 320 <= accounted.counts.rejected <= 480
    with pytest.raises(TooManyRejectedRides, match=r"Left out whole: raw/c \(some "):
        check_rejections(accounted, 0.1)


def test_an_archive_counts_as_more_rides_than_its_bytes_as_text() -> None:
    text, archive = texts(0, 250).encode(), zipped(RIDES.encode())
    accounted = execute({"raw/a": text, "raw/b": archive}, frozenset(), 1 << 20)
    as_text = len(archive) / (len(text) / 250)
    assert 5.5 < accounted.counts.rejected_by_reason["zip"] / as_text < 6.5


def test_the_case_of_three_files_stops_at_the_bound(shared_data: Path) -> None:
    case = shared_data / "cases" / "02-whole-file-rejected-counts-as-one"
    folder = {f"raw/{path.name}": path.read_bytes() for path in case.iterdir() if path.name != "README"}
    accounted = execute(folder, frozenset(), 1 << 20)
    assert (accounted.files("read"), accounted.files("rejected")) == (2, 1)
    assert 1_800 < accounted.counts.rejected_by_reason["utf_16"] < 2_200
    with pytest.raises(TooManyRejectedRides, match=r"Left out whole: raw/c-utf16\.json"):
        check_rejections(accounted, 0.1)
