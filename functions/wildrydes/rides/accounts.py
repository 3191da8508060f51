"""What became of each file of a plan, one line a file, and what all lines add up to.

    files = read + skipped + rejected whole
    rides = accepted + rejected + repeated, in each line and in all

A file that was left out whole counts as the rides it holds, all of them rejected. Those before its fault were counted.
The rest is estimated by its bytes, at the average of the rides that the execution read:

    >>> from wildrydes.errors import Position
    >>> fault = BadRideFile("truncated_file", "it ends within a record", Position(2_000, 1, 2_001), records=10)
    >>> estimate_rides(size=6_000, fault=fault, bytes_a_ride=200.0)
    30

An execution that read no ride has no average. The average of the records before the faults is taken then, and
BYTES_A_RIDE where there is none either: every ride of such an execution is rejected, whatever their number.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wildrydes.errors import BadRideFile, TooManyRejectedRides
from wildrydes.rides.counts import Counts, total
from wildrydes.rides.reports import FilePlan, Report

BYTES_A_RIDE = 200.0
"""Bytes of a ride of the sample, as text."""

MOST_FILES = 10
"""The files that an execution's state names; all of them are in the account's object."""

LONGEST_IN_STATE = 120
"""Characters of a key or a detail in an execution's state."""

_READ, _SKIPPED, _REJECTED = OUTCOMES = ("read", "skipped", "rejected")
# Bytes of JSON that a byte of such a file stands for. Rides of the sample shrink to a sixth by gzip, and to two fifths
# where no row names its fields.
_SHRUNK = 6.0
_COMPRESSED = (
    *("zip", "7z", "rar", "bzip2", "xz", "zstd", "lz4", "snappy", "compress", "zlib"),
    *("spreadsheet", "parquet", "orc", "avro"),
)
_TEXT_BYTES = {"utf_16": 0.5, "utf_32": 0.25, "csv": 2.5, **dict.fromkeys(_COMPRESSED, _SHRUNK)}


@dataclass(frozen=True, slots=True)
class FileLine:
    """What became of a file: `outcome` is one of OUTCOMES; `why` it was skipped or left out whole, and where."""

    plan: FilePlan
    counts: Counts
    first_rejected: Mapping[str, Mapping[str, Any]]

    @property
    def outcome(self) -> str:
        """`rejected` is a file that was left out whole; a file that was read may have rejected rides as well."""
        if self.plan.fault:
            return _REJECTED
        return _READ if self.plan.skipped is None else _SKIPPED

    def to_json(self) -> dict[str, Any]:
        """The line, with the file's key, etag, digest and chunks."""
        source, fault = self.plan.source, self.plan.fault
        return {
            "key": source.key,
            "etag": source.etag,
            "digest": source.digest,
            "size": self.plan.size,
            "outcome": self.outcome,
            **self.counts.to_json(),
            "chunks": self.plan.chunks,
            "shared": self.plan.shared,
            "skipped": self.plan.skipped,
            "fault": fault and {"reason": fault.reason, "detail": fault.detail, "position": fault.position._asdict()},
        }


@dataclass(frozen=True)
class Account:
    """The lines of all files of a plan."""

    lines: Sequence[FileLine]

    @property
    def counts(self) -> Counts:
        """The rides of all files."""
        return total(line.counts for line in self.lines)

    def of(self, digests: Collection[str]) -> "Account":
        """The account of the files with these digests alone."""
        return Account([line for line in self.lines if line.plan.source.digest in digests])

    def files(self, outcome: str) -> int:
        """How many files had this outcome."""
        return sum(line.outcome == outcome for line in self.lines)

    def to_json(self) -> dict[str, Any]:
        """The counts of rides and of files, and an excerpt of the lines: those with most to say first."""
        lines = sorted(self.lines, key=_weight)[:MOST_FILES]
        return self.counts.to_json() | {
            **{f"files_{outcome}": self.files(outcome) for outcome in OUTCOMES},
            "file_lines": [_excerpt(line) for line in lines],
            "file_lines_omitted": len(self.lines) - len(lines),
        }

    def first_rejected(self) -> list[dict[str, Any]]:
        """Of each reason its count, and the first record, or file left out whole, that it was the reason of."""
        first: dict[str, dict[str, Any]] = {}
        for line in self.lines:
            for reason, record in line.first_rejected.items():
                first.setdefault(reason, {"reason": reason, "key": line.plan.source.key, **record})
        counts = self.counts.rejected_by_reason
        ordered = sorted(first.values(), key=lambda each: (-counts[each["reason"]], each["reason"]))
        return [{"count": counts[each["reason"]], **each} for each in ordered]


def account(files: Iterable[FilePlan], reports: Iterable[Report]) -> Account:
    """The account of a plan's files, by the reports of their chunks."""
    plans = sorted(files, key=lambda file: file.source.key)
    by_file: dict[str, list[Report]] = {plan.source.digest: [] for plan in plans}
    for report in sorted(reports, key=lambda report: report.chunk.item):
        by_file[report.chunk.source.digest].append(report)
    average = _bytes_a_ride(by_file.values(), [plan.fault for plan in plans if plan.fault])
    return Account([_line(plan, by_file[plan.source.digest], average) for plan in plans])


def check_rejections(accounted: Account, max_rejected_fraction: float, where: str = "") -> None:
    """Raises TooManyRejectedRides when more than that fraction of the rides read was rejected, `where` it was."""
    counts = accounted.counts
    if counts.rejected <= max_rejected_fraction * counts.read:
        return
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.to_json()["rejected_by_reason"].items())
    raise TooManyRejectedRides(
        f"{counts.rejected} of {counts.read} rides were rejected{where} ({reasons}), more than the fraction of "
        f"{max_rejected_fraction} that the execution allows.{_left_out(accounted)} Each is under rejected/ with its "
        "reason and position. The next execution refuses the same files again, until they are corrected, removed, or "
        "allowed by a higher bound"
    )


def check_refusals(accounted: Account, refusals: Mapping[str, Collection[str]], max_rejected_fraction: float) -> None:
    """Holds the files that an earlier execution refused together to the fraction by themselves.

    So good files that come later do not outweigh them. `refusals` has the digests of the files by execution. Raises
    TooManyRejectedRides.
    """
    for execution, digests in sorted(refusals.items()):
        check_rejections(accounted.of(digests), max_rejected_fraction, f" in the files that {execution} refused")


def _left_out(of: Account) -> str:
    """A sentence that names the files left out whole; empty if there is none."""
    lines = [line for line in of.lines if line.plan.fault]
    if not lines:
        return ""
    named = [
        f"{_cut(line.plan.source.key)} (some {line.counts.rejected} rides, {line.plan.fault.reason})"
        for line in lines[:MOST_FILES]
        if line.plan.fault
    ]
    more = f" and {len(lines) - MOST_FILES} more" if len(lines) > MOST_FILES else ""
    return f" Left out whole: {', '.join(named)}{more}."


def _line(plan: FilePlan, reports: Sequence[Report], average: float) -> FileLine:
    fault = plan.fault
    if fault:
        count = estimate_rides(_decompressed_size(plan, fault), fault, average)
        first = {fault.reason: {"field": None, "detail": fault.detail, "position": fault.position._asdict()}}
        return FileLine(plan, Counts(count, 0, count, {fault.reason: count}), first)
    first = {}
    for report in reports:
        first = {**report.first_rejected, **first}
    return FileLine(plan, total(report.counts for report in reports), first)


def _decompressed_size(plan: FilePlan, fault: BadRideFile) -> float:
    """Bytes of the file without its gzip, which makes what is compressed already no smaller."""
    return plan.size * (_SHRUNK if plan.compression and fault.reason not in _COMPRESSED else 1.0)


def estimate_rides(size: float, fault: BadRideFile, bytes_a_ride: float) -> int:
    """The rides of a file of `size` bytes, decompressed, that was read up to its fault: at least one."""
    rest = size * _TEXT_BYTES.get(fault.reason, 1.0) - fault.position.byte
    return max(1, fault.records + round(max(0.0, rest) / bytes_a_ride))


def _bytes_a_ride(reports_of_files: Iterable[Sequence[Report]], faults: Sequence[BadRideFile]) -> float:
    reports = [report for reports in reports_of_files for report in reports]
    read = sum(report.counts.read for report in reports)
    if read:
        return sum(report.chunk.end - report.chunk.start for report in reports) / read
    records = sum(fault.records for fault in faults)
    return sum(fault.position.byte for fault in faults if fault.records) / records if records else BYTES_A_RIDE


def _weight(line: FileLine) -> tuple[bool, int, int, str]:
    return (line.plan.fault is None, -line.counts.rejected, -line.counts.repeated, line.plan.source.key)


def _excerpt(line: FileLine) -> dict[str, Any]:
    """The line without what only the account's object needs; names and details cut, for a state is bounded."""
    whole = line.to_json()
    why = line.plan.skipped or (line.plan.fault and f"{line.plan.fault.reason}: {line.plan.fault.detail}")
    names = ("outcome", "read", "accepted", "rejected", "rejected_by_reason", "repeated")
    return {"key": _cut(whole["key"]), **{name: whole[name] for name in names}, "why": why and _cut(why)}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_IN_STATE else f"{text[: LONGEST_IN_STATE - 1]}…"
