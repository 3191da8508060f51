"""The contract of the training container: what it reads and writes under its base folder, and its exit code.

Reads input/config/{hyperparameters,inputdataconfig,resourceconfig}.json and input/data/<channel>/**; writes
model/xgboost-model, and on failure output/failure. It ends with 0, or with 1 whoever is at fault: the container is a
framework's, whose failures all begin with `framework error:`, and so become AlgorithmErrors.
Source: sagemaker_containers/_trainer.py and the container's training.py and train.py.
"""

import logging
import sys
import traceback
from pathlib import Path

from local.algorithms.inputs.configuration import read_configuration
from local.algorithms.xgboost import channels, hyperparameters, model
from local.algorithms.xgboost.errors import ToolkitError, UserError
from local.algorithms.xgboost.training import Data, train

_LOGGER = logging.getLogger("sagemaker-containers")
_FAILED = 1


def run(base: Path) -> int:
    """Train as the files under `base` (the container's /opt/ml) say; return the exit code."""
    _configure_log()
    try:
        _train(base)
    except ToolkitError as error:
        reason = f"{error.name}: {error}"
        _LOGGER.error(f"Reporting training FAILURE\n{reason}")
        return _fail(base, reason)
    except (OSError, ArithmeticError, LookupError, TypeError, ValueError, MemoryError) as error:
        # A fault of this program; the container writes such ones down too.
        _LOGGER.error(f"Reporting training FAILURE\n{traceback.format_exc()}")
        return _fail(base, f"{type(error).__name__}: {error}")
    return 0


def _train(base: Path) -> None:
    _LOGGER.info("Running XGBoost Sagemaker in algorithm mode")
    values = hyperparameters.parse(read_configuration(base, "hyperparameters.json", UserError))
    configuration = read_configuration(base, "inputdataconfig.json", UserError)
    channels.validate(configuration)
    resources = read_configuration(base, "resourceconfig.json", UserError, optional=True)
    hosts = resources.get("hosts") or ["algo-1"]
    if len(hosts) != 1:
        raise UserError(f"The embedded AWS trains XGBoost on one host, not on {hosts}")
    weighted = values.get("csv_weights") == 1
    matrices = {name: channels.read(base, name, configuration, weighted=weighted) for name in configuration}
    rows = matrices["train"]
    if rows is None:
        raise UserError("No data in training channel path /opt/ml/input/data/train")
    validation = matrices.get("validation")
    if "validation" in matrices and validation is None:
        raise UserError("No data in validation channel path /opt/ml/input/data/validation")
    _LOGGER.info("Single node training.")
    _LOGGER.info(f"Train matrix has {rows.num_row()} rows and {rows.num_col()} columns")
    if validation is not None:
        _LOGGER.info(f"Validation matrix has {validation.num_row()} rows")
    model.write(base / "model", train(values, Data(rows, validation), base / "model"))


def _fail(base: Path, reason: str) -> int:
    """Write the failure down. The container puts the traceback before the reason, where FailureReason cuts it off."""
    path = base / "output" / "failure"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"framework error: \n{reason}", encoding="utf-8")
    return _FAILED


def _configure_log() -> None:
    """Lines as the container's: `[2026-11-26:12:00:00:INFO] ...`."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("[%(asctime)s:%(levelname)s] %(message)s", datefmt="%Y-%m-%d:%H:%M:%S"))
    _LOGGER.handlers[:] = [handler]
    _LOGGER.setLevel(logging.INFO)
    _LOGGER.propagate = False
