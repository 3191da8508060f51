"""What a model was made from, by digest: SHA-256 in hex.

of an input  (the rides, the weather, the rows of the training set) of the list of its objects. The list is kept beside
             the card, models/<execution>/lineage/<input>.jsonl.gz, one object a line in the order of their keys:
             {"key", "etag", "size", "version", "modified"}, and "sha256" of its content where that was read. The digest
             is of the list's text, as `gunzip -c | sha256sum` gives it
of code      of "<path>\\n<sha256 of the file>\\n" over the functions' own modules, in the order of their paths:
             folders with an app.py, aws and wildrydes, and the requirements of the package
of the ASL   of the definition as it is rendered, zeros in the place of the digest itself
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from wildrydes.errors import BadLineage

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


def list_text(objects: Iterable[StoredObject]) -> bytes:
    """The text of a list of objects; they come in the order of their keys."""
    return b"".join(json.dumps(each.to_json()).encode() + b"\n" for each in objects)


def read_list(text: bytes, digest: str) -> list[StoredObject]:
    """The objects in the text of a list. Raises BadLineage when the text has another digest."""
    if (actual := sha256(text).hexdigest()) != digest:
        raise BadLineage(f"the list has the digest {actual}, and should have {digest}: it was changed")
    return [_object(json.loads(line)) for line in text.splitlines()]


def _object(line: dict[str, Any]) -> StoredObject:
    fields = {name: line[name] for name in ("key", "etag", "size", "version")}
    return StoredObject(**fields, modified=datetime.fromisoformat(line["modified"]), sha256=line.get("sha256"))


def find_unsettled(
    before: Sequence[StoredObject], after: Iterable[StoredObject], until: datetime
) -> list[StoredObject]:
    """What a query may have read or not, of objects listed before it began and listed again after it.

    Those that came or were replaced at or before `until`, when the query had read its last object; and those that are
    no longer there, in the state they had. An object that was put again as it was counts as the same.
    """
    was = {each.key: each.etag for each in before}
    later = {each.key: each for each in after}
    came = [each for each in later.values() if each.modified <= until and was.get(each.key) != each.etag]
    return sorted([*came, *(each for each in before if each.key not in later)], key=lambda each: each.key)


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
