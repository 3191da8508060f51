"""The lines of rides that are compressed by year."""

import gzip
from collections.abc import Mapping

from wildrydes.rides.reports import StagedRides
from wildrydes.rides.year_lines import RidesOfYear


def unpack(processed: Mapping[int, RidesOfYear]) -> bytes:
    """The lines of all years, in the order of the years."""
    lines = {year: gzip.decompress(each.data) for year, each in processed.items()}
    assert {year: len(data.splitlines()) for year, data in lines.items()} == {
        year: each.rides for year, each in processed.items()
    }
    return b"".join(lines[year] for year in sorted(lines))


def stage(processed: Mapping[int, RidesOfYear]) -> dict[int, StagedRides]:
    """What a report says of them."""
    return {year: StagedRides(each.rides, f"etag of {year}") for year, each in processed.items()}
