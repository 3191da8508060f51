"""On the generated samples each container's model is as good as what its library makes of the same rows.

The libraries are XGBoost; least squares, which is what a linear regression is; and the mean of the nearest rows by all
distances, which is what k-NN is (scikit-learn's KNeighborsRegressor gives the same).
"""

import gzip
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from local.sagemaker.images import KNN, LINEAR_LEARNER, XGBOOST, Image
from training_containers import ROOT, csv, evaluate, lay_out, run
from wildrydes.tasks import REGRESSION, TASKS
from wildrydes.training.hyperparameters import default_hyperparameters, fixed_hyperparameters

SAMPLES = ROOT / "data" / "samples" / "samples.csv.gz"
TRAIN, VALIDATION, TEST = slice(0, 6000), slice(6000, 7500), slice(7500, 9000)
FEATURES = len(TASKS["pick_duration"].features)
TOLERANCE = 0.03

# The root mean squared error of the container's model on the test rows, and of the library by itself.
XGBOOST_AND_LIBRARY = """
import json, pathlib, sys
import numpy as np, xgboost
from local.algorithms.xgboost.model import load
base, test, settings = pathlib.Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
channels = base / "input/data"
rows = [np.loadtxt(path, delimiter=",") for path in (channels / "train/part", channels / "validation/part", test)]
train, validation, questions = (xgboost.DMatrix(each[:, 1:], label=each[:, 0]) for each in rows)
rounds, patience = int(settings.pop("num_round")), int(settings.pop("early_stopping_rounds"))
stopping = {"evals": [(validation, "validation")], "early_stopping_rounds": patience, "verbose_eval": False}
plain = xgboost.train(settings | {"nthread": 1}, train, rounds, **stopping)
best = (0, plain.best_iteration + 1)
answers = [load(base / "model").predict(rows[2][:, 1:]), plain.predict(questions, iteration_range=best)]
print(json.dumps([float(np.sqrt(np.mean((each - rows[2][:, 0]) ** 2))) for each in answers]))
"""


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    """The first samples, (9000, 1 + features), the duration first."""
    with gzip.open(SAMPLES, "rt", encoding="utf-8") as file:
        return np.loadtxt([line for line, _ in zip(file, range(TEST.stop), strict=False)], delimiter=",")


def settings_of(image: Image, **changes: str) -> dict[str, str]:
    """The hyperparameters of a job of the workflow."""
    defaults = default_hyperparameters(image.algorithm, REGRESSION)
    return defaults | fixed_hyperparameters(image.algorithm, REGRESSION, FEATURES) | changes


def rmse(answers: np.ndarray, rows: np.ndarray) -> float:
    return float(np.sqrt(np.mean((answers - rows[:, 0]) ** 2)))


def logged_rmse(log: str) -> float:
    """The error on the test channel that the log of an algorithm of Amazon's ends with."""
    return math.sqrt(float(re.findall(r"#quality_metric: host=algo-1, test mse <loss>=(\S+)", log)[-1]))


def test_the_linear_learner_is_as_good_as_least_squares(samples: np.ndarray, tmp_path: Path) -> None:
    channels = {"train": samples[TRAIN], "validation": samples[VALIDATION], "test": samples[TEST]}
    lay_out(
        tmp_path,
        settings_of(LINEAR_LEARNER, mini_batch_size="500"),
        {name: csv(rows) for name, rows in channels.items()},
    )
    code, log = run(LINEAR_LEARNER, tmp_path)
    assert code == 0, log
    weights, *_ = np.linalg.lstsq(with_ones(samples[TRAIN]), samples[TRAIN][:, 0], rcond=None)
    assert logged_rmse(log) == pytest.approx(rmse(with_ones(samples[TEST]) @ weights, samples[TEST]), rel=TOLERANCE)


def with_ones(rows: np.ndarray) -> np.ndarray:
    return np.column_stack([rows[:, 1:], np.ones(len(rows))])


def test_k_nearest_neighbours_are_those_by_all_distances(samples: np.ndarray, tmp_path: Path) -> None:
    settings = settings_of(KNN, sample_size="6000")
    lay_out(tmp_path, settings, {"train": csv(samples[TRAIN]), "test": csv(samples[TEST])})
    code, log = run(KNN, tmp_path)
    assert code == 0, log
    points, questions, k = samples[TRAIN], samples[TEST], int(settings["k"])
    lengths = [(each[:, 1:] ** 2).sum(axis=1) for each in (questions, points)]
    gaps = lengths[0][:, None] + lengths[1][None, :] - 2 * questions[:, 1:] @ points[:, 1:].T
    means = points[np.argpartition(gaps, k, axis=1)[:, :k], 0].mean(axis=1)
    assert logged_rmse(log) == pytest.approx(rmse(means, questions), rel=TOLERANCE)


def test_xgboost_is_as_good_as_its_library_and_near_the_best_that_is_reachable(
    samples: np.ndarray, tmp_path: Path
) -> None:
    settings, base = settings_of(XGBOOST), tmp_path / "base"
    lay_out(base, settings, {"train": csv(samples[TRAIN]), "validation": csv(samples[VALIDATION])})
    code, log = run(XGBOOST, base)
    assert code == 0, log
    (tmp_path / "test").write_text(csv(samples[TEST]))
    arguments = (base, tmp_path / "test", json.dumps(settings))
    trained, plain = evaluate(XGBOOST, XGBOOST_AND_LIBRARY, *arguments)  # type: ignore[misc]
    assert trained == pytest.approx(plain, rel=TOLERANCE)
    best = json.loads((SAMPLES.parent / "best_rmse.json").read_text())["best_rmse_on_all_samples"]
    # By 6,000 of the 20,000 rows.
    assert trained < 1.08 * best
