"""An object that an earlier version wrote under processed/ -> its rides by year, each row as it was."""

import gzip
import json
import zlib
from io import BytesIO

from wildrydes.errors import UnreadableRides
from wildrydes.rides.gzip_lines import fast_lines
from wildrydes.rides.year_lines import RidesOfYear, YearLines, year_of_ride


def divide(key: str, data: bytes) -> dict[int, RidesOfYear]:
    """The rides in the gzip of an object, by year, in their order. Raises UnreadableRides.

    The same object gives the same rows each time. Memory grows with `data`, not with what it expands to.
    """
    lines = YearLines(fast_lines)
    try:
        with gzip.open(BytesIO(data)) as file:
            for line in file:
                lines.line(year_of_ride(json.loads(line)), line.decode())
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as fault:
        raise UnreadableRides(
            f"{key} holds no rides as an earlier version wrote them ({fault}), so they cannot be put into their years. "
            "Delete it, and retrain: the file that it came from is ingested anew if it is under raw/"
        ) from None
    return lines.end()
