"""A child of the Map: one chunk of a raw file -> its processed rides, its rejected records, its counts.

    in   {"execution": <name>, "chunk": <one item of the manifest>, "max_station_miles": 1500}
    out  {"item", "read", "accepted", "rejected", "repeated"}

The rides wait under staged/ until check_ingestion has seen all of the execution's. Writing is idempotent: the keys
follow from the execution and the chunk, the bytes from the chunk's.
"""

from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3, settings
from wildrydes.bucket import Chunk, counts_key, rejected_key, staged_key
from wildrydes.rides.files import Record, decompressed, records_and_runs_of_chunk
from wildrydes.rides.ingestion import ingest
from wildrydes.rides.json_window import Run
from wildrydes.rides.plain_rides import ride_reader
from wildrydes.rides.reports import Report
from wildrydes.rides.runs import RunReader
from wildrydes.rides.stations import MAX_STATION_MILES

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Ingests the chunk. Raises RideFileChanged when the file is not the one that was planned."""
    bucket = settings.data_settings().bucket
    chunk = Chunk(**event["chunk"])
    logger.append_keys(execution=event["execution"], item=chunk.item, key=chunk.key)
    # An execution that was started before the field was there goes on with the default.
    max_station_miles = event.get("max_station_miles", MAX_STATION_MILES)
    records = read_records(bucket, chunk, ride_reader(max_station_miles, chunk.arrived_at))
    ingested = ingest(records, chunk.source, chunk.first_record, max_station_miles)
    if ingested.rejected:
        key = rejected_key(chunk.source, chunk.chunk, chunk.of)
        s3.write(bucket, key, ingested.rejected, "application/gzip")
    key = staged_key(event["execution"], chunk.source, chunk.chunk, chunk.of)
    etag = s3.write(bucket, key, ingested.processed, "application/gzip")
    report = Report(chunk, ingested.counts, etag, ingested.first_rejected)
    s3.write_json(bucket, counts_key(event["execution"], chunk.item), report.to_json())
    counts = ingested.counts.to_json()
    logger.info("ingested", extra={"rides": counts})
    return {"item": chunk.item} | {name: counts[name] for name in ("read", "accepted", "rejected", "repeated")}


def read_records(bucket: str, chunk: Chunk, runs: RunReader) -> Iterator[Record | Run]:
    """The records of a chunk, plain ones in runs. Raises RideFileChanged.

    A compressed file has one chunk, and is read from its start.
    """
    if chunk.compression:
        blocks = decompressed(s3.blocks(bucket, chunk.source), chunk.start, chunk.end)
    else:
        blocks = s3.blocks(bucket, chunk.source, chunk.start, chunk.end)
    return records_and_runs_of_chunk(blocks, chunk.start, runs)
