"""What a judgement of models is, whatever the kind of the task: what the gate, the card and the report ask of it.

`wildrydes.evaluation.kinds` has the two kinds, each of which judges by its own metrics and losses.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from wildrydes.evaluation.bootstrap import Statistics, intervals
from wildrydes.evaluation.criterion import Criterion
from wildrydes.evaluation.interval import Interval

ScoredRow = tuple[float, Sequence[float]]
"""A label, and the prediction of each model for the row: a classifier's log odds of label 1, a regressor's number."""

_Row = TypeVar("_Row", bound=ScoredRow)


class Metrics(Protocol):
    """The metrics of one model on the test rows. `not_finite` rows got no usable prediction, and are in no other."""

    @property
    def rows(self) -> int: ...
    @property
    def not_finite(self) -> int: ...
    @property
    def measure(self) -> str:
        """The task's measure, as sentences call it."""
        ...

    @property
    def loss(self) -> float:
        """The value of the measure; lower is better."""
        ...

    def row_criteria(self) -> Iterator[Criterion]:
        """What the test split has to have for a verdict."""
        ...

    def criteria(self, champion: Any) -> Iterator[Criterion]:
        """What else is asked of the model, by itself or next to the champion's metrics (None: no champion)."""
        ...

    def summary(self, champion: Any) -> str:
        """The numbers that the verdict mentions besides the measure."""
        ...

    def to_json(self) -> dict[str, Any]:
        """All of them, as a JSON object."""
        ...


class Losses(Protocol):
    """The difference of two models' measures, from their losses on the same rows."""

    @property
    def mean(self) -> float:
        """The first model's measure less the second's."""
        ...

    @property
    def differ(self) -> bool:
        """Whether the models differ on any row."""
        ...

    def interval(self, level: float) -> Interval:
        """Of the difference: the truth is above it, or below it, with a probability of at most `level` each."""
        ...


@dataclass(frozen=True)
class Difference:
    """A metric of the candidate less that of the champion, and its 95% bootstrap interval."""

    difference: float
    low: float
    high: float


_MetricsOfKind = TypeVar("_MetricsOfKind", bound=Metrics, covariant=True)
_LossesOfKind = TypeVar("_LossesOfKind", bound=Losses, covariant=True)


@dataclass(frozen=True)
class Judgement(Generic[_MetricsOfKind, _LossesOfKind]):
    """The metrics of the candidate, those of the champion, and their differences by name; {} without a champion.

    `losses` is the difference of the measure, from row by row: what the gate decides by.
    """

    candidate: _MetricsOfKind
    champion: _MetricsOfKind | None
    differences: Mapping[str, Difference]
    losses: _LossesOfKind | None = None


AnyJudgement = Judgement[Any, Any]
"""A judgement of either kind."""


def differences(
    columns: Sequence[Sequence[float]], candidate: Statistics, champion: Statistics
) -> dict[str, Difference]:
    """Each statistic of the candidate less the champion's, with its interval.

    The first half of the `columns` are the candidate's sums by group, the second the champion's.
    """
    half = len(columns) // 2

    def less(sums: Sequence[float]) -> dict[str, float | None]:
        theirs = champion(sums[half:])
        return {name: _less(value, theirs[name]) for name, value in candidate(sums[:half]).items()}

    values = less([sum(column) for column in columns])
    spread = intervals(columns, less)
    return {
        name: Difference(value, spread[name].low, spread[name].high)
        for name, value in values.items()
        if value is not None and name in spread
    }


def usable(rows: Iterable[_Row], largest: float, not_finite: list[int]) -> Iterator[_Row]:
    """The rows whose predictions are all within ±`largest`; counts what is not, NaN too, in `not_finite` by model."""
    least = -largest
    for row in rows:
        for prediction in row[1]:
            if not least <= prediction <= largest:
                break
        else:
            yield row
            continue
        for place, prediction in enumerate(row[1]):
            not_finite[place] += not least <= prediction <= largest


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other
