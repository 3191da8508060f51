"""Where everything is in the data bucket.

    raw/, stream/                      ride files, as they were put
    manifests/<execution>.files.jsonl  the files that an execution plans, a line each
    manifests/<execution>.json         their chunks
    staged/<execution>/year=<year>/    rides of chunks, until the whole execution's ingestion has been checked
    processed/year=<year>/<source>/    the same rides after that: what training sets are built from
    processed/year=<year>/stream/<day>/  rides that came one at a time
    processed/empty/<source>/          a chunk without a ride (`wildrydes.rides.partitions` has all of processed/)
    rejected/<source>/                 rejected records of a chunk, or the fault of a whole file
    rejected/stream/<day>/             messages that are no rides
    samples/<day>/                     samples of the fulfilment centre, as Firehose delivers them
    rejected/samples/<day>/            records of the samples topic that are no samples
    undelivered/samples/               what Firehose could not process
    predictions/<year>/<month>/<day>/  captured predictions (`wildrydes.capture.record`), as Firehose delivers them
    outcomes/<year>/<month>/<day>/     what came true of them (`wildrydes.capture.outcome`), likewise
    undelivered/{predictions,outcomes}/  what Firehose could not process
    damaged/objects/<key>              an object of predictions/ or outcomes/ that could not be unpacked, as it was
    damaged/lines/<key>                the lines of one that could not be read; the others are still at its key
    ingested/<source>.json             the line of a file that passed the check: it is not ingested again
    ingested/shared/<digest>.jsonl.gz  the lines of the small files that shared a chunk, likewise
    ingestions/<execution>/            reports of chunks; then files.jsonl, a line a file, processed.jsonl, a line an
                                       object that its rides are in, and summary.json
    moved/<digest>.jsonl.gz            objects under processed/ whose rides are in others now, a line each
    monitoring/<task>/<date>.json      what became of a task's predictions of a day
    monitored/<execution>/<task>/      the predictions that an execution of `monitor` looked at, with their truths

Keys of processed and rejected rides follow from their source alone, so that writing them again overwrites and never
doubles; the source of the rides of small files that share a chunk is all of these files. Rides that came one at a time
have no source in common: the key of their object follows from their lines.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple, Protocol

RAW = "raw/"
STREAM = "stream/"
PROCESSED = "processed/"
REJECTED = "rejected/"
SAMPLES = "samples/"
PREDICTIONS = "predictions/"
OUTCOMES = "outcomes/"
DAMAGED_OBJECTS = "damaged/objects/"
DAMAGED_LINES = "damaged/lines/"
INGESTED = "ingested/"
MOVED = "moved/"
REFUSED = "ingested/refused/"
INGESTED_TOGETHER = "ingested/shared/"

ARRIVAL_TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z")
"""What `arrival_time` writes."""

_REJECTED_FILE = re.compile(r"rejected/([0-9a-f]{32})/file\.jsonl")
_INGESTED = re.compile(r"ingested/([0-9a-f]{32})\.json")
_REFUSED = re.compile(r"ingested/refused/([^/]+)/([0-9a-f]{32})\.json")


class Digested(Protocol):
    """What rides come from: a version of a file, or of some files together."""

    @property
    def digest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Source:
    """One version of a ride file; `etag` without its quotation marks.

    `version` is its VersionId, None where the bucket has no versions or where only a listing was read. `arrived_at` is
    when it was put, as `arrival_time` writes it, None where that is unknown. Neither is part of what a source is.
    """

    key: str
    etag: str
    version: str | None = None
    arrived_at: str | None = None

    @property
    def digest(self) -> str:
        """The first 32 hex digits of the SHA-256 of key, line feed, etag."""
        return sha256(f"{self.key}\n{self.etag}".encode()).hexdigest()[:32]


class StoredFile(NamedTuple):
    """A ride file of a listing; `size` is its bytes as they are stored."""

    source: Source
    size: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes [start, end) of a source: chunk number `chunk`, from 0, of `of`. `item` is its place in the manifest.

    `version` and `arrived_at` are the source's. `records` are in it, the first of which is the file's `first_record`.
    `compression` is "gzip", and then the bytes are those that the source expands to, or "".
    """

    item: int
    key: str
    etag: str
    start: int
    end: int
    chunk: int
    of: int
    version: str | None = None
    arrived_at: str | None = None
    first_record: int = 1
    records: int | None = None
    compression: str = ""

    @property
    def source(self) -> Source:
        return Source(self.key, self.etag, self.version, self.arrived_at)

    @property
    def place(self) -> str:
        """Where its rides come from, for people."""
        return f"bytes {self.start} to {self.end} of {self.key}"


def arrival_time(moment: datetime) -> str:
    """A moment as it is stored with rides: UTC, ISO 8601 with milliseconds, so that texts sort as the times do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def staged_prefix(execution: str) -> str:
    """Where the rides of an execution's chunks wait for its check."""
    return f"staged/{execution}/"


def rejected_key(source: Digested, chunk: int, of: int) -> str:
    """The object for the rejected rides of a chunk."""
    return f"{REJECTED}{source.digest}/{chunk:05}-of-{of:05}.jsonl.gz"


def rejected_file_key(source: Source) -> str:
    """The object that says why a whole file was rejected."""
    return f"{REJECTED}{source.digest}/file.jsonl"


def rejected_messages_key(day: str, lines: Iterable[str]) -> str:
    """The object for messages that are no rides; `day` is when the oldest was sent, 'YYYY-MM-DD'."""
    return f"{REJECTED}{STREAM}{day}/{digest_of(lines)}.jsonl"


def rejected_samples_key(day: str, lines: Iterable[str]) -> str:
    """The object for records that are no samples; `day` is when the first was sent, 'YYYY-MM-DD'."""
    return f"{REJECTED}{SAMPLES}{day}/{digest_of(lines)}.jsonl"


def manifest_key(execution: str) -> str:
    """The chunks that an execution ingests."""
    return f"manifests/{execution}.json"


def planned_files_key(execution: str) -> str:
    """The files that an execution ingests, skips or leaves out whole."""
    return f"manifests/{execution}.files.jsonl"


def counts_prefix(execution: str) -> str:
    """The counts of an execution's ingestion."""
    return f"ingestions/{execution}/"


def counts_key(execution: str, item: int) -> str:
    """The report of one chunk of the manifest."""
    return f"{counts_prefix(execution)}{item:05}.json"


def file_lines_key(execution: str) -> str:
    """What became of each file of an execution, a line each."""
    return f"{counts_prefix(execution)}files.jsonl"


def summary_key(execution: str) -> str:
    """What an execution's files add up to, and the first rejected record of each reason."""
    return f"{counts_prefix(execution)}summary.json"


def let_in_key(execution: str) -> str:
    """The keys under processed/ of the rides that an execution ingested, a line each."""
    return f"{counts_prefix(execution)}processed.jsonl"


def ingested_key(source: Source) -> str:
    """The mark of a file that an execution ingested, or left out whole, and whose check passed."""
    return f"{INGESTED}{source.digest}.json"


def ingested_together_key(digest: str) -> str:
    """The mark of the files of a shared chunk that were ingested, or left out whole, and whose check passed."""
    return f"{INGESTED_TOGETHER}{digest}.jsonl.gz"


def refused_key(execution: str, source: Source) -> str:
    """The mark of a file of an execution in which too many rides were rejected."""
    return f"{REFUSED}{execution}/{source.digest}.json"


def weather_prefix(execution: str) -> str:
    """The weather that an execution selected."""
    return f"weather/{execution}/"


def training_sets_prefix(execution: str) -> str:
    """The rows that an execution trains on and judges by, of all splits."""
    return f"training-sets/{execution}/"


def lineage_key(execution: str, name: str) -> str:
    """The list of the objects of one input of the model that an execution trained."""
    return f"models/{execution}/lineage/{name}.jsonl.gz"


def moved_key(keys: Iterable[str]) -> str:
    """The list of objects under processed/ that were deleted once their rides were in others.

    A line has the object's key, its etag, and the keys of the others, `into`.
    """
    return f"{MOVED}{digest_of(keys)}.jsonl.gz"


def monitoring_prefix(task: str) -> str:
    """What `monitor` found of a task, by day."""
    return f"monitoring/{task}/"


def monitoring_key(task: str, day: str) -> str:
    """What `monitor` found of a task's day, 'YYYY-MM-DD'."""
    return f"{monitoring_prefix(task)}{day}.json"


def rejected_whole(rejected_keys: Iterable[str]) -> frozenset[str]:
    """The digests of the sources that were rejected whole, by the keys under rejected/."""
    return frozenset(match[1] for key in rejected_keys if (match := _REJECTED_FILE.fullmatch(key)))


def marked(ingested_keys: Iterable[str]) -> frozenset[str]:
    """The digests of the sources that have a mark, by the keys under ingested/."""
    return frozenset(match[1] for key in ingested_keys if (match := _INGESTED.fullmatch(key)))


def refusals(refused_keys: Iterable[str]) -> dict[str, set[str]]:
    """The digests of the sources that were refused, by execution, by the keys under ingested/refused/."""
    digests: dict[str, set[str]] = {}
    for key in refused_keys:
        if match := _REFUSED.fullmatch(key):
            digests.setdefault(match[1], set()).add(match[2])
    return digests


def key_in_bucket(key_or_uri: str, bucket: str) -> str:
    """The key of an object or a prefix that is given as a key or as s3://<bucket>/<key>."""
    return key_or_uri.removeprefix(f"s3://{bucket}/")


def digest_of(texts: Iterable[str]) -> str:
    """The first 32 hex digits of the SHA-256 of texts, whatever their order."""
    return sha256("\n".join(sorted(texts)).encode()).hexdigest()[:32]
