"""So many rides a month, how they come, and what that makes of files, chunks, objects and rows.

    batch    files under raw/, each larger than a chunk
    stream   one at a time, evenly over the month, into objects of some seconds' rides, which a retraining puts together

>>> batch = Load(10_000_000, "batch", months=12)
>>> (batch.new, batch.stored, batch.chunks, batch.objects)
(2500000, 120000000, 68, 3264)
"""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from wildrydes.cost.quantities import HOURS_A_MONTH
from wildrydes.cost.rates import RAW_RIDE, STORED_RIDE
from wildrydes.parameters import DEFAULT_CHUNK_BYTES
from wildrydes.rides.compaction import MOST_OBJECTS, SMALL_BYTES

BATCH, STREAM = "batch", "stream"
PATHS = (BATCH, STREAM)

MONTHS, RETRAININGS = 12, 4

LOCATED_AT_ONCE, STORED_AT_ONCE = 500, 20
"""Messages of a batch, as the template has them; a batch waits for a second at most."""

SECONDS_A_MONTH = HOURS_A_MONTH * 3600


class Batches(NamedTuple):
    """Calls of locate_station and of store_rides in a month; each of the latter writes an object."""

    located: int
    stored: int


@dataclass(frozen=True)
class Load:
    """`rides` a month by a path of PATHS, for `months`, with so many retrainings a month."""

    rides: int
    path: str
    months: int = MONTHS
    retrainings: int = RETRAININGS

    @property
    def new(self) -> int:
        """The rides that came since the last retraining."""
        return self.rides // self.retrainings if self.retrainings else 0

    @property
    def stored(self) -> int:
        """All rides ever, which a retraining reads."""
        return self.rides * self.months

    @property
    def chunks(self) -> int:
        """The chunks that a retraining ingests."""
        return ceil(self.new * RAW_RIDE.value / DEFAULT_CHUNK_BYTES) if self.path == BATCH else 0

    @property
    def small(self) -> int:
        """The objects of some seconds' rides that came since the last retraining, and that it puts together."""
        return ceil(batches(self.rides).stored / self.retrainings) if self.path == STREAM and self.retrainings else 0

    @property
    def objects(self) -> int:
        """The objects under processed/ that a query opens.

        Of a stream these are the ones put together, those of this retraining, and those of the last hour.
        """
        if self.path == BATCH:
            return self.chunks * self.retrainings * self.months
        large = ceil(self.stored * STORED_RIDE.value / SMALL_BYTES)
        return large + ceil(self.small / MOST_OBJECTS) + ceil(batches(self.rides).stored / HOURS_A_MONTH)


def batches(rides: int) -> Batches:
    """What a month of so many rides makes of batches, where rides are evenly apart: a first one waits a second.

    >>> batches(1_000_000_000)
    Batches(located=2621112, stored=1312276)
    """
    located = rides / min(LOCATED_AT_ONCE, 1 + rides / SECONDS_A_MONTH)
    stored = located / min(STORED_AT_ONCE, 1 + located / SECONDS_A_MONTH)
    return Batches(ceil(located), ceil(stored))
