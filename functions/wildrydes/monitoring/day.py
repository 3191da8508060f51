"""Adds up the predictions of a day, and the truths of the days before it, for the comparison with a champion's card.

Only counts are kept, but for the rows with a truth: of those MOST_TRUTHS are kept, 24 bytes each. The queries give rows
in the order of request ids, which are random, so these are a sample.
"""

from array import array
from bisect import bisect_right
from collections import Counter

from wildrydes.evaluation.independent_rows import IndependentRows
from wildrydes.monitoring.observations import FAR, NEAR, Observation
from wildrydes.monitoring.reference import Reference
from wildrydes.tasks import BINARY

MOST_TRUTHS = 1 << 18


class Spread:
    """Counts of values between the edges of a reference, and the values that are missing."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.counts = [0] * len(reference.counts)
        self.missing = 0

    def add(self, value: float | None) -> None:
        if value is None:
            self.missing += 1
        else:
            self.counts[bisect_right(self.reference.edges, value)] += 1


class Truths:
    """The rows of a model whose truth is known, as (truth, score), and which cluster each is of."""

    def __init__(self) -> None:
        self.clusters = array("q")
        self._truths, self._scores = array("d"), array("d")
        self.unusable = 0

    def add(self, truth: float, score: float, cluster: int) -> None:
        if len(self._truths) < MOST_TRUTHS:
            self._truths.append(truth)
            self._scores.append(score)
            self.clusters.append(cluster)

    def rows(self) -> list[tuple[float, float]]:
        return list(zip(self._truths, self._scores, strict=True))


class Watch:
    """A task's predictions. Those of `date` are counted for drift; those of all days for the served measure."""

    def __init__(
        self, date: str, model: str, kind: str, features: dict[str, Reference], scores: Reference | None
    ) -> None:
        self.features = {name: Spread(reference) for name, reference in features.items()}
        self.scores = Spread(scores) if scores else None
        self.names = tuple(features)
        self.independent = IndependentRows(self.names)
        self.independent_scores = IndependentRows(self.names)
        self.truths = Truths()
        self.by_day: dict[tuple[str, str], Truths] = {}
        self.predictions: Counter[tuple[str, str]] = Counter()
        self.stations: Counter[str] = Counter()
        self._date, self._model, self._kind = date, model, kind

    def add(self, observation: Observation) -> None:
        """Counts a prediction."""
        day, model = observation.day, observation.model
        self.predictions[day, model] += 1
        values = [observation.measures.get(name) for name in self.names]
        if day == self._date:
            self._add_drift(observation, values)
        if observation.truth is not None:
            self._add_truth(observation, observation.truth, values)

    def _add_drift(self, observation: Observation, values: list[float | None]) -> None:
        self.independent.add(values)
        for spread, name in zip(self.features.values(), self.names, strict=True):
            # A model of other features was not asked about this one.
            if name in observation.measures:
                spread.add(observation.measures[name])
        if self.scores and observation.model == self._model:
            self.independent_scores.add(values)
            self.scores.add(observation.score)
        if observation.station in (NEAR, FAR):
            self.stations[observation.station] += 1

    def _add_truth(self, observation: Observation, truth: float, values: list[float | None]) -> None:
        key = observation.day, observation.model
        if key not in self.by_day:
            self.by_day[key] = Truths()
        all_truths = [self.by_day[key], *([self.truths] if observation.model == self._model else [])]
        for truths in all_truths:
            if self._kind == BINARY and truth not in (0.0, 1.0):
                truths.unusable += 1
            else:
                truths.add(truth, observation.score, self.independent.cluster(values))
