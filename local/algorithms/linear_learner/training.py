"""Training of all candidates at once: mini-batches, one matrix product each, in float32.

A step is what MXNet does for each of its modules: the gradient summed over the batch and divided by mini_batch_size,
plus wd x weight and l1 x sign of weight, through the optimiser. The last batch of an epoch may be short: its few rows
then weigh no more than they do in a full one.
"""

from collections.abc import Iterator, Sequence
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
class Rates:
    """Learning rates (features + 1, models): times the factor every `lr_scheduler_step`, not below the minimum."""

    initial: np.ndarray
    settings: Hyperparameters
    _updates: int = field(default=0, init=False)
    _drops: int = field(default=0, init=False)
    _present: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self._present = self._scheduled() if self.settings.use_lr_scheduler else self.initial

    def next(self) -> np.ndarray:
        """The rates of the next update."""
        self._updates += 1
        drops = self._updates // (self.settings.lr_scheduler_step or SCHEDULER_STEP)
        if self.settings.use_lr_scheduler and drops != self._drops:
            self._drops = drops
            self._present = self._scheduled()
        return self._present

    def _scheduled(self) -> np.ndarray:
        factor = (self.settings.lr_scheduler_factor or SCHEDULER_FACTOR) ** self._drops
        lowest = self.settings.lr_scheduler_minimum_lr or SCHEDULER_MINIMUM
        base = self.initial[0]
        scheduled = np.maximum(base * np.float32(factor), np.minimum(base, np.float32(lowest)))
        return self.initial * (scheduled / base)


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
    _rates: Rates = field(init=False)
    _decay: np.ndarray = field(init=False)
    _l1: np.ndarray = field(init=False)
    _weighs: bool = field(init=False)
    # The parameters before each batch of the last epoch, or, where batches are so small that these would be more than
    # the rows, each candidate's summed losses.
    _earlier: list[np.ndarray] = field(default_factory=list, init=False)
    _summed: np.ndarray | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        settings = self.settings
        self._optimizer = make(settings)
        bias_rate = (_BIAS_LR_MULT if settings.bias_lr_mult is None else settings.bias_lr_mult) * settings.use_bias
        bias_decay = _BIAS_WD_MULT if settings.bias_wd_mult is None else settings.bias_wd_mult
        features = len(self.parameters) - 1
        self._rates = Rates(_by_candidate([c.learning_rate for c in self.candidates], features, bias_rate), settings)
        self._decay = _by_candidate([c.wd for c in self.candidates], features, bias_decay)
        self._l1 = _by_candidate([c.l1 for c in self.candidates], features, 0.0)
        self._weighs = bool((self.weights != 1).any())

    def epoch(self) -> None:
        """Go once over the rows."""
        self._earlier = []
        self._summed = None if self.settings.mini_batch_size >= len(self.candidates) else np.zeros(len(self.candidates))
        # A candidate that diverges overflows; it is passed over at selection.
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in self._batches():
                if self._summed is None:
                    self._earlier.append(self.parameters)
                else:
                    self._summed += self._batch_losses(rows, self.parameters)
                self._batch(rows)

    def losses(self) -> np.ndarray:
        """Each candidate's mean training loss of the last epoch, (models,)."""
        total = np.zeros(len(self.candidates)) if self._summed is None else self._summed
        with np.errstate(over="ignore", invalid="ignore"):
            for rows, parameters in zip(self._batches(), self._earlier, strict=False):
                total += self._batch_losses(rows, parameters)
        return total / len(self.labels)

    def loss(self, model: int) -> float:
        """The same of one candidate: the losses of all take longer than their training."""
        if self._summed is not None:
            return float(self.losses()[model])
        weights = self.weights[:, [model]] if self.weights.shape[1] > 1 else self.weights
        with np.errstate(over="ignore", invalid="ignore"):
            pairs = zip(self._batches(), self._earlier, strict=True)
            outputs = np.concatenate([self.design[rows] @ parameters[:, [model]] for rows, parameters in pairs])
            return float(self.objective.loss(outputs, self.labels, weights)[0])

    def _batch_losses(self, rows: slice, parameters: np.ndarray) -> np.ndarray:
        """Each candidate's summed losses of a batch."""
        labels = self.labels[rows]
        return self.objective.loss(self.design[rows] @ parameters, labels, self.weights[rows]) * len(labels)

    def _batches(self) -> Iterator[slice]:
        size = self.settings.mini_batch_size
        return (slice(start, start + size) for start in range(0, len(self.labels), size))

    def _batch(self, rows: slice) -> None:
        design, parameters = self.design[rows], self.parameters
        slope = self.objective.slope(design @ parameters, self.labels[rows])
        if self._weighs:
            slope *= self.weights[rows]
        gradient = design.T @ slope / np.float32(self.settings.mini_batch_size)
        gradient += self._decay * parameters + self._l1 * np.sign(parameters)
        self.parameters = parameters - self._optimizer.step(gradient, self._rates.next())


def _by_candidate(values: Sequence[float], features: int, bias: float) -> np.ndarray:
    """`values` (models,) for each feature, and times `bias` for the bias: (features + 1, models)."""
    multipliers = np.concatenate([np.ones(features), [bias]])
    return np.outer(multipliers, values).astype(np.float32)


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
