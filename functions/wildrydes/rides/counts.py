"""What an ingestion did, in counts: read = accepted + rejected + repeated, always."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from wildrydes.errors import TooManyRejectedRides


@dataclass(frozen=True)
class Counts:
    """Counts of rides; `files_rejected` counts the files rejected whole, whose rides are among the rejected."""

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    rejected_by_reason: Mapping[str, int] = field(default_factory=dict)
    repeated: int = 0
    files_rejected: int = 0

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
        counts.update(
            read=part.read,
            accepted=part.accepted,
            rejected=part.rejected,
            repeated=part.repeated,
            files_rejected=part.files_rejected,
        )
        reasons.update(part.rejected_by_reason)
    return Counts(rejected_by_reason=dict(reasons), **counts)


def check_rejections(counts: Counts, max_rejected_fraction: float) -> None:
    """Raises TooManyRejectedRides when more than that fraction of the rides read was rejected."""
    if counts.rejected > max_rejected_fraction * counts.read:
        reasons = ", ".join(f"{count} {reason}" for reason, count in counts.to_json()["rejected_by_reason"].items())
        raise TooManyRejectedRides(
            f"{counts.rejected} of {counts.read} rides were rejected ({reasons}), more than the fraction of "
            f"{max_rejected_fraction} that the execution allows. Each is under rejected/ with its reason and position"
        )
