"""Lists of objects: what there is under a prefix, and the lists of a model's inputs, stored beside its card."""

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

from aws import s3
from wildrydes.bucket import lineage_key
from wildrydes.model.lineage import Listing, StoredObject, list_text, read_list


def iterate_objects(bucket: str, prefix: str) -> Iterator[StoredObject]:
    """The objects under a prefix, in the order of their keys: of each the version that is there now."""
    pages: Iterable[dict[str, Any]] = (
        s3.client().get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    )
    for page in pages:
        for version in page.get("Versions", ()):
            if version["IsLatest"] and not version["Key"].endswith("/"):
                etag = version["ETag"].strip('"')
                yield StoredObject(version["Key"], etag, version["Size"], version["VersionId"], version["LastModified"])


def hash_contents(bucket: str, objects: Iterable[StoredObject]) -> Iterator[StoredObject]:
    """The objects with the digests of their contents; each is read. Raises MissingObject."""
    for each in objects:
        digest = sha256()
        for block in s3.stream(bucket, each.key):
            digest.update(block)
        yield replace(each, sha256=digest.hexdigest())


def write_listing(bucket: str, execution: str, name: str, prefix: str, objects: Iterable[StoredObject]) -> Listing:
    """Writes the list of an execution's input `name`, whose objects are under `prefix`."""
    text, key = list_text(objects), lineage_key(execution, name)
    s3.write(bucket, key, gzip.compress(text, mtime=0), "application/gzip")
    return Listing(prefix, text.count(b"\n"), sha256(text).hexdigest(), key)


def read_listing(bucket: str, listing: Listing) -> list[StoredObject]:
    """The objects of an input, from its list. Raises MissingObject, BadLineage."""
    return read_list(gzip.decompress(s3.read(bucket, listing.list)), listing.sha256)
