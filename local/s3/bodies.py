"""Keeps the bytes of objects, of their versions and of parts of uploads in files: MiniStack holds them in memory.

MiniStack takes the bytes of an object for something with a length and slices, which `StoredBytes` is. Copies and
versions share it. Where bytes are hashed, joined, handed to another service or sent, they are read from the file. Long
answers are sent while they are read.
"""

import contextlib
import hashlib
import mmap
from collections.abc import Callable, Iterator
from typing import Any

from local.persistence.stored_bytes import CHUNK_BYTES, ByteStore, StoredBytes
from local.seams import replace, seam

Answer = tuple[int, dict[str, str], Any]
Record = dict[str, Any]


def install(store: ByteStore) -> None:
    """Store what comes in, and read where it goes out."""
    _store_objects(store)
    _store_parts(store)
    _complete_from_files(store)
    _hash_files()
    _read_files()


def _store_objects(store: ByteStore) -> None:
    """Each write of an object builds a record, replicates it if it is to be, and records a version, in this order."""
    from ministack.services import s3

    def build_record(body: bytes, *others: Any, **more: Any) -> Record:
        record = build(body, *others, **more)
        record["body"] = store.put(body)
        return record

    def replicate(bucket: str, key: str, record: Record, _: Any, tags: Any = None) -> None:
        # An upload of parts, and a copy, have a record of their own. It is there already: on a full disk the bytes stay
        # in memory.
        if isinstance(record["body"], bytes):
            with contextlib.suppress(OSError):
                record["body"] = store.put(record["body"])
        replicate_data(bucket, key, record, record["body"], tags)

    def record_version(bucket: str, key: str, prior: Record | None, record: Record, _: Any) -> str | None:
        return record_data(bucket, key, prior, record, record["body"])

    build = replace(s3, "_build_object_record", build_record)
    replicate_data = replace(s3, "_maybe_replicate", replicate)
    record_data = replace(s3, "_record_object_version", record_version)


def _store_parts(store: ByteStore) -> None:
    from ministack.services import s3

    uploads, parameter = seam(s3, "_multipart_uploads"), seam(s3, "_qp")

    def storing(upload_part: Callable[..., Answer], place_of_query: int) -> Callable[..., Answer]:
        def upload_and_store(*arguments: Any) -> Answer:
            answer = upload_part(*arguments)
            query = arguments[place_of_query]
            if answer[0] == 200:
                part = uploads[parameter(query, "uploadId")]["parts"][int(parameter(query, "partNumber", "1"))]
                if isinstance(part["body"], bytes):
                    part["body"] = store.put(part["body"])
            return answer

        return upload_and_store

    # Of (bucket, key, body, query, headers), and of the same without a body.
    replace(s3, "_upload_part", storing(seam(s3, "_upload_part"), 3))
    replace(s3, "_upload_part_copy", storing(seam(s3, "_upload_part_copy"), 2))


def _complete_from_files(store: ByteStore) -> None:
    """MiniStack hashes and joins the parts: these come from one file that is mapped, not from as many in memory."""
    from ministack.services import s3

    uploads, parameter = seam(s3, "_multipart_uploads"), seam(s3, "_qp")

    def complete(bucket: str, key: str, body: bytes, query: dict[str, Any], headers: Any = None) -> Answer:
        upload = uploads.get(parameter(query, "uploadId"))
        if upload is None:
            return by_ministack(bucket, key, body, query, headers)
        parts = upload["parts"]
        with _mapped(parts, store) as upload["parts"]:
            try:
                return by_ministack(bucket, key, body, query, headers)
            finally:
                upload["parts"] = parts

    by_ministack = replace(s3, "_complete_multipart_upload", complete)


@contextlib.contextmanager
def _mapped(parts: dict[int, Record], store: ByteStore) -> Iterator[dict[int, Record]]:
    """Parts whose stored bytes are in memory while they are looked at, and no longer."""
    stored = {number: part["body"] for number, part in parts.items() if isinstance(part["body"], StoredBytes)}
    if not stored:
        yield parts
        return
    with store.scratch() as path:
        with path.open("w+b") as file:
            path.chmod(0o600)
            for body in stored.values():
                file.writelines(body.chunks())
            file.flush()
            # It is closed with the last of its views.
            whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        mapped, start = dict(parts), 0
        for number, body in stored.items():
            mapped[number] = {**parts[number], "body": whole[start : start + len(body)]}
            start += len(body)
        yield mapped


def _hash_files() -> None:
    from ministack.services import s3

    def md5(body: bytes | StoredBytes) -> str:
        if not isinstance(body, StoredBytes):
            return md5_of_bytes(body)
        digest = hashlib.md5(usedforsecurity=False)
        for chunk in body.chunks():
            digest.update(chunk)
        return digest.hexdigest()

    def checksum(algorithm: str, body: bytes | StoredBytes) -> str | None:
        return checksum_of_bytes(algorithm, bytes(body) if isinstance(body, StoredBytes) else body)

    md5_of_bytes = replace(s3, "md5_hash", md5)
    checksum_of_bytes = replace(s3, "_compute_s3_checksum", checksum)


def _read_files() -> None:
    """Other services get bytes; who asks by HTTP gets short objects at once, and long ones while they are read."""
    from ministack.core.responses import StreamingResponse
    from ministack.services import s3

    def object_data(*arguments: Any, **more: Any) -> bytes | None:
        data = stored_data(*arguments, **more)
        return bytes(data) if isinstance(data, StoredBytes) else data

    def get_object(*arguments: Any) -> Answer:
        status, headers, body = stored_object(*arguments)
        if not isinstance(body, StoredBytes):
            return status, headers, body
        if len(body) <= CHUNK_BYTES:
            return status, headers, bytes(body)
        return status, {**headers, "Content-Length": str(len(body))}, StreamingResponse(_sending(body))

    stored_data = replace(s3, "_get_object_data", object_data)
    stored_object = replace(s3, "_get_object", get_object)


def _sending(body: StoredBytes) -> Callable[[Any, Any], Any]:
    async def send_chunks(send: Any, _: Any) -> None:
        for chunk in body.chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_chunks
