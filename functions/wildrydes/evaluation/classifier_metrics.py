"""The metrics of a binary classifier, and what the gate asks of them.

log loss           mean of -log of the probability given to what happened, computed from the margin (no clipping)
AUC                the probability that a positive has the higher margin than a negative, a tie counting half
calibration error  see `wildrydes.evaluation.calibration`, as for the calibration gap, a share of the rows
calibration chance the probability that chance makes what of the gap is not tolerable: see
                   `wildrydes.evaluation.gap_chance`
the rest           from the confusion matrix of score >= threshold
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from wildrydes.evaluation.calibration import TOLERABLE_GAP, CalibrationPoint
from wildrydes.evaluation.criterion import Criterion, criterion, gap_criterion
from wildrydes.evaluation.histogram import Histogram
from wildrydes.evaluation.ranking import RocPoint
from wildrydes.evaluation.share_of_models import LEAST_CHANCE, share_of_models

LEAST_CLASS_ROWS = 10
MOST_AUC_LOST = 0.005


@dataclass(frozen=True)
class Confusion:
    """Counts of rows by predicted and actual label."""

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int


@dataclass(frozen=True)
class ClassifierMetrics:
    """A classifier's metrics at `threshold`. A quotient with nothing below it is None: AUC of one class, for one.

    `not_finite` rows got a prediction that is no finite number; they are in none of the others.
    """

    rows: int
    not_finite: int
    threshold: float
    log_loss: float
    auc: float | None
    auc_error: float
    accuracy: float
    precision: float | None
    recall: float | None
    f1: float | None
    calibration_error: float
    calibration_gap: float
    calibration_chance: float
    confusion: Confusion
    roc: tuple[RocPoint, ...]
    calibration: tuple[CalibrationPoint, ...]
    histogram: Histogram

    @property
    def measure(self) -> str:
        """What decides."""
        return "log loss"

    @property
    def loss(self) -> float:
        """The log loss."""
        return self.log_loss

    def row_criteria(self) -> Iterator[Criterion]:
        """Enough rows of each label. The AUC is unknown only where a label has none."""
        cells = self.confusion
        negatives, positives = (
            cells.true_negatives + cells.false_positives,
            cells.true_positives + cells.false_negatives,
        )
        for label, rows in ((0, negatives), (1, positives)):
            fault = f"the label {label} has {rows} of the {LEAST_CLASS_ROWS} test rows that the gate needs"
            yield criterion(f"rows_of_label_{label}", rows, LEAST_CLASS_ROWS, fault, passes=rows >= LEAST_CLASS_ROWS)

    def criteria(self, champion: "ClassifierMetrics | None") -> Iterator[Criterion]:
        """A calibration gap that is tolerable or that chance explains; an AUC not below the champion's."""
        tolerated = f"{TOLERABLE_GAP:g}"
        yield gap_criterion("calibration", self.calibration_gap, tolerated, self.calibration_chance, "well-calibrated")
        if champion is None or self.auc is None or champion.auc is None:
            return
        least = champion.auc - MOST_AUC_LOST
        yield criterion(
            "auc", self.auc, least, f"the AUC is lower by more than {MOST_AUC_LOST:g}", passes=self.auc >= least
        )

    def summary(self, champion: "ClassifierMetrics | None") -> str:
        """AUC and calibration gap."""
        auc = "unknown" if self.auc is None else f"{self.auc:.4f}"
        comparison = f" (champion {champion.auc:.4f})" if champion and champion.auc is not None else ""
        return f"AUC {auc}{comparison}, {self._gap()}"

    def _gap(self) -> str:
        gap, chance = self.calibration_gap, self.calibration_chance
        if gap > TOLERABLE_GAP and chance > LEAST_CHANCE:
            share = share_of_models(chance)
            return (
                f"calibration gap {gap:.4f} (above the tolerated {TOLERABLE_GAP:g}, but {share} of well-calibrated "
                "models would be this far off by chance, so it does not count)"
            )
        return f"calibration gap {gap:.4f} (up to {TOLERABLE_GAP:g} is tolerated)"

    def to_json(self) -> dict[str, Any]:
        """The metrics as a JSON object."""
        return asdict(self)
