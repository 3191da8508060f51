"""What a model was made from, by digest: SHA-256 in hex.

of an input  (the rides, the weather, the rows of the training set) of the list of its objects. The list is kept beside
             the card, models/<execution>/lineage/<input>.jsonl.gz, one object a line in the order of their keys:
             {"key", "etag", "size", "version", "modified"}, and "sha256" of its content where that was read. The digest
             is of the list's text, as `gunzip -c | sha256sum` gives it
of code      of "<path>\\n<sha256 of the file>\\n" over the functions' own modules, in the order of their paths:
             folders with an app.py, aws and wildrydes, and the requirements of the package
of the ASL   of the definition as it is rendered, zeros in the place of the digest itself
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from wildrydes.errors import BadLineage

_GZIP = 16 + zlib.MAX_WBITS
_OWN = ("aws", "wildrydes")
_DEFINITION = re.compile(rb'("definition_sha256": ")([0-9a-f]{64})(")')


@dataclass(frozen=True)
class StoredObject:
    """One version of an object. `etag` is the MD5 of what was put at once, `modified` S3's time of it, UTC."""

    key: str
    etag: str
    size: int
    version: str
    modified: datetime
    sha256: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The object as a line of a list."""
        line = asdict(self) | {"modified": self.modified.isoformat()}
        return line if self.sha256 else {name: value for name, value in line.items() if name != "sha256"}


@dataclass(frozen=True)
class Listing:
    """An input: the prefix its objects are under, how many they are, the digest of their list and the list's key."""

    prefix: str
    objects: int
    sha256: str
    list: str


@dataclass(frozen=True)
class PackedList:
    """A list's text as gzip, the SHA-256 of the text, and how many objects it has."""

    data: bytes
    sha256: str
    objects: int


def pack_list(objects: Iterable[StoredObject]) -> PackedList:
    """The list of objects, which come in the order of their keys. They are not held: memory grows with `data`."""
    digest, packer, data, number = sha256(), zlib.compressobj(wbits=_GZIP), BytesIO(), 0
    for each in objects:
        line = json.dumps(each.to_json()).encode() + b"\n"
        digest.update(line)
        data.write(packer.compress(line))
        number += 1
    data.write(packer.flush())
    return PackedList(data.getvalue(), digest.hexdigest(), number)


def unpack_list(data: bytes, digest: str) -> Iterator[StoredObject]:
    """The objects in a packed list, one by one. Raises BadLineage, at its end when the text has another digest."""
    actual = sha256()
    with gzip.open(BytesIO(data)) as lines:
        for number, line in enumerate(lines, 1):
            actual.update(line)
            try:
                yield _object(json.loads(line))
            except (ValueError, KeyError, TypeError) as fault:
                raise BadLineage(f"line {number} of the list is no object's ({fault!r}): it was changed") from None
    if actual.hexdigest() != digest:
        raise BadLineage(f"the list has the digest {actual.hexdigest()}, and should have {digest}: it was changed")


def _object(line: dict[str, Any]) -> StoredObject:
    fields = {name: line[name] for name in ("key", "etag", "size", "version")}
    return StoredObject(**fields, modified=datetime.fromisoformat(line["modified"]), sha256=line.get("sha256"))


def find_unsettled(
    before: Iterable[StoredObject], after: Iterable[StoredObject], until: datetime
) -> Iterator[StoredObject]:
    """What a query may have read or not, of objects listed before it began and listed again after it, by their keys.

    Those that came or were replaced at or before `until`, when the query had read its last object; and those that are
    no longer there, in the state they had. An object that was put again as it was counts as the same. Both lists come
    in the order of their keys, and are gone through once, side by side.
    """
    earlier = iter(before)
    was = next(earlier, None)
    for now in after:
        while was is not None and was.key < now.key:
            yield was
            was = next(earlier, None)
        same = was if was is not None and was.key == now.key else None
        if now.modified <= until and (same is None or same.etag != now.etag):
            yield now
        if same is not None:
            was = next(earlier, None)
    if was is not None:
        yield was
        yield from earlier


def code_digest(root: Path) -> str:
    """The digest of the functions below `root`, the same in a checkout and in a package with what it depends on."""
    folders = [folder for folder in root.iterdir() if folder.name in _OWN or (folder / "app.py").is_file()]
    paths = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".csv")]
    digest = sha256()
    for path in sorted([*paths, *root.glob("requirements.txt")], key=lambda path: path.relative_to(root).as_posix()):
        digest.update(f"{path.relative_to(root).as_posix()}\n{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def definition_digest(definition: bytes) -> str:
    """The digest of a rendered definition that carries its own."""
    return sha256(_DEFINITION.sub(rb"\g<1>" + b"0" * 64 + rb"\g<3>", definition)).hexdigest()
