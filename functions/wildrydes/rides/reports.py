"""What a plan and the ingestion of each chunk write down, and whether all of it is there.

    manifests/<execution>.files.jsonl   one FilePlan a file under raw/ that was not ingested before
    manifests/<execution>.json          one Chunk or SharedChunk an item: what the Map fans out over
    ingestions/<execution>/00007.json   the Report of item 7
    staged/<execution>/…                its rides, an object a year

Objects are deleted by people, by rules and by mistake. So the three are held against each other before a ride counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from wildrydes.bucket import Chunk, Source, counts_key, rejected_key
from wildrydes.errors import BadRideFile, IngestionIncomplete, Position
from wildrydes.rides.counts import Counts
from wildrydes.rides.partitions import keys_of_chunk, staged_key
from wildrydes.rides.shared_chunk import SharedChunk, group_digest, read_item

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class FilePlan:
    """A file as it was planned: cut into `chunks`, `skipped` for a reason, or left out whole for its `fault`.

    `size` is its bytes as they are stored, `compression` "gzip" or "". One that shares a chunk, whose digest is in
    `shared`, has not been read yet: what it is comes with the chunk's report.
    """

    source: Source
    size: int
    chunks: int = 0
    skipped: str | None = None
    fault: BadRideFile | None = None
    compression: str = ""
    shared: str = ""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "FilePlan":
        """The file of a line of the plan."""
        return cls(
            Source(**value["source"]),
            value["size"],
            value["chunks"],
            value["skipped"],
            _read_fault(value["fault"]),
            value["compression"],
            # Plans from before files shared chunks have no such field.
            value.get("shared", ""),
        )

    def to_json(self) -> dict[str, Any]:
        """The file as a line of the plan."""
        return {
            "source": asdict(self.source),
            "size": self.size,
            "chunks": self.chunks,
            "skipped": self.skipped,
            "fault": _fault_fields(self.fault),
            "compression": self.compression,
            "shared": self.shared,
        }


class Part(NamedTuple):
    """What bytes [start, end) of a file gave: all of its records, but for a file of very many."""

    start: int
    end: int
    counts: Counts
    first_rejected: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class FileResult:
    """A file of a shared chunk, as its child found it: what FilePlan says of other files, and its parts."""

    size: int
    compression: str
    skipped: str | None
    fault: BadRideFile | None
    parts: Sequence[Part]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "FileResult":
        """The result in a decoded JSON object."""
        parts = [Part(each["start"], each["end"], Counts.from_json(each), each["first"]) for each in value["parts"]]
        return cls(value["size"], value["compression"], value["skipped"], _read_fault(value["fault"]), parts)

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        parts = [
            part.counts.to_json() | {"start": part.start, "end": part.end, "first": part.first_rejected}
            for part in self.parts
        ]
        fault = _fault_fields(self.fault)
        fields = {"size": self.size, "compression": self.compression, "skipped": self.skipped}
        return fields | {"fault": fault, "parts": parts}


class StagedRides(NamedTuple):
    """The rides of one year of a chunk: how many they are, and the ETag of their object."""

    rides: int
    etag: str


@dataclass(frozen=True, slots=True)
class Report:
    """A chunk that was ingested: its counts, its rides by year, and the first rejected record of each reason.

    Of a shared chunk it has a result a file, in the files' order, and the reasons are theirs.
    """

    chunk: Chunk | SharedChunk
    counts: Counts
    years: Mapping[int, StagedRides]
    first_rejected: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    files: Sequence[FileResult] = ()

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Report":
        """The report in a decoded JSON object."""
        files = tuple(FileResult.from_json(each) for each in value.get("files", ()))
        chunk, counts = read_item(value["chunk"]), Counts.from_json(value)
        # One of an earlier version has no such field: its accepted rides are in no object then.
        years = {int(year): StagedRides(**each) for year, each in value.get("years", {}).items()}
        return cls(chunk, counts, years, value["first_rejected"], files)

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object: its counts, and the other fields beside them."""
        years = {str(year): each._asdict() for year, each in sorted(self.years.items())}
        fields = {"chunk": asdict(self.chunk), "years": years, "first_rejected": dict(self.first_rejected)}
        files = {"files": [each.to_json() for each in self.files]} if self.files else {}
        return self.counts.to_json() | fields | files

    @property
    def keys(self) -> dict[int, str]:
        """The object under processed/ for the rides of each year."""
        rides = {year: each.rides for year, each in self.years.items()}
        return keys_of_chunk(self.chunk.source, self.chunk.chunk, self.chunk.of, rides)


def check_plan(manifest_key: str, files: Iterable[FilePlan], chunks: Sequence[Chunk | SharedChunk]) -> None:
    """Raises IngestionIncomplete unless the manifest has each chunk of each file, and no other."""
    planned, groups = list[tuple[object, int, int]](), dict[str, list[Source]]()
    for file in files:
        if file.shared:
            groups.setdefault(file.shared, []).append(file.source)
        planned.extend((file.source, number, file.chunks) for number in range(file.chunks))
    planned.extend((digest, 0, len(sources)) for digest, sources in groups.items() if group_digest(sources) == digest)
    actual = [
        (chunk.source, chunk.chunk, chunk.of) if isinstance(chunk, Chunk) else (chunk.digest, 0, chunk.files)
        for chunk in chunks
    ]
    if planned != actual:
        raise IngestionIncomplete(
            f"{manifest_key} holds {len(actual)} chunks, which are not the {len(planned)} that were planned: "
            "it was changed. Start again"
        )


def check_reports(
    execution: str,
    chunks: Iterable[Chunk | SharedChunk],
    reports: Iterable[Report],
    staged: Mapping[str, str],
    missing: Iterable[str] = (),
) -> None:
    """Raises IngestionIncomplete, saying what is missing, unless each chunk has its report and its objects.

    `staged` has the ETag of each object by its key; `missing` is what else is not there (`missing_rejected`).
    """
    by_item = {report.chunk.item: report for report in reports}
    faults = [fault for chunk in chunks for fault in _faults(execution, chunk, by_item.get(chunk.item), staged)]
    faults.extend(missing)
    if faults:
        more = f", and {len(faults) - MOST_NAMED} more" if len(faults) > MOST_NAMED else ""
        raise IngestionIncomplete(
            f"What was ingested is not all there: {'; '.join(faults[:MOST_NAMED])}{more}. Nothing of it was used. "
            "Start again"
        )


def rejected_keys(reports: Iterable[Report]) -> dict[str, str]:
    """The keys of the rejected records of chunks of one file that have some, with the place of each in its file."""
    return {
        rejected_key(report.chunk.source, report.chunk.chunk, report.chunk.of): report.chunk.place
        for report in reports
        if report.counts.rejected
    }


def missing_rejected(expected: Mapping[str, str], written: Iterable[str]) -> list[str]:
    """What is said of each of the `rejected_keys` that is not among those written."""
    keys = frozenset(written)
    return [
        f"{key} with the rejected records of {place} is missing" for key, place in expected.items() if key not in keys
    ]


def spread(files: Iterable[FilePlan], reports: Iterable[Report]) -> tuple[list[FilePlan], list[Report]]:
    """The files and the reports of their chunks as if each file had had chunks of its own, in the files' order.

    Files of a chunk without a report stay as they were planned.
    """
    alone = [report for report in reports if isinstance(report.chunk, Chunk)]
    shared = {
        report.chunk.digest: (report, iter(report.files)) for report in reports if isinstance(report.chunk, SharedChunk)
    }
    plans = list[FilePlan]()
    for file in files:
        report, results = shared.get(file.shared, (None, iter(())))
        result = next(results, None)
        if report is None or result is None:
            plans.append(file)
            continue
        of = len(result.parts)
        plans.append(
            FilePlan(file.source, result.size, of, result.skipped, result.fault, result.compression, file.shared)
        )
        item, key, etag = report.chunk.item, file.source.key, file.source.etag
        # The rides of all files are together: a part has no objects of its own.
        alone.extend(
            Report(Chunk(item, key, etag, part.start, part.end, number, of), part.counts, {}, part.first_rejected)
            for number, part in enumerate(result.parts)
        )
    return plans, alone


def _faults(execution: str, chunk: Chunk | SharedChunk, report: Report | None, staged: Mapping[str, str]) -> list[str]:
    where = chunk.place
    if report is None:
        return [f"the report {counts_key(execution, chunk.item)} of {where} is missing"]
    if report.chunk != chunk:
        return [f"the report {counts_key(execution, chunk.item)} is not of {where}"]
    faults = []
    if chunk.records is not None and report.counts.read != chunk.records:
        faults.append(f"of {chunk.records} records in {where} {report.counts.read} were read")
    if isinstance(chunk, SharedChunk) and len(report.files) != chunk.files:
        faults.append(f"{len(report.files)} of {where} were read")
    stored = sum(each.rides for each in report.years.values())
    if stored != report.counts.accepted:
        faults.append(f"of {report.counts.accepted} accepted rides of {where} {stored} have a year")
    for year, processed_key in report.keys.items():
        key = staged_key(execution, processed_key)
        if staged.get(key) != report.years[year].etag:
            faults.append(f"{key} with the rides of {where} is {'another object' if key in staged else 'missing'}")
    return faults


def _fault_fields(fault: BadRideFile | None) -> dict[str, Any] | None:
    return fault and {
        "reason": fault.reason,
        "detail": fault.detail,
        "position": fault.position._asdict(),
        "records": fault.records,
    }


def _read_fault(value: Mapping[str, Any] | None) -> BadRideFile | None:
    return BadRideFile(**{**value, "position": Position(**value["position"])}) if value else None
