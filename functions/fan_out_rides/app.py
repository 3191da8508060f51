"""A file under stream/ -> the rides queue, one message a ride.

    in   EventBridge's "Object Created", or S3's own notification of any number of records
    out  {"files", "rides", "rejected_files", "gone", "skipped"}

Files are read as a stream and sent as they are read: a stream cannot be taken back. Where a file turns out to be no
JSON, or to end too early, the rides before the fault have been sent already and stay sent; the fault is kept under
rejected/ with its position. (Under raw/ such a file is rejected whole, since it is read to its end before it is taken.)
A file that holds no data (`wildrydes.rides.skipping`) is logged and skipped.
Each event's own version is read, also after the next one was put or the file was deleted: as many versions as were put
are as many files. A version that is gone for good is logged, and done.

The same event again sends the same rides again, with the same ride_ids, and the training set takes each once. So where
a call fails that may succeed next time, the invocation fails once the event's other files are sent, and Lambda repeats
it as a whole.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3, sqs
from aws.faults import PASSING
from aws.settings import FanOutSettings, fan_out_settings
from wildrydes.bucket import Source, rejected_file_key
from wildrydes.errors import BadStreamEvent, RideFileChanged
from wildrydes.metric_line import NAMESPACE
from wildrydes.rides.ingestion import rejected_file
from wildrydes.rides.messages import FileMessages
from wildrydes.rides.skipping import skipped_by_fault, skipped_by_name

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Sends the rides of every file of the event. Raises BadStreamEvent, MessagesNotSent, botocore's errors."""
    settings = fan_out_settings()
    counts: Counter[str] = Counter(files=0, rides=0, rejected_files=0, gone=0, skipped=0)
    faults: list[Exception] = []
    for source in sources_of(event):
        try:
            counts.update(fan_out(settings, source))
        except PASSING as fault:
            logger.exception("the file is to be read again", extra={"key": source.key})
            faults.append(fault)
    publish(counts)
    if faults:
        raise faults[0]
    return dict(counts)


def fan_out(settings: FanOutSettings, source: Source) -> dict[str, int]:
    """Sends the rides of one file, and writes down its fault if it has one. Gives what to add to the counts."""
    if reason := skipped_by_name(source.key):
        return skip(source, reason)
    try:
        source, blocks, _ = s3.open_source(settings.bucket, source)
    except RideFileChanged as gone:
        logger.warning(str(gone), extra={"key": source.key, "etag": source.etag, "version": source.version})
        return {"gone": 1}
    messages = FileMessages(source, blocks)
    count = sqs.send(settings.rides_queue, messages)
    if reason := skipped_by_fault(messages.fault):
        return skip(source, reason)
    if messages.fault:
        line = rejected_file(messages.fault, source)
        s3.write(settings.bucket, rejected_file_key(source), line, "application/jsonl")
        logger.warning(str(messages.fault), extra={"key": source.key})
    logger.info("sent", extra={"key": source.key, "version": source.version, "rides": count})
    return {"files": 1, "rides": count, "rejected_files": int(messages.fault is not None)}


def skip(source: Source, reason: str) -> dict[str, int]:
    """Logs a file that holds no data."""
    logger.info("skipped", extra={"key": source.key, "reason": reason})
    return {"skipped": 1}


def sources_of(event: dict[str, Any]) -> Iterator[Source]:
    """The objects that an event announces, without the empty markers of folders. Raises BadStreamEvent."""
    try:
        if event.get("detail-type") == "Object Created":
            objects = [event["detail"]["object"]]
            sources = [Source(each["key"], each["etag"], each.get("version-id")) for each in objects]
        else:
            objects = [record["s3"]["object"] for record in event["Records"] if is_creation(record)]
            # Only S3's own notifications have their keys encoded, as in a form.
            sources = [Source(unquote_plus(each["key"]), each["eTag"], each.get("versionId")) for each in objects]
    except (KeyError, TypeError, AttributeError) as lacking:
        raise BadStreamEvent(
            f"neither EventBridge's Object Created nor a notification of S3's: {type(lacking).__name__} {lacking}"
        ) from None
    sized = zip(sources, objects, strict=True)
    return (source for source, each in sized if each.get("size") or not source.key.endswith("/"))


def is_creation(record: dict[str, Any]) -> bool:
    """Whether a record of S3's announces an object that was created, not one that was removed."""
    return record["eventName"].startswith("ObjectCreated:")


def publish(counts: Counter[str]) -> None:
    """Publishes the counts as metrics."""
    metrics.add_metric("RidesSent", MetricUnit.Count, counts["rides"])
    metrics.add_metric("FilesRejected", MetricUnit.Count, counts["rejected_files"])
    metrics.flush_metrics()
