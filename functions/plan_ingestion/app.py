"""Raw objects -> a manifest of chunks, which the Map fans out over.

    in   {"execution": <name>, "chunk_bytes": 8388608, "arranged": <what arrange_rides answered>}
    out  {"bucket", "manifest": <its key>, "chunks", "objects": <files planned>, "already_ingested",
          "rejected_files": <at most 20>, "rejected_file_count", "message"}

A new file is read once, as a stream, so that a chunk never holds a broken record and a broken file is known before
any of it is ingested. Small files, where there are many, share chunks: they are listed here, and read by the child that
ingests them. Writing is idempotent: a plan that dies in between can be made again.
"""

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3, settings
from wildrydes import bucket as layout
from wildrydes.bucket import Chunk, StoredFile
from wildrydes.errors import RideFileChanged
from wildrydes.rides.ingestion import rejected_file
from wildrydes.rides.partitions import ingested_completely
from wildrydes.rides.planning import (
    MOST_REJECTED_FILES,
    PlannedFile,
    done_together,
    manifest,
    new_files,
    of_arranged,
    plan_file,
    summary,
)
from wildrydes.rides.sharing import groups, part, plan_lines
from wildrydes.rides.skipping import skipped_by_name

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Plans the ingestion of what is new under raw/."""
    bucket, execution = settings.data_settings().bucket, event["execution"]
    logger.append_keys(execution=execution)
    new, ingested_count = new_files(s3.stored_files(bucket, layout.RAW), ingested_digests(bucket))
    small, others = part(new, event["chunk_bytes"])
    opened = open_files(bucket, others)
    files = [plan_file(file.source, file.blocks, event["chunk_bytes"], file.size) for file in opened]
    chunks, shared = manifest(files), list(groups(small, event["chunk_bytes"]))
    write_plan(bucket, execution, files, chunks, shared)
    rejected = reject(bucket, files)
    chunk_count = len(chunks) + len(shared)
    plan = {
        "bucket": bucket,
        "manifest": layout.manifest_key(execution),
        "chunks": chunk_count,
        "objects": len(files) - len(rejected) - sum(file.skipped is not None for file in files) + len(small),
        "already_ingested": ingested_count,
        "rejected_files": rejected[:MOST_REJECTED_FILES],
        "rejected_file_count": len(rejected),
        "message": summary(len(new) + ingested_count, ingested_count, files, chunk_count, len(small), len(shared))
        + of_arranged(event.get("arranged", {})),
    }
    logger.info("planned", extra={"plan": plan})
    return plan


def write_plan(
    bucket: str,
    execution: str,
    files: Sequence[PlannedFile],
    chunks: Sequence[Chunk],
    shared: Iterable[Sequence[StoredFile]],
) -> None:
    """Writes the list of files, those that share a chunk last and side by side, and then the manifest."""
    lines, shared_chunks = plan_lines((file.plan for file in files), shared, len(chunks))
    s3.write(bucket, layout.planned_files_key(execution), lines, "application/jsonl")
    s3.write_json(bucket, layout.manifest_key(execution), [asdict(item) for item in (*chunks, *shared_chunks)])


def open_files(bucket: str, files: Iterable[StoredFile]) -> Iterator[s3.OpenFile]:
    """The files as they are when they are read, each with its version, so that this is what is ingested.

    One that is empty, or skipped by its name, is not opened.
    """
    for source, size in files:
        if not size or skipped_by_name(source.key):
            yield s3.OpenFile(source, iter(()), 0)
            continue
        try:
            yield s3.open_latest(bucket, source)
        except RideFileChanged as gone:
            logger.warning(str(gone), extra={"key": source.key})


def ingested_digests(bucket: str) -> frozenset[str]:
    """The digests of the sources that earlier executions ingested completely or left out whole, and passed."""
    processed = ingested_completely(s3.keys(bucket, layout.PROCESSED))
    rejected = layout.rejected_whole(s3.keys(bucket, layout.REJECTED))
    marks = layout.marked(s3.keys(bucket, layout.INGESTED))
    together = done_together(read_marks(bucket), processed, rejected)
    return (marks & (processed | rejected)).union(together)


def read_marks(bucket: str) -> Iterator[Any]:
    """The lines of the marks of files that shared chunks."""
    for key in s3.keys(bucket, layout.INGESTED_TOGETHER):
        yield from map(json.loads, gzip.decompress(s3.read(bucket, key)).splitlines())


def reject(bucket: str, files: Sequence[PlannedFile]) -> list[dict[str, Any]]:
    """Writes down why each file that cannot be read is left out. Gives their keys, reasons and positions."""
    rejected = []
    for source, fault in ((file.source, file.fault) for file in files if file.fault):
        s3.write(bucket, layout.rejected_file_key(source), rejected_file(fault, source), "application/jsonl")
        rejected.append(
            {"key": source.key, "reason": fault.reason, "detail": fault.detail, "position": fault.position._asdict()}
        )
    return rejected
