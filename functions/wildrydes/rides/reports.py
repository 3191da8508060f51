"""What a plan and the ingestion of each chunk write down, and whether all of it is there.

    manifests/<execution>.files.jsonl   one FilePlan a file under raw/ that was not ingested before
    manifests/<execution>.json          one Chunk an item: what the Map fans out over
    ingestions/<execution>/00007.json   the Report of item 7
    staged/<execution>/…                its rides

Objects are deleted by people, by rules and by mistake. So the three are held against each other before a ride counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from wildrydes.bucket import Chunk, Source, counts_key, rejected_key, staged_key
from wildrydes.errors import BadRideFile, IngestionIncomplete, Position
from wildrydes.rides.counts import Counts

MOST_NAMED = 5


@dataclass(frozen=True)
class FilePlan:
    """A file as it was planned: cut into `chunks`, `skipped` for a reason, or left out whole for its `fault`.

    `size` is its bytes as they are stored, `compression` "gzip" or "".
    """

    source: Source
    size: int
    chunks: int = 0
    skipped: str | None = None
    fault: BadRideFile | None = None
    compression: str = ""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "FilePlan":
        """The file of a line of the plan."""
        fault = value["fault"]
        return cls(
            Source(**value["source"]),
            value["size"],
            value["chunks"],
            value["skipped"],
            fault and BadRideFile(**fault | {"position": Position(**fault["position"])}),
            value["compression"],
        )

    def to_json(self) -> dict[str, Any]:
        """The file as a line of the plan."""
        fault = self.fault and {
            "reason": self.fault.reason,
            "detail": self.fault.detail,
            "position": self.fault.position._asdict(),
            "records": self.fault.records,
        }
        return {
            "source": asdict(self.source),
            "size": self.size,
            "chunks": self.chunks,
            "skipped": self.skipped,
            "fault": fault,
            "compression": self.compression,
        }


@dataclass(frozen=True)
class Report:
    """A chunk that was ingested: its counts, the ETag of its rides, and the first rejected record of each reason."""

    chunk: Chunk
    counts: Counts
    etag: str
    first_rejected: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Report":
        """The report in a decoded JSON object."""
        return cls(Chunk(**value["chunk"]), Counts.from_json(value), value["etag"], value["first_rejected"])

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object: its counts, and the other fields beside them."""
        first = dict(self.first_rejected)
        return self.counts.to_json() | {"chunk": asdict(self.chunk), "etag": self.etag, "first_rejected": first}


def check_plan(manifest_key: str, files: Iterable[FilePlan], chunks: Sequence[Chunk]) -> None:
    """Raises IngestionIncomplete unless the manifest has each chunk of each file, and no other."""
    planned = [(file.source, number, file.chunks) for file in files for number in range(file.chunks)]
    actual = [(chunk.source, chunk.chunk, chunk.of) for chunk in chunks]
    if planned != actual:
        raise IngestionIncomplete(
            f"{manifest_key} holds {len(actual)} chunks, which are not the {len(planned)} that were planned: "
            "it was changed. Start again"
        )


def check_reports(
    execution: str,
    chunks: Iterable[Chunk],
    reports: Mapping[int, Report],
    staged: Mapping[str, str],
    rejected: Iterable[str],
) -> None:
    """Raises IngestionIncomplete, saying what is missing, unless each chunk has its report and its objects.

    `staged` has the ETag of each object by its key; `rejected` are the keys under rejected/.
    """
    written = frozenset(rejected)
    faults = [
        fault for chunk in chunks for fault in _faults(execution, chunk, reports.get(chunk.item), staged, written)
    ]
    if faults:
        more = f", and {len(faults) - MOST_NAMED} more" if len(faults) > MOST_NAMED else ""
        raise IngestionIncomplete(
            f"What was ingested is not all there: {'; '.join(faults[:MOST_NAMED])}{more}. Nothing of it was used. "
            "Start again"
        )


def rejected_keys(reports: Iterable[Report]) -> frozenset[str]:
    """The keys of the rejected records of chunks that have some."""
    chunks = (report.chunk for report in reports if report.counts.rejected)
    return frozenset(rejected_key(chunk.source, chunk.chunk, chunk.of) for chunk in chunks)


def _faults(
    execution: str, chunk: Chunk, report: Report | None, staged: Mapping[str, str], rejected: frozenset[str]
) -> list[str]:
    where = f"bytes {chunk.start} to {chunk.end} of {chunk.key}"
    if report is None:
        return [f"the report {counts_key(execution, chunk.item)} of {where} is missing"]
    if report.chunk != chunk:
        return [f"the report {counts_key(execution, chunk.item)} is not of {where}"]
    faults = []
    if chunk.records is not None and report.counts.read != chunk.records:
        faults.append(f"of {chunk.records} records in {where} {report.counts.read} were read")
    key = staged_key(execution, chunk.source, chunk.chunk, chunk.of)
    if staged.get(key) != report.etag:
        faults.append(f"{key} with the rides of {where} is {'another object' if key in staged else 'missing'}")
    missing = rejected_keys([report]) - rejected
    return faults + [f"{each} with the rejected records of {where} is missing" for each in missing]
