"""The files of a shared chunk -> the processed rides of all, the rejected records of each, and what each file was.

Each file is read to its end before anything of it is taken, cut, judged and counted as the plan and the children do
with a file that has chunks of its own: its rows are the same, and a file that cannot be read is left out by itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wildrydes.bucket import Source, rejected_file_key, rejected_key
from wildrydes.errors import SharedChunkTooLarge
from wildrydes.rides.counts import Counts, total
from wildrydes.rides.files import decompressed, records_and_runs_of_chunk
from wildrydes.rides.gzip_lines import fast_lines
from wildrydes.rides.gzip_members import MOST_BYTES
from wildrydes.rides.ingestion import ingest_into, rejected_file
from wildrydes.rides.plain_rides import ride_reader
from wildrydes.rides.planning import PlannedFile, manifest, plan_file
from wildrydes.rides.reports import FileResult, Part
from wildrydes.rides.year_lines import RidesOfYear, YearLines


@dataclass
class IngestedFiles:
    """`processed` has the rides of all files by year, `rejected` what goes to each key under rejected/."""

    processed: Mapping[int, RidesOfYear] = field(default_factory=dict)
    rejected: dict[str, bytes] = field(default_factory=dict)
    files: list[FileResult] = field(default_factory=list)

    @property
    def counts(self) -> Counts:
        """The rides of all files that could be read."""
        return total(part.counts for file in self.files for part in file.parts)

    @property
    def first_rejected(self) -> Mapping[str, Mapping[str, Any]]:
        """The first rejected record of each reason."""
        first: dict[str, Mapping[str, Any]] = {}
        for file in self.files:
            for part in file.parts:
                first = {**part.first_rejected, **first}
        return first


def ingest_files(files: Iterable[tuple[Source, bytes]], max_station_miles: float) -> IngestedFiles:
    """What the files gave, in their order. Raises SharedChunkTooLarge where they expand to more than MOST_BYTES."""
    ingested, lines, expanded = IngestedFiles(), YearLines(fast_lines), 0
    for source, data in files:
        # It is far smaller than a chunk: only its records can be too many for one.
        planned = plan_file(source, [data], len(data) + 1, len(data))
        expanded += planned.chunks[-1][1] if planned.chunks else 0
        if expanded > MOST_BYTES:
            raise SharedChunkTooLarge(
                f"{source.key} and the {len(ingested.files)} small files before it in its chunk expand to more than "
                f"{MOST_BYTES:,} bytes. Start again with a smaller chunk_bytes, or upload them decompressed"
            )
        parts = list(_ingest_file(lines, planned, data, max_station_miles, ingested.rejected))
        if planned.fault:
            ingested.rejected[rejected_file_key(source)] = rejected_file(planned.fault, source)
        ingested.files.append(FileResult(planned.size, planned.compression, planned.skipped, planned.fault, parts))
    ingested.processed = lines.end()
    return ingested


def _ingest_file(
    lines: YearLines, planned: PlannedFile, data: bytes, max_station_miles: float, rejected: dict[str, bytes]
) -> Iterator[Part]:
    for chunk in manifest([planned]):
        start, end = chunk.start, chunk.end
        blocks = decompressed([data], start, end) if chunk.compression else [data[start:end]]
        records = records_and_runs_of_chunk(blocks, start, ride_reader(max_station_miles, chunk.arrived_at))
        rest = ingest_into(lines, records, chunk.source, chunk.first_record, max_station_miles)
        if rest.rejected:
            rejected[rejected_key(chunk.source, chunk.chunk, chunk.of)] = rest.rejected
        yield Part(start, end, rest.counts, rest.first_rejected)
