"""The contract of a training container: what it reads and writes under its base folder, and its exit code.

Reads input/config/{hyperparameters,inputdataconfig,resourceconfig}.json and input/data/<channel>/**; writes
model/model_algo-1, and on failure output/failure. Exit codes: 0, 1 (the algorithm failed), 2 (the input is wrong).
Source: "How Amazon SageMaker Provides Training Information" and "How Amazon SageMaker Processes Training Output" of
the developer guide.
"""

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from local.algorithms.inputs.configuration import read_configuration
from local.algorithms.linear_learner import artefact, channels, hyperparameters, metrics_log
from local.algorithms.linear_learner.errors import CustomerError, TrainingError
from local.algorithms.linear_learner.learner import learn

_CUSTOMER = "Customer Error: "


def run(base: Path) -> int:
    """Train as the files under `base` (the container's /opt/ml) say; return the exit code."""
    return run_training(base, _train)


def run_training(base: Path, train: Callable[[Path, metrics_log.MetricsLog], None]) -> int:
    """The exit code of `train` on `base`; what it raises goes into the log and into output/failure."""
    logger = metrics_log.configure()
    try:
        train(base, metrics_log.MetricsLog(logger))
    except TrainingError as error:
        reason = f"{_CUSTOMER if isinstance(error, CustomerError) else ''}{error}"
        logger.error(reason)
        _fail(base, reason)
        return error.exit_code
    except (OSError, ArithmeticError, LookupError, TypeError, ValueError, MemoryError) as error:
        # A fault of this program; the container writes such ones down too, with their traceback in the log.
        logger.error(traceback.format_exc())
        _fail(base, f"uncaught exception during training: {error!r}")
        return TrainingError.exit_code
    return 0


def _train(base: Path, log: metrics_log.MetricsLog) -> None:
    configuration = read_hyperparameters(base, log, hyperparameters.final_configuration)
    settings = hyperparameters.parse(configuration)
    refuse_hosts(base, "linear learner")
    data = channels.read_all(base, read_configuration(base, "inputdataconfig.json", CustomerError))
    model = learn(data, settings, log)
    folder = base / "model"
    folder.mkdir(parents=True, exist_ok=True)
    log.logger.info(f"Saved checkpoint to {str(artefact.write(folder, model, settings))!r}")


def read_hyperparameters(base: Path, log: metrics_log.MetricsLog, complete: Callable[[Mapping], object]) -> Mapping:
    """The hyperparameters as they were given; the log has them too, and what `complete` makes of them.

    Raises CustomerError.
    """
    configuration = read_configuration(base, "hyperparameters.json", CustomerError)
    log.logger.info(
        f"Merging with provided configuration from /opt/ml/input/config/hyperparameters.json: {configuration}"
    )
    log.logger.info(f"Final configuration: {complete(configuration)}")
    return configuration


def refuse_hosts(base: Path, algorithm: str) -> None:
    """Raises CustomerError where the job has more hosts than one."""
    hosts = read_configuration(base, "resourceconfig.json", CustomerError, optional=True).get("hosts") or ["algo-1"]
    if not isinstance(hosts, list) or len(hosts) != 1:
        raise CustomerError(f"The local {algorithm} trains on one host, not on {hosts}")


def _fail(base: Path, reason: str) -> None:
    path = base / "output" / "failure"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(reason, encoding="utf-8")
