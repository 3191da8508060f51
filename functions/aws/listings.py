"""Lists of objects: what there is under a prefix, and the lists of a model's inputs, stored beside its card."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

from aws import s3
from wildrydes.bucket import lineage_key
from wildrydes.model.lineage import Listing, StoredObject, pack_list, unpack_list


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
    packed, key = pack_list(objects), lineage_key(execution, name)
    s3.write(bucket, key, packed.data, "application/gzip")
    return Listing(prefix, packed.objects, packed.sha256, key)


def read_listing(bucket: str, listing: Listing) -> Iterator[StoredObject]:
    """The objects of an input, from its list. Raises MissingObject, and BadLineage at the end."""
    return unpack_list(s3.read(bucket, listing.list), listing.sha256)
