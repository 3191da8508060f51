"""Training of all candidates at once: mini-batches, one matrix product each, in float32.

A step is what MXNet does for each of its modules: the gradient summed over the batch and divided by mini_batch_size,
plus wd x weight and l1 x sign of weight, through the optimiser. The last batch of an epoch may be short: its few rows
then weigh no more than they do in a full one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from local.algorithms.linear_learner.candidates import Candidate
from local.algorithms.linear_learner.hyperparameters import Hyperparameters
from local.algorithms.linear_learner.objectives import Objective
from local.algorithms.linear_learner.optimizers import Optimizer, make

# The values behind `auto`; multipliers and schedule as the container's artefacts and logs show them.
_BIAS_LR_MULT = 10.0
_BIAS_WD_MULT = 0.0
SCHEDULER_STEP = 100
SCHEDULER_FACTOR = 0.99
SCHEDULER_MINIMUM = 1e-5


@dataclass
class Trainer:
    """Parameters (features + 1, models) under training; the bias is the last row.

    `design` is (rows, features + 1) with ones last, `labels` (rows,), `weights` (rows, 1 or models).
    """

    design: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    parameters: np.ndarray
    candidates: Sequence[Candidate]
    objective: Objective
    settings: Hyperparameters
    _optimizer: Optimizer = field(init=False)
    _rates: np.ndarray = field(init=False)
    _decay: np.ndarray = field(init=False)
    _l1: np.ndarray = field(init=False)
    _updates: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        settings = self.settings
        self._optimizer = make(settings)
        bias_rate = (_BIAS_LR_MULT if settings.bias_lr_mult is None else settings.bias_lr_mult) * settings.use_bias
        bias_decay = _BIAS_WD_MULT if settings.bias_wd_mult is None else settings.bias_wd_mult
        features = len(self.parameters) - 1
        self._rates = self._by_candidate([c.learning_rate for c in self.candidates], features, bias_rate)
        self._decay = self._by_candidate([c.wd for c in self.candidates], features, bias_decay)
        self._l1 = self._by_candidate([c.l1 for c in self.candidates], features, 0.0)

    @staticmethod
    def _by_candidate(values: Sequence[float], features: int, bias: float) -> np.ndarray:
        multipliers = np.concatenate([np.ones(features), [bias]])
        return np.outer(multipliers, values).astype(np.float32)

    def epoch(self) -> np.ndarray:
        """Go once over the rows; return each candidate's mean training loss of the epoch, (models,)."""
        size, total = self.settings.mini_batch_size, np.zeros(len(self.candidates))
        # A candidate that diverges overflows; it is passed over at selection.
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(self.labels), size):
                rows = slice(start, start + size)
                total += self._batch(self.design[rows], self.labels[rows], self.weights[rows])
        return total / len(self.labels)

    def _batch(self, design: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
        outputs = design @ self.parameters
        gradient = design.T @ self.objective.slope(outputs, labels, weights) / np.float32(self.settings.mini_batch_size)
        gradient += self._decay * self.parameters + self._l1 * np.sign(self.parameters)
        self.parameters = self.parameters - self._optimizer.step(gradient, self._scheduled_rates())
        return self.objective.loss(outputs, labels, weights) * len(labels)

    def _scheduled_rates(self) -> np.ndarray:
        """The rates after so many updates: times the factor every `lr_scheduler_step`, not below the minimum."""
        self._updates += 1
        settings = self.settings
        if not settings.use_lr_scheduler:
            return self._rates
        drops = self._updates // (settings.lr_scheduler_step or SCHEDULER_STEP)
        factor = (settings.lr_scheduler_factor or SCHEDULER_FACTOR) ** drops
        lowest = settings.lr_scheduler_minimum_lr or SCHEDULER_MINIMUM
        base = self._rates[0]
        scheduled = np.maximum(base * np.float32(factor), np.minimum(base, np.float32(lowest)))
        return self._rates * (scheduled / base)


def row_weights(labels: np.ndarray, settings: Hyperparameters, candidates: Sequence[Candidate]) -> np.ndarray:
    """Weights of the rows, (rows, 1) or, where candidates have their own, (rows, models); float32.

    They are 1, and positive_example_weight_mult for a classifier's positives: `balanced` gives these the weight of all
    negatives, and by `auto` each candidate has its share of that (`Candidate.balance`).
    """
    multiplier, positives = settings.positive_example_weight_mult, labels[:, None] > 0.5
    if not settings.classifies:
        return np.ones((len(labels), 1), dtype=np.float32)
    if isinstance(multiplier, float):
        return np.where(positives, multiplier, 1.0).astype(np.float32)
    count = int(positives.sum())
    ratio = (len(labels) - count) / count if 0 < count < len(labels) else 1.0
    shares = [1.0] if multiplier == "balanced" else [each.balance for each in candidates]
    return np.where(positives, np.power(ratio, shares), 1.0).astype(np.float32)
