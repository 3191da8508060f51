"""A job's way to S3 and back: channels down, the model up. Errors are worded as SageMaker words them."""

import gzip
import io
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import EmbeddedAwsError
from local.sagemaker.validation import Channel, Location

# Keys that S3 lists at a time, at most.
_PAGE = 1000
# Of an object that is in memory at a time.
_PIECE_BYTES = 1 << 20


class TransferError(EmbeddedAwsError):
    """What was to be brought from or to S3 was not; the message is the job's FailureReason."""


def find_object(s3: Any, location: Location) -> bool:
    """Whether there is any object under `location`. Raises ClientError as S3 does."""
    answer = s3.list_objects_v2(Bucket=location.bucket, Prefix=location.prefix, MaxKeys=1)
    return bool(answer.get("KeyCount"))


def download(s3: Any, channel: Channel, folder: Path) -> None:
    """Fetch a channel's objects into `folder`, by their keys after the prefix's last slash.

    Raises TransferError. Pipe mode's objects are unpacked here where they are gzip, and are files like all others.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = channel.location.prefix.rpartition("/")[0]
    try:
        for key in _keys(s3, channel.location):
            path = folder / _relative(key, stem)
            path.parent.mkdir(parents=True, exist_ok=True)
            with s3.get_object(Bucket=channel.location.bucket, Key=key)["Body"] as body, path.open("wb") as file:
                shutil.copyfileobj(gzip.GzipFile(fileobj=body) if channel.gzip else body, file, _PIECE_BYTES)
    except (ClientError, BotoCoreError) as error:
        raise TransferError(f"ClientError: Data download failed:{describe(error)}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise TransferError(f"ClientError: Data download failed:channel {channel.name}: {error}") from error


def _keys(s3: Any, location: Location) -> Iterator[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=location.bucket, Prefix=location.prefix, PaginationConfig={"PageSize": _PAGE}
    )
    for page in pages:
        # Keys that end in a slash are what consoles show as folders.
        yield from (entry["Key"] for entry in page.get("Contents", []) if not entry["Key"].endswith("/"))


def _relative(key: str, stem: str) -> Path:
    """A path under the channel's folder, whatever the key holds."""
    parts = PurePosixPath(key.removeprefix(stem).lstrip("/")).parts
    return Path(*(part for part in parts if part not in ("..", "/", ".")))


def pack(folder: Path) -> bytes | None:
    """`folder` as model.tar.gz, or None where it is empty. Equal files give equal bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        return None
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for path in files:
            entry = tarfile.TarInfo(str(path.relative_to(folder)))
            entry.size = path.stat().st_size
            with path.open("rb") as content:
                archive.addfile(entry, content)
    return packed.getvalue()


def upload(s3: Any, body: bytes, location: Location, kms_key: str | None) -> None:
    """Put the model. Raises TransferError."""
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
    try:
        s3.put_object(Bucket=location.bucket, Key=location.prefix, Body=body, **encryption)
    except (ClientError, BotoCoreError) as error:
        raise TransferError(f"ClientError: Artifact upload failed:{describe(error)}") from error


def describe(error: Exception) -> str:
    """`AccessDenied (403): Access Denied`."""
    if not isinstance(error, ClientError):
        return str(error)
    fault, metadata = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    return f"{fault.get('Code')} ({metadata.get('HTTPStatusCode')}): {fault.get('Message')}"
