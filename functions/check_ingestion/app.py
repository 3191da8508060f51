"""After the Map: sees that all of it is there, accounts for each file, and lets the rides into the training set.

    in   {"execution": <name>, "max_rejected_fraction": 0.1}
    out  {"read", "accepted", "rejected", "rejected_by_reason", "repeated", "files_read", "files_skipped",
          "files_rejected", "file_lines": <excerpt of at most 10>, "file_lines_omitted"}

The whole account is under ingestions/<execution>/: files.jsonl has a line a file, summary.json what they add up to and
the first rejected record of each reason. Both are written also where the execution is refused; processed.jsonl, which
names the objects that the rides are in, only where it is not. Rides are copied from
staged/ to processed/ after that, and the marks under ingested/ come last, but for those of shared chunks. So nothing of
a refused execution is ever trained on, and what it was refused for is read, and refused, again. Whatever dies in
between can be done again.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3, settings
from wildrydes import bucket as layout
from wildrydes.bucket import Chunk
from wildrydes.errors import IngestionIncomplete, MissingObject, TooManyRejectedRides
from wildrydes.rides.accounts import Account, account, check_refusals, check_rejections
from wildrydes.rides.gzip_lines import gzipped
from wildrydes.rides.partitions import empty_key, staged_key
from wildrydes.rides.reports import (
    FilePlan,
    Report,
    check_plan,
    check_reports,
    missing_rejected,
    rejected_keys,
    spread,
)
from wildrydes.rides.shared_chunk import SharedChunk, read_item

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """The execution's counts of rides and files. Raises IngestionIncomplete, TooManyRejectedRides."""
    bucket, execution = settings.data_settings().bucket, event["execution"]
    logger.append_keys(execution=execution)
    try:
        files, chunks = read_plan(bucket, execution)
        reports = read_reports(bucket, execution, chunks)
        files, of_files = spread(files, reports)
        staged = s3.etags(bucket, layout.staged_prefix(execution))
        check_reports(execution, chunks, reports, staged, missing_rejects(bucket, of_files))
        accounted = account(files, of_files)
        rides = accounted.to_json()
        write_account(bucket, execution, accounted)
        logger.info("ingested", extra={"rides": rides})
        refuse(bucket, execution, accounted, event["max_rejected_fraction"])
        settle(bucket, execution, accounted, reports)
    except MissingObject as missing:
        raise IngestionIncomplete(f"{missing}. Start again") from None
    return rides


def read_plan(bucket: str, execution: str) -> tuple[list[FilePlan], list[Chunk | SharedChunk]]:
    """What the execution planned. Raises MissingObject, IngestionIncomplete."""
    lines = s3.read_json_lines(bucket, layout.planned_files_key(execution))
    files = [FilePlan.from_json(line) for line in lines]
    chunks = [read_item(item) for item in s3.read_json(bucket, layout.manifest_key(execution))]
    check_plan(layout.manifest_key(execution), files, chunks)
    return files, chunks


def read_reports(bucket: str, execution: str, chunks: Iterable[Chunk | SharedChunk]) -> list[Report]:
    """The reports of the chunks that have one."""
    answers = s3.read_json_objects(bucket, (layout.counts_key(execution, chunk.item) for chunk in chunks))
    return [Report.from_json(answer) for answer in answers if answer is not None]


def missing_rejects(bucket: str, reports: Iterable[Report]) -> list[str]:
    """What is said of each object with rejected records that is not there."""
    expected = rejected_keys(reports)
    return missing_rejected(expected, s3.keys(bucket, layout.REJECTED) if expected else ())


def write_account(bucket: str, execution: str, accounted: Account) -> None:
    """Writes a line a file, and the summary."""
    s3.write_json_lines(bucket, layout.file_lines_key(execution), (line.to_json() for line in accounted.lines))
    summary = {"rides": accounted.to_json(), "first_rejected": accounted.first_rejected()}
    s3.write_json(bucket, layout.summary_key(execution), summary)


def refuse(bucket: str, execution: str, accounted: Account, max_rejected_fraction: float) -> None:
    """Raises TooManyRejectedRides where too many rides were rejected, and remembers the files that it is raised for."""
    try:
        check_rejections(accounted, max_rejected_fraction)
    except TooManyRejectedRides:
        files = [line.plan.source for line in accounted.lines if line.outcome != "skipped"]
        s3.write_json_objects(bucket, {layout.refused_key(execution, file): {"key": file.key} for file in files})
        raise
    check_refusals(accounted, layout.refusals(s3.keys(bucket, layout.REFUSED)), max_rejected_fraction)


def settle(bucket: str, execution: str, accounted: Account, reports: Sequence[Report]) -> None:
    """Lets the rides of all chunks into processed/, and marks their files. Raises MissingObject.

    A chunk without a ride, and a file without a record, gets an object that says so, and that no query reads.
    The mark of a shared chunk counts once its rides are there too, and comes first. So at no moment are there rides
    under processed/ whose files the next execution would put together in another way, and ingest twice.
    """
    mark_together(bucket, execution, accounted)
    copies = [
        s3.Copy(staged_key(execution, key), report.years[year].etag, key)
        for report in reports
        for year, key in report.keys.items()
    ]
    s3.copy_objects(bucket, copies)
    s3.write_json_lines(bucket, layout.let_in_key(execution), ({"key": copy.target} for copy in copies))
    chunks = [report.chunk for report in reports if not report.years]
    empty = {empty_key(chunk.source, chunk.chunk, chunk.of) for chunk in chunks}
    marks = {}
    for line in (line for line in accounted.lines if not line.plan.shared and line.outcome != "skipped"):
        source = line.plan.source
        if line.outcome == "read" and not line.plan.chunks:
            empty.add(empty_key(source, 0, 1))
        marks[layout.ingested_key(source)] = line.to_json() | {"execution": execution}
    s3.write_objects(bucket, dict.fromkeys(sorted(empty), gzipped(())), "application/gzip")
    s3.write_json_objects(bucket, marks)


def mark_together(bucket: str, execution: str, accounted: Account) -> None:
    """Marks the files of each shared chunk, in one object."""
    marks: dict[str, list[str]] = {}
    for line in accounted.lines:
        if line.plan.shared and line.outcome != "skipped":
            lines = marks.setdefault(layout.ingested_together_key(line.plan.shared), [])
            lines.append(json.dumps(line.to_json() | {"execution": execution}) + "\n")
    s3.write_objects(bucket, {key: gzipped(lines) for key, lines in marks.items()}, "application/gzip")
