"""What a delivery stream has taken and not yet delivered.

    Buffer ──due: enough bytes, or old enough──> Batch ──tried until S3 has it──> gone

https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html
https://docs.aws.amazon.com/firehose/latest/dev/retry.html
"""

from dataclasses import dataclass, field

RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 24 * 3600.0
"""How long a batch that S3 does not take is tried again; it is lost then, as on AWS."""


@dataclass
class Batch:
    """An object that is to be written: its key, its bytes, when its oldest record came, when it is tried next.

    `records` is how many records are in it, `size` how many bytes they have.
    """

    key: str
    body: bytes
    arrival: float
    retry_at: float
    records: int = 0
    size: int = 0

    def delay(self, now: float) -> bool:
        """Try it again later; False where it has been tried for too long."""
        self.retry_at = now + RETRY_SECONDS
        return now - self.arrival < LONGEST_RETRY_SECONDS


@dataclass
class Buffer:
    """The records that came since the last batch, in their order. Times are in seconds since the epoch."""

    records: list[bytes] = field(default_factory=list)
    size: int = 0
    arrival: float = 0.0

    def add(self, record: bytes, now: float) -> None:
        """Take a record that came now."""
        if not self.records:
            self.arrival = now
        self.records.append(record)
        self.size += len(record)

    def is_due(self, now: float, size: int, seconds: float) -> bool:
        """Whether there are `size` bytes, or the first of the records came `seconds` ago."""
        return bool(self.records) and (self.size >= size or now - self.arrival >= seconds)

    def take(self) -> list[bytes]:
        """All records; there are none then."""
        records, self.records, self.size = self.records, [], 0
        return records

    def put_back(self, records: list[bytes], arrival: float) -> None:
        """Have records again, before all others, that were taken; the first of them came at `arrival`."""
        if records:
            self.records, self.arrival = records + self.records, arrival
            self.size += sum(map(len, records))
