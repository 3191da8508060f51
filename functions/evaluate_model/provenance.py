"""What a model was made from, by digest, for its card."""

import gzip
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from aws import listings, s3
from wildrydes.bucket import MOVED, training_sets_prefix, weather_prefix
from wildrydes.model.lineage import Listing, StoredObject, code_digest, find_unsettled
from wildrydes.rides.partitions import Years

FUNCTIONS = Path(__file__).resolve().parents[1]


def lineage(bucket: str, event: dict[str, Any], candidate: dict[str, Any], artefact_sha256: str) -> dict[str, Any]:
    """What the model of a candidate was made from; `unsettled_rides` may be among the rides read or not.

    Raises MissingObject, BadLineage.
    """
    execution = event["execution"]
    origin = event["lineage"] | {name: candidate[name] for name in ("image", "training", "tuning") if name in candidate}
    weather, _ = write_input_listing(bucket, execution, "weather", weather_prefix(execution))
    rows, row_objects = write_input_listing(bucket, execution, "rows", training_sets_prefix(execution))
    rides = Listing(**origin["rides"])
    # Of samples, and of an execution that an earlier version started, all objects were listed.
    years = origin.get("years") and Years(**origin["years"])
    now = (each for each in listings.iterate_objects(bucket, rides.prefix) if not years or years.has(each.key))
    # The query wrote its rows when it had read its rides.
    until = max(each.modified for each in row_objects)
    doubtful = find_unsettled(listings.read_listing(bucket, rides), now, until)
    # An object that was put together with others since was there while the query read.
    moved = keys_moved(bucket, until)
    doubtful = (each for each in doubtful if each.key not in moved)
    return origin | {
        "weather": asdict(weather),
        "rows": asdict(rows),
        "unsettled_rides": asdict(listings.write_listing(bucket, execution, "unsettled_rides", rides.prefix, doubtful)),
        "artefact_sha256": artefact_sha256,
        "code_sha256": code_digest(FUNCTIONS),
        "bucket": bucket,
    }


def keys_moved(bucket: str, since: datetime) -> frozenset[str]:
    """The keys under processed/ that rides were moved from, or to, since a moment. Raises MissingObject."""
    keys = set[str]()
    for each in listings.iterate_objects(bucket, MOVED):
        if each.modified >= since:
            for line in map(json.loads, gzip.decompress(s3.read(bucket, each.key)).splitlines()):
                keys.update((line["key"], *line["into"]))
    return frozenset(keys)


def write_input_listing(bucket: str, execution: str, name: str, prefix: str) -> tuple[Listing, list[StoredObject]]:
    """Keeps the list of what is under a prefix that the execution alone writes to, contents included."""
    objects = list(listings.hash_contents(bucket, listings.iterate_objects(bucket, prefix)))
    return listings.write_listing(bucket, execution, name, prefix, objects), objects
