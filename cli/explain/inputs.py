"""What a card says a model was made from, against what is there now.

Of rides it asks S3 for the ETag alone; weather, rows and artefact are read. Where arrange_rides has put the rides of an
object into others since, they count as what they were. Under `weather` and `rows` the execution
alone wrote, so that what was added there since is a difference; under `processed/` rides are always added.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from cli.stack import Client
from local import account
from wildrydes.bucket import MOVED, PROCESSED
from wildrydes.errors import BadLineage
from wildrydes.model.card import ModelCard
from wildrydes.model.lineage import Listing, StoredObject, code_digest, definition_digest, unpack_list

ROOT = Path(__file__).resolve().parents[2]
_IMAGE = re.compile(r"(?P<registry>\d{12})\.dkr\.ecr\.[^/]+/(?P<repository>[^@:]+)[@:].+")
_ABSENT = ("NoSuchKey", "404")


class Status(StrEnum):
    """What became of an input."""

    MATCH = "match"
    DIFFERS = "differs"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """An input by its digest (SHA-256 in hex), what became of it, and which part of it is not as it was."""

    name: str
    digest: str
    status: Status
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bucket:
    """The data bucket, as it is now."""

    s3: Any
    name: str

    def content(self, key: str) -> bytes | None:
        """An object, None where it is gone."""
        try:
            return self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] not in _ABSENT:
                raise
            return None

    def versions(self, prefix: str) -> list[dict[str, Any]]:
        """Every version of every object under a prefix, those that are no longer the latest too."""
        return account.entries(self.s3, "list_object_versions", "Versions", Bucket=self.name, Prefix=prefix)


def examine(card: ModelCard, client: Client) -> Iterator[Finding]:
    """Each input, in the order in which they go into the model, and the model itself."""
    lineage = card.lineage
    bucket = Bucket(client("s3"), lineage["bucket"])
    yield _listed("rides", lineage["rides"], bucket)
    yield _listed("weather", lineage["weather"], bucket, whole=True)
    yield _listed("rows", lineage["rows"], bucket, whole=True)
    yield _image(lineage["image"], client("ecr"))
    definition = definition_digest((ROOT / "statemachines" / "retrain.asl.json").read_bytes())
    yield _of_this_checkout("workflow", lineage["definition_sha256"], definition)
    yield _of_this_checkout("code", lineage["code_sha256"], code_digest(ROOT / "functions"))
    yield _artefact(card, bucket)


def _listed(name: str, described: dict[str, Any], bucket: Bucket, *, whole: bool = False) -> Finding:
    """An input by its list; `whole`: by its contents, and nothing else may be under its prefix."""
    listing = Listing(**described)
    packed = bucket.content(listing.list)
    if packed is None:
        return Finding(name, listing.sha256, Status.GONE, (f"{listing.list}, which lists it, is gone",))
    try:
        objects = list(unpack_list(packed, listing.sha256))
    except (BadLineage, OSError, EOFError, zlib.error) as changed:
        return Finding(name, listing.sha256, Status.DIFFERS, (f"{listing.list}: {changed}",))
    versions = bucket.versions(listing.prefix)
    now = {each["Key"]: each for each in versions if each["IsLatest"]}
    stored = {(each["Key"], each["VersionId"]) for each in versions}
    gone = [each for each in objects if each.key not in now]
    moves = _moves(bucket) if gone and listing.prefix == PROCESSED else {}
    moved = [each for each in gone if _is_moved(each.key, each.etag, moves, now)]
    gone = [each for each in gone if each not in moved]
    changed = [each for each in objects if each.key in now and not _same(each, now[each.key], bucket)]
    added = sorted(set(now) - {each.key for each in objects}) if whole else []
    details = [_detail(each, stored, "is gone") for each in gone]
    details += [_detail(each, stored, "is another object") for each in changed]
    details += [f"{key} was added" for key in added]
    status = Status.GONE if gone else Status.DIFFERS if details else Status.MATCH
    if moved:
        details.append(f"the rides of {len(moved)} objects were put into others since, which are there")
    return Finding(name, listing.sha256, status, tuple(details))


def _moves(bucket: Bucket) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The ETag of each object whose rides were put into others, and the keys of these, by its key."""
    moves = {}
    for listed in bucket.versions(MOVED):
        lines = gzip.decompress(bucket.content(listed["Key"]) or gzip.compress(b"")).splitlines()
        moves |= {line["key"]: (line["etag"], tuple(line["into"])) for line in map(json.loads, lines)}
    return moves


def _is_moved(
    key: str, etag: str | None, moves: Mapping[str, tuple[str, tuple[str, ...]]], now: Mapping[str, Any]
) -> bool:
    """Whether the rides of an object are in others that are there, or whose rides were moved on in turn."""
    if key not in moves:
        return False
    was, into = moves[key]
    return etag in (was, None) and all(target in now or _is_moved(target, None, moves, now) for target in into)


def _same(was: StoredObject, now: dict[str, Any], bucket: Bucket) -> bool:
    if was.sha256 is None:
        return now["ETag"].strip('"') == was.etag
    content = bucket.content(was.key)
    return content is not None and sha256(content).hexdigest() == was.sha256


def _detail(was: StoredObject, stored: set[tuple[str, str]], what: str) -> str:
    still = "is kept" if (was.key, was.version) in stored else "is not kept"
    return f"{was.key} {what}; the version that was read, {was.version}, {still}"


def _image(image: dict[str, str], ecr: Any) -> Finding:
    """Whether the registry still has the image; the tag by which it was found may stand for another by now."""
    if not image["digest"]:
        reason = f"the job ran {image['uri']}, whose digest the registry did not tell ({image['unknown']})"
        return Finding("image", "", Status.UNKNOWN, (reason,))
    digest = image["digest"].removeprefix("sha256:")
    named = _IMAGE.fullmatch(image["uri"])
    if named is None:
        return Finding("image", digest, Status.UNKNOWN, (f"{image['uri']} is no image of ECR",))
    repository = {"registryId": named["registry"], "repositoryName": named["repository"]}
    try:
        answer = ecr.batch_get_image(imageIds=[{"imageDigest": image["digest"]}], **repository)
    except ClientError as refused:
        return Finding("image", digest, Status.UNKNOWN, (f"the registry does not tell: {refused}",))
    if answer["images"]:
        return Finding("image", digest, Status.MATCH)
    return Finding("image", digest, Status.GONE, (f"the registry has no {image['uri']} any more",))


def _of_this_checkout(name: str, was: str, now: str) -> Finding:
    if was == now:
        return Finding(name, was, Status.MATCH)
    return Finding(name, was, Status.DIFFERS, (f"this checkout's has the digest {now}",))


def _artefact(card: ModelCard, bucket: Bucket) -> Finding:
    digest, content = card.lineage["artefact_sha256"], bucket.content(card.model_path)
    if content is None:
        return Finding("artefact", digest, Status.GONE, (f"{card.model_path} is gone",))
    if (now := sha256(content).hexdigest()) != digest:
        return Finding("artefact", digest, Status.DIFFERS, (f"{card.model_path} has the digest {now}",))
    return Finding("artefact", digest, Status.MATCH)
