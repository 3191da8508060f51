"""A chunk that small files share, and how it is told from a chunk of one file. `wildrydes.rides.sharing` makes them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from wildrydes.bucket import Chunk, Source


class Group(NamedTuple):
    """The files of a shared chunk, as the source of its rides."""

    digest: str


@dataclass(frozen=True, slots=True)
class SharedChunk:
    """Some small files, whose lines are bytes [start, end) of the execution's list of files.

    `item` is its place in the manifest, `digest` that of the files (`group_digest`), `first_key` the key of the first.
    """

    item: int
    digest: str
    files: int
    start: int
    end: int
    first_key: str

    @property
    def source(self) -> Group:
        return Group(self.digest)

    @property
    def chunk(self) -> int:
        """It is the only one of its files."""
        return 0

    @property
    def of(self) -> int:
        return 1

    @property
    def records(self) -> None:
        """Nobody has read its files yet."""
        return None

    @property
    def place(self) -> str:
        """Where its rides come from, for people."""
        return f"{self.files} small files, the first of them {self.first_key}"


def read_item(item: Mapping[str, Any]) -> Chunk | SharedChunk:
    """The chunk in an item of the manifest."""
    return SharedChunk(**item) if "first_key" in item else Chunk(**item)


def group_digest(sources: Iterable[Source]) -> str:
    """The first 32 hex digits of the SHA-256 of the digests of files, in their order.

    >>> group_digest([Source("raw/a", "1"), Source("raw/b", "2")])
    'f6170a389e5823e9a37fa67cddee5a8b'
    """
    return sha256("\n".join(["shared", *(source.digest for source in sources)]).encode()).hexdigest()[:32]
