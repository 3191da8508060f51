"""Raw files -> which of them are new, the chunks of those that can be read, and the fault of each that cannot.

A source is done when all its chunks are under processed/, or when its rejection as a whole is under rejected/. A file
that holds no ride is one empty chunk, which the plan itself can write; then it is done too.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from wildrydes.bucket import Chunk, Source
from wildrydes.errors import BadRideFile
from wildrydes.rides.files import chunks, records

MOST_REJECTED_FILES = 20


@dataclass(frozen=True)
class PlannedFile:
    """A file that was read to its end (`chunks`, none if it holds no ride), or to a `fault`."""

    source: Source
    chunks: Sequence[tuple[int, int]] = ()
    fault: BadRideFile | None = None


def new_sources(sources: Iterable[Source], ingested: Collection[str]) -> tuple[list[Source], int]:
    """The sources whose digests are not among those done, and how many are."""
    all_sources = list(sources)
    new = [source for source in all_sources if source.digest not in ingested]
    return new, len(all_sources) - len(new)


def plan_file(source: Source, blocks: Iterable[bytes], chunk_bytes: int) -> PlannedFile:
    """Reads one file to its end, and cuts it into chunks of some `chunk_bytes`."""
    try:
        return PlannedFile(source, list(chunks(records(blocks), chunk_bytes)))
    except BadRideFile as fault:
        return PlannedFile(source, fault=fault)


def manifest(files: Iterable[PlannedFile]) -> list[Chunk]:
    """The chunks of all files, numbered through."""
    file_chunks = [
        Chunk(0, source.key, source.etag, start, end, number, len(file.chunks), source.version, source.arrived_at)
        for file in files
        for source in (file.source,)
        for number, (start, end) in enumerate(file.chunks)
    ]
    return [replace(chunk, item=item) for item, chunk in enumerate(file_chunks)]


def summary(file_count: int, ingested_count: int, files: Sequence[PlannedFile], chunk_count: int) -> str:
    """One sentence on the plan, for people."""
    if not file_count:
        return "There is no file under raw/: training goes on with the rides that were ingested before."
    if file_count == ingested_count:
        return (
            f"None of the {file_count} files under raw/ is new: training goes on with the rides that were ingested "
            "before."
        )
    rejected = sum(file.fault is not None for file in files)
    return (
        f"{len(files)} of {file_count} files under raw/ are new: {chunk_count} chunks to ingest, "
        f"{rejected} files rejected whole."
    )
