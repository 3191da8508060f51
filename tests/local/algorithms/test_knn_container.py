"""k-nearest neighbours as a process: channels, log lines, index types, artefact, failure file."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from local.algorithms.knn import hyperparameters
from local.algorithms.knn.projection import Projection
from local.algorithms.linear_learner.errors import CustomerError
from local.sagemaker.images import KNN
from training_containers import COLUMNS, csv, durations, evaluate, lay_out, run

SETTINGS = {"k": "10", "sample_size": "2000", "feature_dim": str(COLUMNS), "predictor_type": "regressor"}
TRAIN, TEST = durations(2000, 1), durations(300, 2)
CHANNELS = {"train": csv(TRAIN), "test": csv(TEST)}

# The answers for the rows of the test channel of models in folders.
PREDICT = """
import json, pathlib, sys
import numpy as np
from local.algorithms.knn.model import load
rows = np.loadtxt(pathlib.Path(sys.argv[1]) / "input/data/test/part", delimiter=",")[:, 1:]
models = [load(pathlib.Path(folder) / "model") for folder in sys.argv[1:]]
distances, labels = models[0].neighbours(rows[:2])
print(json.dumps([[model.predict(rows).tolist() for model in models], distances.tolist(), labels.tolist()]))
"""

# The exit codes of containers run one after the other, which is faster than a process each, and their log.
TRAIN_ALL = """
import contextlib, io, json, pathlib, sys
from local.algorithms.knn.container import run
with contextlib.redirect_stdout(io.StringIO()) as log:
    codes = [run(pathlib.Path(folder)) for folder in sys.argv[1:]]
print(json.dumps([codes, log.getvalue()]))
"""

LOAD = """
import json, pathlib, sys
from local.algorithms.knn.model import UnusableSampleError, load
def answer(folder):
    try:
        return f"{load(pathlib.Path(folder)).feature_count} features"
    except UnusableSampleError as error:
        return str(error)
print(json.dumps([answer(folder) for folder in sys.argv[1:]]))
"""


def nearest(settings: dict[str, str], train: np.ndarray, questions: np.ndarray) -> np.ndarray:
    """The numbers of the k nearest rows of `train` to each question, by all distances."""
    gaps = ((questions[:, None, 1:] - train[None, :, 1:]) ** 2).sum(axis=2)
    return np.argsort(gaps, axis=1, kind="stable")[:, : int(settings["k"])]


def rmse(answers: Any, rows: np.ndarray) -> float:
    return float(np.sqrt(np.mean((np.asarray(answers) - rows[:, 0]) ** 2)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    base = tmp_path_factory.mktemp("opt-ml")
    lay_out(base, SETTINGS, CHANNELS, mode="Pipe")
    code, log = run(KNN, base)
    assert code == 0, log
    return base, log


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of models with other settings, by what is other."""
    changes: dict[str, dict[str, str]] = {
        "IVFFlat": {"index_type": "faiss.IVFFlat"},
        "IVFPQ": {"index_type": "faiss.IVFPQ", "faiss_index_pq_m": "4", "faiss_index_ivf_nlists": "8"},
        "sign": {"dimension_reduction_type": "sign", "dimension_reduction_target": "3"},
        "cosine": {"index_metric": "COSINE"},
        "sampled": {"sample_size": "500"},
        "classifier": {"predictor_type": "classifier", "k": "3"},
    }
    bases = {name: tmp_path_factory.mktemp(name) for name in changes}
    for name, base in bases.items():
        channels = CHANNELS
        if name == "classifier":
            channels = {key: csv(np.column_stack([rows[:, 0] > 10, rows[:, 1:]])) for key, rows in named_rows()}
        lay_out(base, SETTINGS | changes[name], channels)
    codes, log = evaluate(KNN, TRAIN_ALL, *bases.values())  # type: ignore[misc]
    assert set(codes) == {0}, log
    assert re.search(r"#quality_metric: host=algo-1, test accuracy <score>=0\.[89]\d*$", log, re.MULTILINE)
    return bases


def named_rows() -> list[tuple[str, np.ndarray]]:
    return [("train", TRAIN), ("test", TEST)]


def test_the_mean_squared_error_on_the_test_channel_is_in_the_form_that_metric_definitions_parse(
    trained: tuple[Path, str],
) -> None:
    means = TRAIN[nearest(SETTINGS, TRAIN, TEST), 0].mean(axis=1)
    (mse,) = re.findall(r"#quality_metric: host=algo-1, test mse <loss>=(\S+)$", trained[1], re.MULTILINE)
    assert float(mse) == pytest.approx(rmse(means, TEST) ** 2, rel=0.02)
    assert re.search(r"^\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d INFO \d+\] Final configuration: {", trained[1], re.MULTILINE)
    assert "#progress_metric: host=algo-1, completed 100.0 % of epochs" in trained[1]


def test_each_index_answers_from_the_neighbours(trained: tuple[Path, str], others: dict[str, Path]) -> None:
    answers, distances, labels = evaluate(KNN, PREDICT, trained[0], *others.values())  # type: ignore[misc]
    exact, *approximate = answers
    best = rmse(exact, TEST)
    assert best == pytest.approx(rmse(TRAIN[nearest(SETTINGS, TRAIN, TEST), 0].mean(axis=1), TEST), rel=0.01)
    errors = dict(zip(others, [rmse(each, TEST) for each in approximate], strict=True))
    spread = float(TEST[:, 0].std())
    assert errors["IVFFlat"] == pytest.approx(best, rel=0.05)
    assert errors["IVFPQ"] < 1.5 * best
    assert best < errors["sampled"] < 1.5 * best
    assert max(errors["sign"], errors["cosine"]) < spread
    assert set(approximate[list(others).index("classifier")]) == {0.0, 1.0}
    assert all(row == sorted(row) for row in distances)
    assert np.mean(labels[0]) == pytest.approx(exact[0])


def test_equal_data_give_equal_bytes(trained: tuple[Path, str], tmp_path: Path) -> None:
    lay_out(tmp_path, SETTINGS, CHANNELS)
    assert run(KNN, tmp_path)[0] == 0
    models = [(base / "model" / "model_algo-1").read_bytes() for base in (tmp_path, trained[0])]
    assert models[0] == models[1]
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["model_algo-1"]


def test_hostile_artefacts_are_refused(trained: tuple[Path, str], tmp_path: Path) -> None:
    whole = (trained[0] / "model" / "model_algo-1").read_bytes()
    magic, line, data = whole.split(b"\n", 2)
    header = json.loads(line)

    def of(**changes: Any) -> bytes:
        return b"\n".join([magic, json.dumps(header | changes).encode(), data])

    settings = header["hyperparameters"]
    artefacts = {
        "whole": (whole, "4 features"),
        "truncated": (whole[:-1], "bytes of 2000 rows of 4 dimensions"),
        "pickled": (b"\x80\x04cos\nsystem\n", "it is none of this process'"),
        "endless": (magic + b"\n" + b" " * 20_000, "has no header of up to"),
        "nested": (magic + b"\n" + b"[" * 10_000 + b"\n", "a header that is no JSON"),
        "huge": (of(rows=10**15), "bytes of 1000000000000000 rows"),
        "few": (of(rows=3), "has 3 rows of 4 dimensions: its settings need others"),
        "wide": (of(dimensions=5), "its settings need others"),
        "unset": (of(hyperparameters={}), "'feature_dim' is a required property"),
        "typed": (of(hyperparameters=settings | {"k": 10}), "10 is not of type 'string'"),
        "infinite": (whole[:-4] + b"\0\0\x80\x7f", "a value that is not finite"),
    }
    for name, (content, _) in artefacts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "model_algo-1").write_bytes(content)
    answers = evaluate(KNN, LOAD, *(tmp_path / name for name in artefacts))
    assert isinstance(answers, list)
    for (name, (_, reason)), answer in zip(artefacts.items(), answers, strict=True):
        assert reason in answer, (name, answer)


@pytest.mark.parametrize(
    ("settings", "channels", "reason"),
    [
        (SETTINGS | {"k": "many"}, CHANNELS, "Hyperparameter k is 'many': an integer of at least 1 is allowed"),
        (SETTINGS | {"feature_dim": "3"}, CHANNELS, "The train channel has 4 features, but feature_dim is 3"),
        (SETTINGS, {"train": csv(TRAIN[:5])}, "k 10 is larger than the 5 rows of the train channel"),
        (SETTINGS, CHANNELS | {"validation": "1,2\n"}, "('validation' was unexpected; channels are train, test)"),
    ],
)
def test_what_the_customer_did_wrong_is_written_to_the_failure_file(
    tmp_path: Path, settings: dict[str, str], channels: dict[str, str], reason: str
) -> None:
    lay_out(tmp_path, settings, channels)
    code, log = run(KNN, tmp_path)
    failure = (tmp_path / "output" / "failure").read_text()
    assert code == 2
    assert failure.startswith("Customer Error: ")
    assert reason in failure
    assert reason in log
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"colour": "blue"}, "Additional properties are not allowed ('colour' was unexpected)"),
        ({"predictor_type": "both"}, "one of classifier, regressor is allowed"),
        ({"sample_size": "0"}, "Hyperparameter sample_size is '0': an integer of at least 1 is allowed"),
        ({"index_type": "faiss.HNSW"}, "one of faiss.Flat, faiss.IVFFlat, faiss.IVFPQ is allowed"),
        ({"faiss_index_pq_m": "5"}, "one of 1, 2, 3, 4, 8, 12"),
        ({"index_type": "faiss.IVFPQ"}, "'faiss_index_pq_m' is required"),
        ({"index_type": "faiss.IVFPQ", "faiss_index_pq_m": "2", "index_metric": "COSINE"}, "L2 is allowed"),
        ({"dimension_reduction_type": "sign"}, "'dimension_reduction_target' is required"),
        ({"dimension_reduction_target": "2"}, "it needs dimension_reduction_type"),
        ({"dimension_reduction_type": "fjlt", "dimension_reduction_target": "4"}, "below feature_dim, 4"),
        ({"k": "2001"}, "an integer of at most sample_size, 2000, is allowed"),
    ],
)
def test_hyperparameters_are_refused_with_what_is_allowed(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(CustomerError, match=re.escape(reason)):
        hyperparameters.parse(SETTINGS | changes)


@pytest.mark.parametrize("kind", ["sign", "fjlt"])
def test_a_projection_keeps_distances_on_average(kind: str) -> None:
    points = np.random.default_rng(5).normal(0, 1, (400, 24))
    lengths = (Projection(kind, 24, 12, 7).apply(points).astype(float) ** 2).sum(axis=1)
    assert lengths.mean() == pytest.approx((points**2).sum(axis=1).mean(), rel=0.1)
