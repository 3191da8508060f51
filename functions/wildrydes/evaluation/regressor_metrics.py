"""The metrics of a regressor, and what the gate asks of them.

    RMSE         the root of the mean squared error: what decides, since the mean label of such a row minimises it
    MAE          the mean absolute error
    R²           1 less the squared error over that of answering the test labels' own mean
    bias         mean prediction less mean label: above zero the model says too much
    bias gap     the largest sum of prediction less label from the lowest of ten groups up, over all rows, without sign
    bias chance  the largest probability that chance makes what of the gap is not tolerable: see
                 `wildrydes.evaluation.bias`

A residual is the label less the prediction. All but R² and the chance are in the label's unit.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from wildrydes.evaluation.bias import TOLERABLE_BIAS
from wildrydes.evaluation.criterion import Criterion, criterion, gap_criterion
from wildrydes.evaluation.share_of_models import LEAST_CHANCE, share_of_models

LEAST_ROWS = 30


@dataclass(frozen=True)
class ResidualGroup:
    """A tenth of the rows by their prediction: how many, mean prediction, mean label, the residuals' deviation."""

    rows: int
    predicted: float
    observed: float
    deviation: float


@dataclass(frozen=True)
class ResidualHistogram:
    """Rows by residual, in bins of equal width from `low` to `high`; the first and the last hold all that is beyond."""

    low: float
    high: float
    counts: tuple[int, ...]


@dataclass(frozen=True)
class LabelGrid:
    """Rows by label and prediction: `counts[i][j]` are in bin i by their label and in bin j by their prediction.

    The bins go from `low` to `high` in equal widths, for both; the outer ones hold all that is beyond.
    """

    low: float
    high: float
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class RegressorMetrics:
    """A regressor's metrics; `r2` is None where all test labels are the same.

    `not_finite` rows got a prediction that no float32 holds; they are in none of the others.
    """

    rows: int
    not_finite: int
    rmse: float
    mae: float
    r2: float | None
    bias: float
    bias_gap: float
    bias_chance: float
    label_mean: float
    label_deviation: float
    groups: tuple[ResidualGroup, ...]
    residuals: ResidualHistogram
    grid: LabelGrid

    @property
    def measure(self) -> str:
        """What decides."""
        return "RMSE"

    @property
    def loss(self) -> float:
        """The RMSE."""
        return self.rmse

    @property
    def tolerable_gap(self) -> float:
        """The bias gap that is no fault."""
        return TOLERABLE_BIAS * self.label_deviation

    def row_criteria(self) -> Iterator[Criterion]:
        """Enough rows; and more than one label: of one, no model can be told from a constant."""
        rows, spread = self.rows, self.label_deviation
        fault = f"there are {rows} of the {LEAST_ROWS} test rows that the gate needs"
        yield criterion("rows", rows, LEAST_ROWS, fault, passes=rows >= LEAST_ROWS)
        yield criterion("label_deviation", spread, 0.0, "all test rows have the same label", passes=bool(spread))

    def criteria(self, champion: "RegressorMetrics | None") -> Iterator[Criterion]:
        """A bias gap that is tolerable or that chance explains."""
        yield gap_criterion("bias", self.bias_gap, f"{self.tolerable_gap:.4f}", self.bias_chance, "unbiased")

    def summary(self, champion: "RegressorMetrics | None") -> str:
        """MAE, R² and bias gap."""
        comparison = f" (champion {champion.mae:.4f})" if champion else ""
        explained = "unknown" if self.r2 is None else f"{self.r2:.4f}"
        return f"MAE {self.mae:.4f}{comparison}, R² {explained}, {self._gap()}"

    def _gap(self) -> str:
        tolerable = f"{self.tolerable_gap:.4f}"
        if self.bias_gap > self.tolerable_gap and self.bias_chance > LEAST_CHANCE:
            share = share_of_models(self.bias_chance)
            # The chance is a bound, which at 1 says nothing of how many.
            models = "any unbiased model" if share == "100%" else f"up to {share} of unbiased models"
            return (
                f"bias gap {self.bias_gap:.4f} (above the tolerated {tolerable}, but {models} could be this far off by "
                "chance, so it does not count)"
            )
        return f"bias gap {self.bias_gap:.4f} (up to {tolerable} is tolerated)"

    def to_json(self) -> dict[str, Any]:
        """The metrics as a JSON object."""
        return asdict(self)
