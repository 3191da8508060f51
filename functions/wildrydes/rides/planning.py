"""Raw files -> which of them are new, the chunks of those that can be read, and why each other one is left out.

A source is done when an execution's check has passed with it, which its mark under ingested/ says, and what it gave is
there: all its chunks under processed/, or the fault of the whole file under rejected/. Files that shared a chunk have
one mark together. What an execution refused has no mark, so the next one reads it again, and refuses it with the same
numbers. A file that was skipped is looked at anew.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wildrydes.bucket import Chunk, Source, StoredFile
from wildrydes.errors import BadRideFile
from wildrydes.rides.files import chunks, records_and_runs
from wildrydes.rides.formats import is_gzip, peek
from wildrydes.rides.gzip_members import MOST_BYTES
from wildrydes.rides.reports import FilePlan
from wildrydes.rides.runs import RunReader, count_records
from wildrydes.rides.skipping import skipped_by_fault, skipped_by_name

MOST_REJECTED_FILES = 20


@dataclass(frozen=True)
class PlannedFile:
    """A file that was read to its end (`chunks`, none if it holds no ride), or to a `fault`, or `skipped` for a reason.

    `records` has the number of records in each chunk; `size` is the bytes of the file as it is stored; `compression` is
    "gzip" or "".
    """

    source: Source
    chunks: Sequence[tuple[int, int]] = ()
    fault: BadRideFile | None = None
    records: Sequence[int] = ()
    size: int = 0
    skipped: str | None = None
    compression: str = ""

    @property
    def plan(self) -> FilePlan:
        """What the check needs to know of it."""
        return FilePlan(self.source, self.size, len(self.chunks), self.skipped, self.fault, self.compression)


def new_files(files: Iterable[StoredFile], ingested: Collection[str]) -> tuple[list[StoredFile], int]:
    """The files whose digests are not among those done, and how many are."""
    new, count = [], 0
    for file in files:
        if file.source.digest in ingested:
            count += 1
        else:
            new.append(file)
    return new, count


def done_together(
    marks: Iterable[Mapping[str, Any]], processed: Collection[str], rejected: Collection[str]
) -> Iterator[str]:
    """The digests of the files that are done, by the lines of the marks of shared chunks.

    `processed` has the digests of the chunks whose rides are there, `rejected` those of files left out whole.
    """
    for line in marks:
        if line["digest"] in rejected or (line["outcome"] == "read" and line["shared"] in processed):
            yield line["digest"]


def plan_file(source: Source, blocks: Iterable[bytes], chunk_bytes: int, size: int = 0) -> PlannedFile:
    """Reads one file of `size` bytes to its end, and cuts it into chunks of some `chunk_bytes`; gzip is one chunk.

    More than one only if it has more records than a chunk may have. A file whose name says that it holds no data is
    skipped, and none of its `blocks` is asked for.
    """
    if reason := skipped_by_name(source.key):
        return PlannedFile(source, skipped=reason, size=size)
    head, all_blocks = peek(blocks)
    compression = "gzip" if is_gzip(head) else ""
    pieces = []
    try:
        all_records = records_and_runs(all_blocks, RunReader(count_records))
        pieces.extend(chunks(all_records, MOST_BYTES if compression else chunk_bytes))
    except BadRideFile as fault:
        skipped = skipped_by_fault(fault)
        unread = None if skipped else fault
        return PlannedFile(source, fault=unread, skipped=skipped, size=size, compression=compression)
    ranges, numbers = [(start, end) for start, end, _ in pieces], [number for _, _, number in pieces]
    return PlannedFile(source, ranges, records=numbers, size=size, compression=compression)


def manifest(files: Iterable[PlannedFile]) -> list[Chunk]:
    """The chunks of all files, numbered through."""
    return [replace(chunk, item=item) for item, chunk in enumerate(chunk for file in files for chunk in _chunks(file))]


def _chunks(file: PlannedFile) -> Iterator[Chunk]:
    source, first_record = file.source, 1
    for number, ((start, end), count) in enumerate(zip(file.chunks, file.records, strict=True)):
        yield Chunk(
            item=0,
            key=source.key,
            etag=source.etag,
            start=start,
            end=end,
            chunk=number,
            of=len(file.chunks),
            version=source.version,
            arrived_at=source.arrived_at,
            first_record=first_record,
            records=count,
            compression=file.compression,
        )
        first_record += count


def summary(
    file_count: int,
    ingested_count: int,
    files: Sequence[PlannedFile],
    chunk_count: int,
    small_count: int = 0,
    shared_count: int = 0,
) -> str:
    """What there is to say of the plan, for people.

    `files` were read; there are `small_count` more, which share `shared_count` of the chunks.
    """
    skipped = sum(file.skipped is not None for file in files)
    rides, also = file_count - skipped, f" {skipped} more hold no data and are skipped." if skipped else ""
    if not rides:
        of_rides = " of rides" if skipped else ""
        return f"There is no file{of_rides} under raw/: training goes on with the rides ingested before.{also}"
    if rides == ingested_count:
        return f"None of the {rides} files under raw/ is new: training goes on with the rides ingested before.{also}"
    rejected = sum(file.fault is not None for file in files)
    return (
        f"{len(files) - skipped + small_count} of {rides} files under raw/ are new: {chunk_count} chunks to ingest, "
        f"{rejected} files rejected whole.{_of_small(small_count, shared_count)}{also}"
    )


def of_arranged(arranged: Mapping[str, int]) -> str:
    """What there is to say of what arrange_rides answered, for people; empty if it found nothing to do."""
    sentences = []
    if objects := arranged.get("objects", 0):
        sentences.append(
            f" {objects} objects that an earlier version wrote under processed/ were put into their years."
        )
    if merged := arranged.get("merged", 0):
        sentences.append(f" {merged} small objects with rides were put together into {arranged['merged_into']}.")
    if postponed := arranged.get("postponed", 0):
        sentences.append(f" {postponed} small objects with rides stay apart for now: another execution uses them.")
    return "".join(sentences)


def _of_small(small_count: int, shared_count: int) -> str:
    if not small_count:
        return ""
    return f" {small_count} small files share {shared_count} of the chunks, and are read as they are ingested."
