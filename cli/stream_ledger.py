"""What a fleet sent, and what became of it: every message is in one of the counts, and they add up.

sent      messages that the queue took
stored    different rides under processed/
rejected  messages under rejected/, told apart by their ids
repeated  messages of a ride that another message had brought
missing   the rest: still on the way, or dead-lettered
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

_NUMBERS = ("latitude", "longitude", "distance", "healthpoints", "magicpoints")

Fingerprint = tuple[float, ...]


class Counts(NamedTuple):
    """How many of each there are: sent = stored + rejected + repeated + missing."""

    sent: int
    stored: int
    rejected: int
    repeated: int
    missing: int


def fingerprint(ride: Any) -> Fingerprint | None:
    """What is the same in a record as sent and as stored; None where it is no ride."""
    if not isinstance(ride, dict):
        return None
    lower = {str(name).lower(): value for name, value in ride.items()}
    try:
        return tuple(float(lower[name]) for name in _NUMBERS)
    except (KeyError, TypeError, ValueError):
        return None


@dataclass(frozen=True)
class _Sent:
    fingerprint: Fingerprint | None
    message_id: str


class Ledger:
    """One thread may write what is sent while another writes what has arrived. Times are in seconds, of one clock."""

    def __init__(self) -> None:
        self._sent: list[_Sent] = []
        self._sent_at: dict[Fingerprint, float] = {}
        self._stored: set[Fingerprint] = set()
        self._rejected: set[str] = set()
        self.ages: list[float] = []

    def sending(self, ride: Any, now: float) -> None:
        """A ride is about to be sent."""
        if ride_print := fingerprint(ride):
            self._sent_at.setdefault(ride_print, now)

    def sent(self, ride: Any, message_id: str) -> None:
        """The queue took a ride as a message."""
        self._sent.append(_Sent(fingerprint(ride), message_id))

    def note_stored(self, ride: Any, now: float) -> None:
        """A ride is in S3; its age is that of the first message which brought it."""
        ride_print = fingerprint(ride)
        if ride_print in self._sent_at and ride_print not in self._stored:
            self._stored.add(ride_print)
            self.ages.append(now - self._sent_at[ride_print])

    def note_rejected(self, message_id: str) -> None:
        """A message was rejected."""
        self._rejected.add(message_id)

    def counts(self) -> Counts:
        """What has become of what was sent so far."""
        sent = list(self._sent)
        usable = [each.fingerprint for each in sent if each.message_id not in self._rejected]
        arrived = [each for each in usable if each in self._stored]
        stored = len(set(arrived))
        return Counts(len(sent), stored, len(sent) - len(usable), len(arrived) - stored, len(usable) - len(arrived))

    def age(self, quantile: float) -> float | None:
        """The age in seconds that this share of the stored rides had at most; None where none was stored."""
        ranked = sorted(self.ages)
        return ranked[min(len(ranked) - 1, int(quantile * len(ranked)))] if ranked else None
