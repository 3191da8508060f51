"""What a model was made from, by digest: SHA-256 in hex.

of objects   of "<key>\\n<etag>\\n", one after the other in the order of their keys
of code      of "<path>\\n<sha256 of the file>\\n" over the functions' own modules, in the order of their paths:
             folders with an app.py, aws and wildrydes, and the requirements of the package
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from wildrydes.bucket import Source

_OWN = ("aws", "wildrydes")


@dataclass(frozen=True)
class Listing:
    """Objects under a prefix: how many, and the digest of which versions of which they are."""

    prefix: str
    objects: int
    sha256: str


def listing(prefix: str, sources: Iterable[Source]) -> Listing:
    """The digest of the sources under a prefix, given in the order of their keys."""
    digest, count = sha256(), 0
    for source in sources:
        digest.update(f"{source.key}\n{source.etag}\n".encode())
        count += 1
    return Listing(prefix, count, digest.hexdigest())


def code_digest(root: Path) -> str:
    """The digest of the functions below `root`, the same in a checkout and in a package with what it depends on."""
    folders = [folder for folder in root.iterdir() if folder.name in _OWN or (folder / "app.py").is_file()]
    found = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".csv")]
    digest = sha256()
    for path in sorted([*found, *root.glob("requirements.txt")], key=lambda path: path.relative_to(root).as_posix()):
        digest.update(f"{path.relative_to(root).as_posix()}\n{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
