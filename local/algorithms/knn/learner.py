"""From datasets to a model: sample the training rows, index them, and score the answers on the test channel."""

import time
from collections.abc import Mapping

import numpy as np

from local.algorithms.knn import model
from local.algorithms.knn.hyperparameters import Hyperparameters
from local.algorithms.knn.projection import Projection
from local.algorithms.linear_learner.channels import Dataset
from local.algorithms.linear_learner.errors import CustomerError
from local.algorithms.linear_learner.metrics_log import MetricsLog

# Of the sample and of the projection. The same input and the same hyperparameters give the same model.
SEED = 20_180_607


def learn(
    data: Mapping[str, Dataset], settings: Hyperparameters, configuration: Mapping[str, str], log: MetricsLog
) -> model.Sample:
    """The sample of `data["train"]`; scores of its model on `data["test"]`, if any, go to the log.

    Raises CustomerError for data that do not fit the hyperparameters.
    """
    _check(data, settings)
    began = time.perf_counter()
    train = data["train"]
    rows = _sampled(len(train), settings.sample_size)
    points = train.features[rows]
    if settings.dimension_reduction_type and settings.dimension_reduction_target:
        target = settings.dimension_reduction_target
        points = Projection(settings.dimension_reduction_type, settings.feature_dim, target, SEED).apply(points)
    sample = model.Sample(configuration, points.astype(np.float32), train.labels[rows].astype(np.float32), SEED)
    speed = len(train) / (time.perf_counter() - began)
    log.logger.info(f"#progress_metric: host=algo-1, completed {100.0} % of epochs")
    log.logger.info(f"#throughput_metric: host=algo-1, train throughput={speed!r} records/second")
    log.logger.info(f"k-NN model: {len(rows)} of {len(train)} points, index {settings.index_type}")
    if "test" in data:
        log.scores("test", _scores(model.of(sample), data["test"]))
    else:
        log.logger.info("Test data is not provided.")
    return sample


def _check(data: Mapping[str, Dataset], settings: Hyperparameters) -> None:
    for name, dataset in data.items():
        width = dataset.features.shape[1]
        if width != settings.feature_dim:
            raise CustomerError(f"The {name} channel has {width} features, but feature_dim is {settings.feature_dim}")
    rows = len(data["train"])
    if settings.k > rows:
        raise CustomerError(
            f"k {settings.k} is larger than the {rows} rows of the train channel: an integer from 1 to {rows} is "
            "allowed"
        )


def _sampled(rows: int, size: int) -> np.ndarray:
    """The numbers of the rows that are kept, in their order: all where there are no more than `size`."""
    if rows <= size:
        return np.arange(rows)
    return np.sort(np.random.default_rng(SEED).choice(rows, size, replace=False))


def _scores(neighbours: model.Model, data: Dataset) -> Mapping[str, float]:
    answers = neighbours.predict(data.features)
    if neighbours.settings.regresses:
        return {"mse": float(np.mean((answers - data.labels) ** 2))}
    return {"accuracy": float(np.mean(answers == data.labels))}
