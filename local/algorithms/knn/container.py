"""The contract of the training container: what it reads and writes under its base folder, and its exit code.

Reads input/config/{hyperparameters,inputdataconfig,resourceconfig}.json and input/data/<channel>/**; writes
model/model_algo-1, and on failure output/failure. Exit codes, and how a failure begins, are those of the linear
learner, another of Amazon's own algorithms: 0, 1 (the algorithm failed), 2 (the input is wrong).
"""

from pathlib import Path

from local.algorithms.inputs.configuration import read_configuration
from local.algorithms.knn import hyperparameters, model
from local.algorithms.knn.learner import learn
from local.algorithms.linear_learner import channels, metrics_log
from local.algorithms.linear_learner.container import (
    read_hyperparameters,
    refuse_hosts,
    run_training,
)
from local.algorithms.linear_learner.errors import CustomerError

CHANNELS = ("train", "test")


def run(base: Path) -> int:
    """Train as the files under `base` (the container's /opt/ml) say; return the exit code."""
    return run_training(base, _train)


def _train(base: Path, log: metrics_log.MetricsLog) -> None:
    configuration = read_hyperparameters(base, log, hyperparameters.final_configuration)
    settings = hyperparameters.parse(configuration)
    refuse_hosts(base, "k-NN")
    data = channels.read_all(base, read_configuration(base, "inputdataconfig.json", CustomerError), CHANNELS)
    sample = learn(data, settings, configuration, log)
    log.logger.info(f"Saved checkpoint to {str(model.write(base / 'model', sample))!r}")
