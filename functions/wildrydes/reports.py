"""What an ingestion did, in counts: read = accepted + rejected + repeated, always."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from wildrydes.errors import TooManyRejectedRides


@dataclass(frozen=True)
class Report:
    """Counts of rides; `files_rejected` counts the files rejected whole, whose rides are among the rejected."""

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    rejected_by_reason: Mapping[str, int] = field(default_factory=dict)
    repeated: int = 0
    files_rejected: int = 0

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Report":
        """The report in a decoded JSON object; other fields of the object are left aside."""
        return cls(**{name: value[name] for name in cls.__dataclass_fields__})

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object, its reasons in alphabetical order."""
        return asdict(self) | {"rejected_by_reason": dict(sorted(self.rejected_by_reason.items()))}


def total(reports: Iterable[Report]) -> Report:
    """The sum of reports."""
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for report in reports:
        counts.update(
            read=report.read,
            accepted=report.accepted,
            rejected=report.rejected,
            repeated=report.repeated,
            files_rejected=report.files_rejected,
        )
        reasons.update(report.rejected_by_reason)
    return Report(rejected_by_reason=dict(reasons), **counts)


def check_rejections(report: Report, max_rejected_fraction: float) -> None:
    """Raises TooManyRejectedRides when more than that fraction of the rides read was rejected."""
    if report.rejected > max_rejected_fraction * report.read:
        reasons = ", ".join(f"{count} {reason}" for reason, count in report.to_json()["rejected_by_reason"].items())
        raise TooManyRejectedRides(
            f"{report.rejected} of {report.read} rides were rejected ({reasons}), more than the fraction of "
            f"{max_rejected_fraction} that the execution allows. Each is under rejected/ with its reason and position"
        )
