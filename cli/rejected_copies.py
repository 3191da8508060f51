"""Copies of an execution's rejected records, as text, each file named after the ride file where that is safe.

    raw/2018/rides.json  ─>  rejected/2018/rides.json.jsonl
    raw/../x.json        ─>  rejected/<digest>.jsonl

Keys are anything up to 1,024 bytes, and records are as many as there are: copies are bounded. What goes beyond is named
in `omitted`, and stays in the bucket.
"""

import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.account import entries
from wildrydes.bucket import RAW, REJECTED

MOST_BYTES = 64 << 20
MOST_FILES = 1_000
_BLOCK_BYTES = 1 << 16
_LONGEST_NAME = 240


@dataclass(frozen=True)
class Copies:
    """Where copies were put, of how many ride files, and the prefixes in the bucket of those that were not copied."""

    folder: Path
    files: int
    omitted: list[str]


def copy_rejected(s3: Any, bucket: str, lines: Iterable[dict[str, Any]], folder: Path) -> Copies:
    """Copy the rejected records, and the faults of files left out whole, of the files in `lines`."""
    names, files, room = _Names(), 0, MOST_BYTES
    omitted: list[str] = []
    for line in lines:
        if not line["rejected"]:
            continue
        prefix = f"{REJECTED}{line['digest']}/"
        if room <= 0 or files == MOST_FILES:
            omitted.append(prefix)
            continue
        files += 1
        target = folder / names.name(line["key"], line["digest"])
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as copy:
            for block in _text(s3, bucket, prefix, line):
                copy.write(block[:room])
                room -= len(block)
                if room <= 0:
                    omitted.append(prefix)
                    break
    return Copies(folder, files, omitted)


def _text(s3: Any, bucket: str, prefix: str, line: dict[str, Any]) -> Iterator[bytes]:
    """The lines of one ride file, of this execution's chunks alone: another may have cut it in another way."""
    ending = "/file.jsonl" if line["fault"] else f"-of-{line['chunks']:05}.jsonl.gz"
    for entry in entries(s3, "list_objects_v2", "Contents", Bucket=bucket, Prefix=prefix):
        if entry["Key"].endswith(ending):
            body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"]
            blocks = body.iter_chunks(_BLOCK_BYTES)
            yield from blocks if line["fault"] else _decompress(blocks)


def _decompress(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of a gzip stream of one member, in blocks that are bounded however small the stream is."""
    decompressor = zlib.decompressobj(16 + zlib.MAX_WBITS)
    for block in blocks:
        rest = block
        while rest:
            yield decompressor.decompress(rest, _BLOCK_BYTES)
            rest = decompressor.unconsumed_tail
    yield decompressor.flush()


class _Names:
    """Names for copies: no two of them are one file, nor one a folder of another, also where case does not count."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def name(self, key: str, digest: str) -> str:
        """The name for the copy of the records of `key`, relative to the folder of all copies."""
        name = f"{key.removeprefix(RAW)}.jsonl"
        folded = unicodedata.normalize("NFC", name).casefold()
        parts = folded.split("/")
        folders = {"/".join(parts[:length]) for length in range(1, len(parts))}
        if not all(map(_is_safe, name.split("/"))) or folded in self._files | self._folders or folders & self._files:
            return f"{digest}.jsonl"
        self._files.add(folded)
        self._folders |= folders
        return name


def _is_safe(part: str) -> bool:
    """Whether a part of a key can be the name of a file or a folder on any system."""
    plain = part.isprintable() and not set(part) & set('\\:*?"<>|') and part.strip(" .") == part
    return plain and 0 < len(part.encode()) <= _LONGEST_NAME
