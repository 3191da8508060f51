"""A child of the Map: one chunk -> its processed rides, its rejected records, its counts.

A chunk is a part of a raw file, or some small files together, which are read side by side.

    in   {"execution": <name>, "chunk": <one item of the manifest>, "max_station_miles": 1500}
    out  {"item", "read", "accepted", "rejected", "repeated"}

The rides wait under staged/ until check_ingestion has seen all of the execution's. Writing is idempotent: the keys
follow from the execution and the chunk, the bytes from the chunk's.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3, settings
from wildrydes.bucket import Chunk, Source, counts_key, planned_files_key, rejected_key
from wildrydes.errors import IngestionIncomplete, MissingObject
from wildrydes.rides.files import Record, decompressed, records_and_runs_of_chunk
from wildrydes.rides.ingestion import ingest
from wildrydes.rides.json_window import Run
from wildrydes.rides.partitions import keys_of_chunk, staged_key
from wildrydes.rides.plain_rides import ride_reader
from wildrydes.rides.reports import FilePlan, Report, StagedRides
from wildrydes.rides.runs import RunReader
from wildrydes.rides.shared_chunk import SharedChunk, group_digest, read_item
from wildrydes.rides.shared_ingestion import ingest_files
from wildrydes.rides.stations import MAX_STATION_MILES
from wildrydes.rides.year_lines import RidesOfYear

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Ingests the chunk. Raises RideFileChanged when a file is not the one that was planned, SharedChunkTooLarge."""
    bucket, execution = settings.data_settings().bucket, event["execution"]
    chunk = read_item(event["chunk"])
    logger.append_keys(execution=execution, item=chunk.item, place=chunk.place)
    # An execution that was started before the field was there goes on with the default.
    max_station_miles = event.get("max_station_miles", MAX_STATION_MILES)
    if isinstance(chunk, SharedChunk):
        report = ingest_small_files(bucket, execution, chunk, max_station_miles)
    else:
        report = ingest_part(bucket, execution, chunk, max_station_miles)
    s3.write_json(bucket, counts_key(execution, chunk.item), report.to_json())
    counts = report.counts.to_json()
    logger.info("ingested", extra={"rides": counts})
    return {"item": chunk.item} | {name: counts[name] for name in ("read", "accepted", "rejected", "repeated")}


def ingest_part(bucket: str, execution: str, chunk: Chunk, max_station_miles: float) -> Report:
    """Ingests a part of a file. Raises RideFileChanged."""
    records = read_records(bucket, chunk, ride_reader(max_station_miles, chunk.arrived_at))
    ingested = ingest(records, chunk.source, chunk.first_record, max_station_miles)
    if ingested.rejected:
        key = rejected_key(chunk.source, chunk.chunk, chunk.of)
        s3.write(bucket, key, ingested.rejected, "application/gzip")
    years = write_rides(bucket, execution, chunk, ingested.processed)
    return Report(chunk, ingested.counts, years, ingested.first_rejected)


def ingest_small_files(bucket: str, execution: str, chunk: SharedChunk, max_station_miles: float) -> Report:
    """Ingests the files of a shared chunk. Raises IngestionIncomplete, RideFileChanged, SharedChunkTooLarge."""
    sources = planned_sources(bucket, execution, chunk)
    ingested = ingest_files(s3.read_files(bucket, sources), max_station_miles)
    whole = {key: data for key, data in ingested.rejected.items() if key.endswith(".jsonl")}
    s3.write_objects(bucket, whole, "application/jsonl")
    of_records = {key: data for key, data in ingested.rejected.items() if key not in whole}
    s3.write_objects(bucket, of_records, "application/gzip")
    years = write_rides(bucket, execution, chunk, ingested.processed)
    return Report(chunk, ingested.counts, years, ingested.first_rejected, ingested.files)


def planned_sources(bucket: str, execution: str, chunk: SharedChunk) -> list[Source]:
    """The files of a shared chunk, by their lines in the execution's list. Raises IngestionIncomplete."""
    key = planned_files_key(execution)
    try:
        lines = s3.read_range(bucket, key, chunk.start, chunk.end).splitlines()
        sources = [FilePlan.from_json(json.loads(line)).source for line in lines]
    except (MissingObject, ValueError):
        sources = []
    if group_digest(sources) != chunk.digest:
        raise IngestionIncomplete(f"{key} has not the {chunk.place}, that were planned: it was changed. Start again")
    return sources


def write_rides(
    bucket: str, execution: str, chunk: Chunk | SharedChunk, processed: Mapping[int, RidesOfYear]
) -> dict[int, StagedRides]:
    """Puts the rides of a chunk where they wait, an object a year. Gives each year's number of rides, and its ETag."""
    rides = {year: each.rides for year, each in processed.items()}
    keys = keys_of_chunk(chunk.source, chunk.chunk, chunk.of, rides)
    data = {staged_key(execution, keys[year]): each.data for year, each in processed.items()}
    etags = s3.write_objects(bucket, data, "application/gzip")
    return {year: StagedRides(rides[year], etags[staged_key(execution, keys[year])]) for year in rides}


def read_records(bucket: str, chunk: Chunk, runs: RunReader) -> Iterator[Record | Run]:
    """The records of a chunk, plain ones in runs. Raises RideFileChanged.

    A compressed file has one chunk, and is read from its start.
    """
    if chunk.compression:
        blocks = decompressed(s3.blocks(bucket, chunk.source), chunk.start, chunk.end)
    else:
        blocks = s3.blocks(bucket, chunk.source, chunk.start, chunk.end)
    return records_and_runs_of_chunk(blocks, chunk.start, runs)
