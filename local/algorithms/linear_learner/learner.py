"""From datasets to a model: normalise, train all candidates, keep the best, calibrate its threshold, score it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from local.algorithms.linear_learner import candidates, scaler, scores
from local.algorithms.linear_learner.artefact import Model
from local.algorithms.linear_learner.channels import Dataset
from local.algorithms.linear_learner.errors import AlgorithmError, CustomerError
from local.algorithms.linear_learner.hyperparameters import Hyperparameters
from local.algorithms.linear_learner.metrics_log import MetricsLog
from local.algorithms.linear_learner.objectives import CrossEntropy, Objective, SquaredError
from local.algorithms.linear_learner.selection import EarlyStopping, Judge, Judgement
from local.algorithms.linear_learner.thresholds import best_cut
from local.algorithms.linear_learner.training import Trainer, row_weights

# Of the initial weights. The same input and the same hyperparameters give the same model.
SEED = 20_171_129


@dataclass(frozen=True)
class _Run:
    """What the steps of one run share."""

    settings: Hyperparameters
    scaler: scaler.Scaler
    objective: Objective
    log: MetricsLog

    def judge(self, data: Dataset) -> Judge:
        labels = self.scaler.labels(data.labels)
        design = self.scaler.design(data.features)
        return Judge(design, labels, self.objective, self.settings, self.scaler.label_scale**2)


def learn(data: Mapping[str, Dataset], settings: Hyperparameters, log: MetricsLog) -> Model:
    """Train on `data["train"]`, choose by `data["validation"]` (or train), and score on `data["test"]`, if any.

    Raises CustomerError for data that do not fit the hyperparameters, AlgorithmError where every candidate diverges.
    """
    check(data, settings)
    fitted = scaler.fit(data["train"], settings)
    run = _Run(settings, fitted, CrossEntropy() if settings.classifies else SquaredError(), log)
    grid = candidates.grid(settings)
    parameters = _train(run, grid, data)
    channel = "validation" if "validation" in data else "train"
    judgement = run.judge(data[channel]).final(parameters)
    best = judgement.best()
    if not np.isfinite(judgement.losses[best]):
        raise AlgorithmError("Training diverged: no candidate has a finite loss. Give a smaller learning_rate.")
    model = _calibrated(Model.rounded(*fitted.fold(parameters[:, best])), data[channel], settings)
    log.scores(channel, _scores(model, data[channel], settings))
    log.best(grid[best], settings)
    if "test" in data:
        log.scores("test", _scores(model, data["test"], settings))
    else:
        log.logger.info("Test data is not provided.")
    return model


def check(data: Mapping[str, Dataset], settings: Hyperparameters) -> None:
    """Raise CustomerError unless the channels fit each other and the hyperparameters."""
    for name, dataset in data.items():
        width = dataset.features.shape[1]
        expected = settings.feature_dim or data["train"].features.shape[1]
        if width != expected:
            raise CustomerError(f"The {name} channel has {width} features, but feature_dim is {expected}")
        if settings.classifies and not np.isin(dataset.labels, (0.0, 1.0)).all():
            wrong = dataset.labels[~np.isin(dataset.labels, (0.0, 1.0))][0]
            raise CustomerError(f"The {name} channel has the label {wrong:g}: a binary_classifier takes 0 and 1")
    rows = len(data["train"])
    if settings.mini_batch_size > rows:
        raise CustomerError(
            f"mini_batch_size {settings.mini_batch_size} is larger than the {rows} rows of the train channel: "
            f"an integer from 1 to {rows} is allowed"
        )


def _train(run: _Run, grid: list[candidates.Candidate], data: Mapping[str, Dataset]) -> np.ndarray:
    """Parameters (features + 1, models) of the best epoch."""
    settings, train = run.settings, data["train"]
    start = candidates.initial_parameters(settings, run.scaler.varying, len(grid), SEED)
    design, labels = run.scaler.design(train.features), run.scaler.labels(train.labels)
    trainer = Trainer(design, labels, row_weights(labels, settings, grid), start, grid, run.objective, settings)
    judge = run.judge(data["validation"]) if "validation" in data else None
    stopping = EarlyStopping(settings.early_stopping_patience, settings.early_stopping_tolerance)
    for epoch in range(settings.epochs):
        began = time.perf_counter()
        trainer.epoch()
        speed = len(labels) / (time.perf_counter() - began)
        judgement = judge.sampled(trainer.parameters) if judge else _judge_by_training(trainer, run)
        _log_epoch(run, epoch, trainer, judgement, judge)
        improved = stopping.observe(judgement, trainer.parameters)
        criterion = judge.criterion if judge else run.objective.name
        value = abs(float(judgement.values[judgement.best()]))
        run.log.early_stopping(epoch, criterion, value, improved=improved, waited=stopping.waited)
        run.log.progress(epoch, settings.epochs, speed)
        if stopping.exhausted:
            break
    return trainer.parameters if stopping.best is None else stopping.best


def _judge_by_training(trainer: Trainer, run: _Run) -> Judgement:
    losses = trainer.losses() * run.scaler.label_scale**2
    return Judgement(-losses, losses)


def _log_epoch(run: _Run, epoch: int, trainer: Trainer, judgement: Judgement, judge: Judge | None) -> None:
    best = judgement.best()
    loss = float(judgement.losses[best]) if judge is None else trainer.loss(best) * run.scaler.label_scale**2
    run.log.epoch_loss(epoch, "train", run.objective.name, loss)
    if judge is not None:
        run.log.epoch_loss(epoch, "validation", run.objective.name, float(judgement.losses[best]))


def _calibrated(model: Model, data: Dataset, settings: Hyperparameters) -> Model:
    if not settings.classifies:
        return model
    rows = settings.num_calibration_samples or len(data)
    cut = best_cut(model.probabilities(data.features[:rows]), data.labels[:rows], settings)
    return Model(model.weights, model.bias, cut.threshold)


def _scores(model: Model, data: Dataset, settings: Hyperparameters) -> Mapping[str, float]:
    outputs = model.outputs(data.features)
    if settings.classifies:
        return scores.classification(outputs, model.threshold, data, settings)
    return scores.regression(outputs, data)
