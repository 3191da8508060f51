"""Objects of S3, listed, fetched and stored as the caller."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlparse

from botocore.exceptions import ClientError

from local.athena.errors import QueryError

_CHUNK_BYTES = 1 << 20
_SHARED_LISTING_FROM = 20


@dataclass(frozen=True)
class Location:
    """`s3://bucket/prefix`; the prefix is empty or ends with a slash."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, uri: str) -> "Location":
        """The location of an s3 URI, which names a folder; QueryError for anything else."""
        parsed = urlparse(uri, allow_fragments=False)
        if parsed.scheme not in ("s3", "s3a", "s3n") or not parsed.netloc:
            raise QueryError("INVALID_TABLE_PROPERTY", f"'{uri}' is no location in S3 (s3://bucket/folder/)")
        path = uri.split("://", 1)[1].partition("/")[2]
        return cls(parsed.netloc, path if not path or path.endswith("/") else f"{path}/")

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


@dataclass(frozen=True)
class FetchedObject:
    """A copy of an object: the file, and the URI for messages."""

    uri: str
    path: Path


class Objects:
    """The objects that one query reads, copied to files below `folder`, and those it writes.

    `checkpoint` is called before each request and raises where the query was cancelled. `scanned_bytes` counts what
    was read, each object once.
    """

    def __init__(self, s3: Any, folder: Path, checkpoint: Callable[[], None]) -> None:
        self._s3 = s3
        self._folder = folder
        self._checkpoint = checkpoint
        self._fetched: dict[tuple[str, str], FetchedObject] = {}
        self._numbers = itertools.count()
        self.scanned_bytes = 0

    def fetch_below(self, locations: list[Location]) -> list[list[FetchedObject]]:
        """Copies of the objects below each location, by key; empty ones, and names with _ or . first, are no data."""
        keys = self._keys_below(locations)
        return [
            [
                self._fetch(location.bucket, key)
                for key, size in keys[location]
                if size and not _is_hidden(key[len(location.prefix) :])
            ]
            for location in locations
        ]

    def _keys_below(self, locations: list[Location]) -> dict[Location, list[tuple[str, int]]]:
        """Key and size of the objects below each location; many locations are listed by the folder they share."""
        by_location: dict[Location, list[tuple[str, int]]] = {location: [] for location in locations}
        if len(by_location) < _SHARED_LISTING_FROM or len({location.bucket for location in by_location}) > 1:
            return {location: list(self.entries(location)) for location in by_location}
        by_prefix = {location.prefix: location for location in by_location}
        lengths = sorted({len(prefix) for prefix in by_prefix})
        for key, size in self.entries(
            Location(locations[0].bucket, _shared_folder([location.prefix for location in by_location]))
        ):
            for length in lengths:
                if (location := by_prefix.get(key[:length])) is not None:
                    by_location[location].append((key, size))
        return by_location

    def entries(self, location: Location) -> Iterator[tuple[str, int]]:
        """Key and size of each object below `location`."""
        self._checkpoint()
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=location.bucket, Prefix=location.prefix)
        try:
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield entry["Key"], entry["Size"]
        except ClientError as error:
            raise _s3_error(error, str(location)) from error

    def _fetch(self, bucket: str, key: str) -> FetchedObject:
        if (copy := self._fetched.get((bucket, key))) is not None:
            return copy
        self._checkpoint()
        # DuckDB sees the compression by the ending, as Athena does.
        path = self._folder / f"{next(self._numbers):08d}{PurePosixPath(key).suffix}"
        uri = f"s3://{bucket}/{key}"
        try:
            body = self._s3.get_object(Bucket=bucket, Key=key)["Body"]
        except ClientError as error:
            raise _s3_error(error, uri) from error
        with path.open("wb") as file:
            shutil.copyfileobj(body, file, _CHUNK_BYTES)
        self.scanned_bytes += path.stat().st_size
        fetched = self._fetched[bucket, key] = FetchedObject(uri, path)
        return fetched

    def with_uris(self, message: str) -> str:
        """`message` with the URI of each fetched object in the place of its copy's path."""
        for fetched in self._fetched.values():
            message = message.replace(str(fetched.path), fetched.uri)
        return message

    def is_empty(self, location: Location) -> bool:
        """Whether no object lies below `location`."""
        return next(self.entries(location), None) is None

    def store(self, path: Path, bucket: str, key: str, settings: dict[str, str]) -> None:
        """Put the file as s3://bucket/key; `settings` are further arguments of PutObject."""
        self._checkpoint()
        try:
            with path.open("rb") as file:
                self._s3.put_object(Bucket=bucket, Key=key, Body=file, **settings)
        except ClientError as error:
            raise _s3_error(error, f"s3://{bucket}/{key}", writing=True) from error

    def verify_bucket(self, bucket: str) -> None:
        """Ask for the bucket's region, which Athena does before it writes a result to it."""
        self._checkpoint()
        try:
            self._s3.get_bucket_location(Bucket=bucket)
        except ClientError as error:
            raise _s3_error(error, f"s3://{bucket}", writing=True) from error


def _shared_folder(prefixes: list[str]) -> str:
    """The longest folder that all prefixes lie in; empty if that is the bucket."""
    first, last = (prefix.split("/") for prefix in (min(prefixes), max(prefixes)))
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first[:-1], last[:-1], strict=False))
    return "".join(f"{folder}/" for folder, _ in same)


def _is_hidden(relative_key: str) -> bool:
    return any(part.startswith(("_", ".")) for part in relative_key.split("/"))


def _s3_error(error: ClientError, uri: str, *, writing: bool = False) -> QueryError:
    details = error.response["Error"]
    if details["Code"] in ("AccessDenied", "403"):
        where = (
            f"Access denied when writing output to url: {uri}" if writing else f"Permission denied on S3 path: {uri}"
        )
        return QueryError("PERMISSION_DENIED", f"{where} ({details['Message']})")
    return QueryError("GENERIC_USER_ERROR", f"{details['Message']} ({details['Code']}) at {uri}")
