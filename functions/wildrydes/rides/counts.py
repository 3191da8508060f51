"""Counts of rides: read = accepted + rejected + repeated, always."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rides of a chunk, of a file, or of all files.

    `repeated` are the rides that came again within their chunk; one that came in another chunk too is accepted in both,
    and the training set takes it once.
    """

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    rejected_by_reason: Mapping[str, int] = field(default_factory=dict)
    repeated: int = 0

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Counts":
        """The counts in a decoded JSON object, whose other fields are ignored."""
        return cls(**{name: value[name] for name in cls.__dataclass_fields__})

    def to_json(self) -> dict[str, Any]:
        """The counts as a JSON object, its reasons in alphabetical order."""
        return asdict(self) | {"rejected_by_reason": dict(sorted(self.rejected_by_reason.items()))}


def total(parts: Iterable[Counts]) -> Counts:
    """The sum of the counts of chunks and files."""
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for part in parts:
        counts.update(read=part.read, accepted=part.accepted, rejected=part.rejected, repeated=part.repeated)
        reasons.update(part.rejected_by_reason)
    return Counts(rejected_by_reason=dict(reasons), **counts)
