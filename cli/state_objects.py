"""What a state read and wrote in S3: the objects that its texts name, and what its execution wrote while it ran.

An object is named by an address, `s3://<bucket>/<key>`, or by a key of the data bucket. A function may write objects
that it does not name: those are found below the prefixes of its execution, by when they were written.
"""

import json
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from cli.entered_states import StateProgress
from cli.stack import Stack
from wildrydes import bucket
from wildrydes.model.storage import models_prefix
from wildrydes.tasks import TASKS

MOST_NAMED, MOST_SHOWN, MOST_LISTED = 20, 20, 1_000
"""Objects named by a state that are looked at, those written that are listed, and keys of a prefix that are read."""

_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{2,62})/([^\s'\"\\)]+)")
_FOLDERS = (
    *(bucket.RAW, bucket.STREAM, bucket.PROCESSED, bucket.REJECTED, bucket.SAMPLES, bucket.INGESTED, bucket.MOVED),
    *("manifests/", "staged/", "ingestions/", "weather/", "training-sets/", "monitoring/", "monitored/"),
    *(models_prefix(task) for task in TASKS),
)
_KEY = re.compile(rf"(?:{'|'.join(map(re.escape, _FOLDERS))})[^\s]*")
_AT_ONCE = 8
_ABSENT = ("404", "NoSuchKey", "NotFound", "NoSuchBucket")
_DENIED = ("403", "AccessDenied", "Forbidden")


@dataclass(frozen=True)
class Location:
    """An object, or the objects under a prefix: how many, their bytes, and when the newest was written.

    `status` is `there`, `absent`, or `denied` where the user's credentials may not look. `is_cut` says that there are
    more objects under the prefix than were listed.
    """

    address: str
    status: str
    objects: int = 0
    bytes: int = 0
    modified: datetime | None = None
    is_cut: bool = False


@dataclass(frozen=True)
class Objects:
    """What a state named, and what its execution wrote while it ran; `more_named` were not looked at.

    `bucket` is the data bucket's name, `written` the first of the `written_objects`. `is_denied` says that the user's
    credentials may not list what was written.
    """

    bucket: str
    named: list[Location]
    more_named: int
    written: list[Location]
    written_objects: int
    written_bytes: int
    is_cut: bool
    is_denied: bool


def objects_of(stack: Stack, execution: str, state: StateProgress) -> Objects:
    """What a state of the execution of that name read and wrote. Lists and looks at a bounded number of objects."""
    addresses = list(dict.fromkeys(_addresses(stack.bucket, _texts(state))))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        named = list(pool.map(partial(_look, stack), addresses[:MOST_NAMED]))
        answers = list(pool.map(partial(_listing, stack), _prefixes(execution)))
    listings = [each for each in answers if each is not None]
    written = [each for listing in listings for each in _written(stack, listing, state)]
    written.sort(key=lambda each: each.address)
    return Objects(
        stack.bucket,
        named,
        len(addresses) - len(named),
        written[:MOST_SHOWN],
        len(written),
        sum(each.bytes for each in written),
        any(listing["IsTruncated"] for listing in listings),
        len(listings) < len(answers),
    )


def _texts(state: StateProgress) -> Iterator[str]:
    """What a state was given, what it called, and what it gave on."""
    yield from filter(None, (state.input, *(call.get("parameters") for call in state.calls), state.output))


def _addresses(data_bucket: str, texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The buckets and keys that texts name, in the order in which they do.

    >>> list(_addresses("data", ['{"card": "models/run-1/card.json", "to": "UNLOAD … TO \\'s3://data/weather/run-1/\\'"}']))
    [('data', 'models/run-1/card.json'), ('data', 'weather/run-1/')]
    """
    for text in texts:
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        for each in _strings(value):
            if _KEY.fullmatch(each) and each not in _FOLDERS:
                yield data_bucket, each
            yield from _ADDRESS.findall(each)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _look(stack: Stack, place: tuple[str, str]) -> Location:
    """An object, or where there is none of that key, the objects whose keys begin with it."""
    name, key = place
    s3, address = stack.client("s3"), f"s3://{name}/{key}"
    try:
        if not key.endswith("/"):
            head = s3.head_object(Bucket=name, Key=key)
            return Location(address, "there", 1, head["ContentLength"], head["LastModified"])
    except ClientError as refusal:
        if (status := _status_of(refusal)) == "denied":
            return Location(address, status)
    try:
        listing = s3.list_objects_v2(Bucket=name, Prefix=key, MaxKeys=MOST_LISTED)
    except ClientError as refusal:
        return Location(address, _status_of(refusal))
    contents = listing.get("Contents", [])
    if not contents:
        return Location(address, "absent")
    newest = max(each["LastModified"] for each in contents)
    total = sum(each["Size"] for each in contents)
    return Location(address, "there", len(contents), total, newest, listing["IsTruncated"])


def _status_of(refusal: ClientError) -> str:
    code = refusal.response["Error"]["Code"]
    if code in _ABSENT:
        return "absent"
    if code in _DENIED:
        return "denied"
    raise refusal


def _listing(stack: Stack, prefix: str) -> dict[str, Any] | None:
    """The first keys that begin with a prefix; None where the user's credentials may not list them."""
    try:
        return stack.client("s3").list_objects_v2(Bucket=stack.bucket, Prefix=prefix, MaxKeys=MOST_LISTED)
    except ClientError as refusal:
        if refusal.response["Error"]["Code"] in _DENIED:
            return None
        raise


def _written(stack: Stack, listing: dict[str, Any], state: StateProgress) -> Iterator[Location]:
    """What of a listing was written while the state ran."""
    # S3 says to the second when an object was written.
    entered = state.entered.replace(microsecond=0)
    for each in listing.get("Contents", []):
        when = each["LastModified"]
        if when >= entered and (state.left is None or when <= state.left):
            yield Location(f"s3://{stack.bucket}/{each['Key']}", "there", 1, each["Size"], when)


def _prefixes(execution: str) -> list[str]:
    """Where an execution writes by its name."""
    return [
        bucket.manifest_key(execution).removesuffix("json"),
        bucket.staged_prefix(execution),
        bucket.counts_prefix(execution),
        bucket.weather_prefix(execution),
        bucket.training_sets_prefix(execution),
        f"monitored/{execution}/",
        *(f"{models_prefix(task)}{execution}/" for task in TASKS),
    ]
