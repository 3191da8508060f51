"""Objects are in files: S3 answers as if they were in memory, a file goes with its object, and memory stays flat."""

import hashlib
import io
import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from cli import embedded
from local.account import EmbeddedAws
from local.persistence.stored_bytes import SHORTEST
from machines import Client, unique

MIB = 1 << 20
LONG = bytes(range(256)) * (3 * MIB // 256)
PART = 5 * MIB


@pytest.fixture
def bucket(client: Client) -> str:
    """An empty bucket without versions."""
    name = unique("bodies")
    client("s3").create_bucket(Bucket=name)
    return name


def body(client: Client, bucket: str, key: str, **parameters: Any) -> bytes:
    return client("s3").get_object(Bucket=bucket, Key=key, **parameters)["Body"].read()


@pytest.mark.parametrize("length", [0, 1, SHORTEST - 1, SHORTEST, MIB, MIB + 1, len(LONG)])
def test_bytes_of_any_length_come_back(client: Client, bucket: str, length: int) -> None:
    client("s3").put_object(Bucket=bucket, Key="a", Body=LONG[:length])
    answer = client("s3").get_object(Bucket=bucket, Key="a")
    assert (answer["Body"].read(), answer["ContentLength"]) == (LONG[:length], length)


@pytest.mark.parametrize(
    ("byte_range", "part"),
    [("bytes=0-0", LONG[:1]), ("bytes=1000-9999", LONG[1000:10000]), ("bytes=-5000", LONG[-5000:])],
)
def test_a_range_is_that_part_of_the_file(client: Client, bucket: str, byte_range: str, part: bytes) -> None:
    client("s3").put_object(Bucket=bucket, Key="a", Body=LONG)
    answer = client("s3").get_object(Bucket=bucket, Key="a", Range=byte_range)
    assert (answer["Body"].read(), answer["ContentLength"]) == (part, len(part))
    with pytest.raises(ClientError, match="InvalidRange"):
        body(client, bucket, "a", Range=f"bytes={len(LONG)}-")


def test_an_upload_in_parts_is_the_parts_in_order(client: Client, bucket: str) -> None:
    whole = os.urandom(2 * PART + 10)
    client("s3").upload_fileobj(io.BytesIO(whole), bucket, "a", Config=TransferConfig(PART, multipart_chunksize=PART))
    digests = b"".join(hashlib.md5(whole[at : at + PART]).digest() for at in range(0, len(whole), PART))  # noqa: S324
    answer = client("s3").get_object(Bucket=bucket, Key="a")
    assert answer["Body"].read() == whole
    assert answer["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'  # noqa: S324
    assert body(client, bucket, "a", PartNumber=3) == whole[2 * PART :]


def test_a_copy_stays_when_its_source_is_replaced_and_deleted(client: Client, bucket: str) -> None:
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=LONG)
    s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a", ChecksumAlgorithm="SHA256")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="c")["UploadId"]
    place = {"Bucket": bucket, "Key": "c", "UploadId": upload}
    part = s3.upload_part_copy(**place, PartNumber=1, CopySource=f"{bucket}/a")["CopyPartResult"]
    s3.put_object(Bucket=bucket, Key="a", Body=b"another")
    s3.delete_object(Bucket=bucket, Key="a")
    s3.complete_multipart_upload(**place, MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]})
    assert body(client, bucket, "b") == body(client, bucket, "c") == LONG


def test_each_long_version_is_there_and_the_one_before_becomes_current(client: Client, bucket: str) -> None:
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"0" * MIB)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    versions = [s3.put_object(Bucket=bucket, Key="a", Body=each * MIB)["VersionId"] for each in (b"1", b"2")]
    assert body(client, bucket, "a", VersionId="null") == b"0" * MIB
    assert body(client, bucket, "a", VersionId=versions[0], Range="bytes=9-11") == b"111"
    s3.delete_object(Bucket=bucket, Key="a", VersionId=versions[1])
    assert body(client, bucket, "a") == b"1" * MIB


class Keeping:
    """A server that keeps its state in a folder, and can be killed and followed by another."""

    def __init__(self, folder: Path) -> None:
        self.live = folder / "state" / "live"
        self._folder = folder
        self._start(embedded.free_port())

    def _start(self, port: int) -> None:
        self.server = EmbeddedAws.on_port(port)
        options = ("--keep", str(self._folder / "state"))
        self.process = embedded.launch(self.server, self._folder / "server.log", tied=True, options=options)

    def kill_and_follow(self) -> None:
        """Kill the server, and start the next one on what it has saved."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.end()
        self._start(self.server.port)

    def end(self) -> None:
        """Wait for the end of the server."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()

    def files(self) -> list[Path]:
        """Where bytes are, after all that was removed while a snapshot was written has gone."""
        self.server.client("s3").put_bucket_tagging(Bucket="rides", Tagging={"TagSet": []})
        return sorted(self.live.iterdir())

    def memory(self) -> int:
        """In bytes, once the request before is over."""
        self.server.client("s3").head_bucket(Bucket="rides")
        return psutil.Process(self.process.pid).memory_info().rss


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Keeping]:
    """A server with a bucket `rides`, which is ended after the test."""
    made = Keeping(tmp_path)
    try:
        made.server.client("s3").create_bucket(Bucket="rides")
        yield made
    finally:
        made.end()


@pytest.mark.proof
def test_files_go_with_their_objects_and_come_back_after_a_kill(keeping: Keeping) -> None:
    s3 = keeping.server.client("s3")
    s3.put_object(Bucket="rides", Key="a", Body=LONG)
    s3.put_object(Bucket="rides", Key="b", Body=LONG[:MIB])
    s3.copy_object(Bucket="rides", Key="c", CopySource="rides/a")
    s3.delete_object(Bucket="rides", Key="a")
    keeping.kill_and_follow()
    client = keeping.server.client
    assert (body(client, "rides", "c"), body(client, "rides", "b")) == (LONG, LONG[:MIB])
    assert stat.S_IMODE(keeping.live.stat().st_mode) == 0o700
    assert sorted(path.stat().st_size for path in keeping.files()) == [MIB, len(LONG)]
    for key in "bc":
        client("s3").delete_object(Bucket="rides", Key=key)
    assert keeping.files() == []
    keeping.end()
    assert not keeping.live.exists()


@pytest.mark.proof
def test_memory_does_not_grow_with_what_is_stored(keeping: Keeping) -> None:
    s3, before = keeping.server.client("s3"), keeping.memory()
    for number in range(10):
        s3.put_object(Bucket="rides", Key=str(number), Body=bytes([number]) * (20 * MIB))
    for number in range(10):
        assert body(keeping.server.client, "rides", str(number))[:: 20 * MIB] == bytes([number])
    assert keeping.memory() - before < 60 * MIB
