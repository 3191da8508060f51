"""Which epoch and which candidate becomes the model.

After each epoch every candidate gets a value of the selection criterion (larger is better) and a loss, both on the
validation channel; without one, its training loss gives both. The chosen epoch is the one in which the lowest loss of
any candidate was reached; of its candidates the one with the best value is the model, where values within
one standard error of the best count as equal and the lowest loss decides: on some hundred rows the highest accuracy
of 32 is luck. Training ends when neither the best value nor the lowest loss has improved by the tolerance for
`early_stopping_patience` epochs: a saturated accuracy alone does not end it while the loss still falls.
"""

from dataclasses import dataclass, field

import numpy as np

from local.algorithms.linear_learner.hyperparameters import Hyperparameters
from local.algorithms.linear_learner.objectives import Objective, logistic
from local.algorithms.linear_learner.thresholds import best_values, cuts_by_loss

# Rows by which candidates are judged after an epoch; the final choice is by all of them.
_SAMPLE = 50_000
_OUTPUTS = 1 << 16


@dataclass(frozen=True)
class Judgement:
    """Value (larger is better) and loss of each candidate, (models,); `rows` of them where values are proportions."""

    values: np.ndarray
    losses: np.ndarray
    rows: int | None = None

    def best(self) -> int:
        """The candidate with the lowest loss among those whose value is the largest, give or take its error."""
        values = np.where(np.isfinite(self.losses), self.values, -np.inf)
        largest = float(values.max())
        if not np.isfinite(largest):
            return 0
        proportion = min(max(largest, 0.0), 1.0)
        error = np.sqrt(proportion * (1 - proportion) / self.rows) if self.rows else 0.0
        return int(np.argmin(np.where(values >= largest - error, self.losses, np.inf)))

    def lowest_loss(self) -> float:
        """The lowest finite loss of any candidate; infinity where all have diverged."""
        return float(np.min(self.losses, where=np.isfinite(self.losses), initial=np.inf))


@dataclass(frozen=True)
class Judge:
    """Judges candidates on rows: `design` (rows, features + 1) with `labels` (rows,), normalised."""

    design: np.ndarray
    labels: np.ndarray
    objective: Objective
    settings: Hyperparameters
    # One squared unit of normalised labels in squared units of the labels.
    loss_scale: float

    @property
    def criterion(self) -> str:
        """The name under which the container logs the early stopping metric."""
        if not self.settings.classifies:
            return self.objective.name
        return f"sampled_{self.settings.binary_classifier_model_selection_criteria}"

    def sampled(self, parameters: np.ndarray) -> Judgement:
        """Judge `parameters` (features + 1, models) by the first rows only."""
        return self._judge(parameters, _SAMPLE)

    def final(self, parameters: np.ndarray) -> Judgement:
        """Judge `parameters` (features + 1, models) by all rows."""
        return self._judge(parameters, self.settings.num_calibration_samples or len(self.labels))

    def _judge(self, parameters: np.ndarray, rows: int) -> Judgement:
        labels = self.labels[:rows]
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = np.ascontiguousarray((self.design[:rows] @ parameters).T, dtype=np.float64)
            # As many models at a time as stay in a core's cache with all that is made of them along the way.
            count = max(1, _OUTPUTS // len(labels))
            groups = [outputs[first : first + count] for first in range(0, len(outputs), count)]
            losses = self.loss_scale * np.concatenate([self.objective.loss(group.T, labels) for group in groups])
            if not self.settings.classifies:
                return Judgement(-losses, losses)
            values = np.concatenate([self._values(group, labels) for group in groups])
        return Judgement(values, losses, None if cuts_by_loss(self.settings) else len(labels))

    def _values(self, outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        scores = logistic(outputs)
        scores[np.isnan(scores)] = 0.0
        return best_values(scores, labels, self.settings)


@dataclass
class EarlyStopping:
    """Remembers the best epoch's parameters, and counts the epochs without improvement."""

    patience: int
    tolerance: float
    best: np.ndarray | None = field(default=None, init=False)
    waited: int = field(default=0, init=False)
    _lowest_loss: float = field(default=np.inf, init=False)
    # What value and loss are measured against: they move only by more than the tolerance.
    _value: float = field(default=-np.inf, init=False)
    _loss: float = field(default=np.inf, init=False)

    def observe(self, judgement: Judgement, parameters: np.ndarray) -> bool:
        """Take an epoch in; return whether it is the best so far."""
        loss, value = judgement.lowest_loss(), float(judgement.values[judgement.best()])
        improved = loss < self._lowest_loss
        if improved:
            self._lowest_loss, self.best = loss, parameters.copy()
        gained = self._gained(value, self._value), self._gained(-loss, -self._loss)
        self._value = value if gained[0] else self._value
        self._loss = loss if gained[1] else self._loss
        self.waited = 0 if any(gained) else self.waited + 1
        return improved

    def _gained(self, now: float, before: float) -> bool:
        return now > before and (np.isinf(before) or now - before >= self.tolerance * abs(before))

    @property
    def exhausted(self) -> bool:
        """Whether patience has run out."""
        return self.waited >= self.patience
