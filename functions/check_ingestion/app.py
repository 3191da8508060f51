"""After the Map: sees that all of it is there, accounts for each file, and lets the rides into the training set.

    in   {"execution": <name>, "max_rejected_fraction": 0.1}
    out  {"read", "accepted", "rejected", "rejected_by_reason", "repeated", "files_read", "files_skipped",
          "files_rejected", "file_lines": <excerpt of at most 10>, "file_lines_omitted"}

The whole account is under ingestions/<execution>/: files.jsonl has a line a file, summary.json what they add up to and
the first rejected record of each reason. Both are written also where the execution is refused. Rides are copied from
staged/ to processed/ after that, and the marks under ingested/ come last. So nothing of a refused execution is ever
trained on, and what it was refused for is read, and refused, again. Whatever dies in between can be done again.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3, settings
from wildrydes import bucket as layout
from wildrydes.bucket import Chunk
from wildrydes.errors import IngestionIncomplete, MissingObject, TooManyRejectedRides
from wildrydes.rides.accounts import Account, account, check_refusals, check_rejections
from wildrydes.rides.ingestion import EMPTY
from wildrydes.rides.reports import FilePlan, Report, check_plan, check_reports, rejected_keys

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """The execution's counts of rides and files. Raises IngestionIncomplete, TooManyRejectedRides."""
    bucket, execution = settings.data_settings().bucket, event["execution"]
    logger.append_keys(execution=execution)
    try:
        files, chunks = read_plan(bucket, execution)
        reports = read_reports(bucket, execution, chunks)
        accounted = account(files, reports)
        rides = accounted.to_json()
        write_account(bucket, execution, accounted)
        logger.info("ingested", extra={"rides": rides})
        refuse(bucket, execution, accounted, event["max_rejected_fraction"])
        settle(bucket, execution, accounted, reports)
    except MissingObject as missing:
        raise IngestionIncomplete(f"{missing}. Start again") from None
    return rides


def read_plan(bucket: str, execution: str) -> tuple[list[FilePlan], list[Chunk]]:
    """What the execution planned. Raises MissingObject, IngestionIncomplete."""
    lines = s3.read_json_lines(bucket, layout.planned_files_key(execution))
    files = [FilePlan.from_json(line) for line in lines]
    chunks = [Chunk(**item) for item in s3.read_json(bucket, layout.manifest_key(execution))]
    check_plan(layout.manifest_key(execution), files, chunks)
    return files, chunks


def read_reports(bucket: str, execution: str, chunks: Sequence[Chunk]) -> list[Report]:
    """The reports of all chunks. Raises IngestionIncomplete unless each is there, with its objects."""
    answers = s3.read_json_objects(bucket, (layout.counts_key(execution, chunk.item) for chunk in chunks))
    reports = [Report.from_json(answer) for answer in answers if answer is not None]
    expected = rejected_keys(reports)
    rejected = [key for key in s3.keys(bucket, layout.REJECTED) if key in expected] if expected else []
    by_item = {report.chunk.item: report for report in reports}
    check_reports(execution, chunks, by_item, s3.etags(bucket, layout.staged_prefix(execution)), rejected)
    return reports


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


def settle(bucket: str, execution: str, accounted: Account, reports: Iterable[Report]) -> None:
    """Lets the rides of all chunks into processed/, then marks their files. Raises MissingObject."""
    chunks = ((report.chunk, report.etag) for report in reports)
    s3.copy_objects(
        bucket,
        (
            s3.Copy(
                layout.staged_key(execution, chunk.source, chunk.chunk, chunk.of),
                etag,
                layout.processed_key(chunk.source, chunk.chunk, chunk.of),
            )
            for chunk, etag in chunks
        ),
    )
    marks = {}
    for line in accounted.lines:
        source = line.plan.source
        if line.outcome == "read" and not line.plan.chunks:
            s3.write(bucket, layout.processed_key(source, 0, 1), EMPTY, "application/gzip")
        if line.outcome != "skipped":
            marks[layout.ingested_key(source)] = line.to_json() | {"execution": execution}
    s3.write_json_objects(bucket, marks)
