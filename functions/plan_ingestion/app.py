"""Raw objects -> a manifest of chunks, which the Map fans out over.

    in   {"execution": <name>, "chunk_bytes": 8388608}
    out  {"bucket", "manifest": <its key>, "chunks", "objects": <files planned>, "already_ingested",
          "rejected_files": <at most 20>, "rejected_file_count", "message"}

Every new file is read once, as a stream, so that a chunk never holds a broken record and a broken file is known before
any of it is ingested. Writing is idempotent: a plan that dies in between can be made again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3, settings
from wildrydes import bucket as layout
from wildrydes.errors import RideFileChanged
from wildrydes.rides.ingestion import rejected_file
from wildrydes.rides.planning import MOST_REJECTED_FILES, PlannedFile, manifest, new_sources, plan_file, summary
from wildrydes.rides.skipping import skipped_by_name

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Plans the ingestion of what is new under raw/."""
    bucket, execution = settings.data_settings().bucket, event["execution"]
    logger.append_keys(execution=execution)
    new, ingested_count = new_sources(s3.sources(bucket, layout.RAW), ingested_digests(bucket))
    opened = open_files(bucket, new)
    files = [plan_file(file.source, file.blocks, event["chunk_bytes"], file.size) for file in opened]
    chunks = manifest(files)
    s3.write_json(bucket, layout.manifest_key(execution), [asdict(chunk) for chunk in chunks])
    s3.write_json_lines(bucket, layout.planned_files_key(execution), (file.plan.to_json() for file in files))
    rejected = reject(bucket, files)
    plan = {
        "bucket": bucket,
        "manifest": layout.manifest_key(execution),
        "chunks": len(chunks),
        "objects": len(files) - len(rejected) - sum(file.skipped is not None for file in files),
        "already_ingested": ingested_count,
        "rejected_files": rejected[:MOST_REJECTED_FILES],
        "rejected_file_count": len(rejected),
        "message": summary(len(new) + ingested_count, ingested_count, files, len(chunks)),
    }
    logger.info("planned", extra={"plan": plan})
    return plan


def open_files(bucket: str, sources: Iterable[layout.Source]) -> Iterator[s3.OpenFile]:
    """The files as they are when they are read, each with its version, so that this is what is ingested.

    One that is skipped by its name is not opened.
    """
    for source in sources:
        if skipped_by_name(source.key):
            yield s3.OpenFile(source, iter(()), 0)
            continue
        try:
            yield s3.open_latest(bucket, source)
        except RideFileChanged as gone:
            logger.warning(str(gone), extra={"key": source.key})


def ingested_digests(bucket: str) -> frozenset[str]:
    """The digests of the sources that earlier executions ingested completely or left out whole, and passed."""
    processed = layout.ingested_completely(s3.keys(bucket, layout.PROCESSED))
    rejected = layout.rejected_whole(s3.keys(bucket, layout.REJECTED))
    return layout.marked(s3.keys(bucket, layout.INGESTED)) & (processed | rejected)


def reject(bucket: str, files: Sequence[PlannedFile]) -> list[dict[str, Any]]:
    """Writes down why each file that cannot be read is left out. Gives their keys, reasons and positions."""
    rejected = []
    for source, fault in ((file.source, file.fault) for file in files if file.fault):
        s3.write(bucket, layout.rejected_file_key(source), rejected_file(fault, source), "application/jsonl")
        rejected.append(
            {"key": source.key, "reason": fault.reason, "detail": fault.detail, "position": fault.position._asdict()}
        )
    return rejected
