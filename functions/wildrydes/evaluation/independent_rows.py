"""How many rows tell something of their own: rows that share their values say it once.

All rides of a station and day share its weather. A thousand of them know one temperature, not a thousand. So a
feature's rows are put into clusters, and the clusters are independent, not the rows. A share of n rows in clusters of
c rows each has the variance of a share of n² / (sum of c²) independent rows (Kish, Survey Sampling, 1965).

Weather is shared by the rows that have the same three values. For other features a cluster is a whole row that came
more than once: a request that was repeated, or a test that sends the same rows in turn.

    >>> rows = IndependentRows(("distance", "TMAX"))
    >>> for row in ([1.0, 300.0], [2.0, 300.0], [3.0, 250.0], [3.0, 250.0]): rows.add(row)
    >>> round(rows.of("TMAX"), 2), round(rows.of("distance"), 2)
    (2.0, 2.67)
"""

from collections.abc import Sequence

from wildrydes.tasks import WEATHER

MOST_ROWS = 1 << 17
"""So many of the first rows are counted; those after them could only add to the clusters."""


class IndependentRows:
    """Counts clusters of rows of `features`; memory is bounded by MOST_ROWS."""

    def __init__(self, features: Sequence[str]) -> None:
        self._weather = [place for place, name in enumerate(features) if name in WEATHER]
        self._rows = 0
        # By the values' hash: of so few rows two different ones have the same with a probability of a billionth.
        self._of_row: dict[int, int] = {}
        self._of_weather: dict[int, int] = {}

    def add(self, values: Sequence[float | None]) -> None:
        """Counts a row, its values in the order of the features; None stands for a value that is missing."""
        if self._rows >= MOST_ROWS:
            return
        self._rows += 1
        row = hash(tuple(values))
        self._of_row[row] = self._of_row.get(row, 0) + 1
        if self._weather:
            weather = self.cluster(values)
            self._of_weather[weather] = self._of_weather.get(weather, 0) + 1

    def cluster(self, values: Sequence[float | None]) -> int:
        """What rows share that say together what one would: their weather, or, of features without it, all values."""
        return hash(tuple([values[place] for place in self._weather] if self._weather else values))

    @property
    def rows(self) -> float:
        """As how many independent rows all of them count, but for their weather."""
        return _kish(self._rows, self._of_row)

    @property
    def clusters(self) -> float:
        """As how many they count for what depends on all features, such as a score."""
        return _kish(self._rows, self._of_weather or self._of_row)

    def of(self, feature: str) -> float:
        """As how many independent rows they count for a feature."""
        return _kish(self._rows, self._of_weather) if feature in WEATHER and self._of_weather else self.rows


def _kish(rows: int, clusters: dict[int, int]) -> float:
    return rows * rows / sum(size * size for size in clusters.values()) if rows else 0.0
