"""The linear learner as a process: the folders of a training container, its log lines, its failure file."""

import json
import re
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from local.sagemaker.images import LINEAR_LEARNER
from training_containers import evaluate

ROOT = Path(__file__).resolve().parents[3]


def rows(count: int, seed: int) -> str:
    """Csv rows of a label and two features, of which the first decides."""
    generator = np.random.default_rng(seed)
    features = generator.normal(10, 3, (count, 2))
    labels = (features[:, 0] + generator.normal(0, 0.5, count) > 10).astype(int)
    return "".join(
        f"{label},{first:.6f},{second:.6f}\n" for label, (first, second) in zip(labels, features, strict=True)
    )


def run(base: Path, hyperparameters: dict[str, str], channels: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Lay out `base` as SageMaker would, and run the algorithm on it."""
    config = base / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
    content_types = {name: {"ContentType": "text/csv", "TrainingInputMode": "File"} for name in channels}
    (config / "inputdataconfig.json").write_text(json.dumps(content_types))
    (config / "resourceconfig.json").write_text('{"current_host": "algo-1", "hosts": ["algo-1"]}')
    for name, content in channels.items():
        (base / "input" / "data" / name).mkdir(parents=True)
        (base / "input" / "data" / name / "part.csv").write_text(content)
    command = [LINEAR_LEARNER.python, "-m", "local.algorithms.linear_learner", "--base-dir", str(base)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    base = tmp_path_factory.mktemp("opt-ml")
    settings = {"predictor_type": "binary_classifier", "mini_batch_size": "60", "epochs": "5", "feature_dim": "2"}
    channels = {"train": rows(600, 1), "validation": rows(100, 2), "test": rows(100, 3)}
    return base, run(base, settings, channels)


def metric(log: str, pattern: str) -> list[float]:
    return [float(value) for value in re.findall(pattern, log)]


def test_a_run_ends_well_and_writes_the_model_alone(trained: tuple[Path, subprocess.CompletedProcess[str]]):
    base, process = trained

    assert (process.returncode, process.stderr) == (0, "")
    assert [path.name for path in (base / "model").iterdir()] == ["model_algo-1"]
    assert not (base / "output" / "failure").exists()


def test_log_lines_have_the_forms_that_metric_definitions_parse(
    trained: tuple[Path, subprocess.CompletedProcess[str]],
):
    log = trained[1].stdout

    objective = r"binary_classification_cross_entropy_objective <loss>=(\S+)"
    train = metric(log, rf"#quality_metric: host=algo-1, epoch=\d+, train {objective}")
    validation = metric(log, rf"#quality_metric: host=algo-1, epoch=\d+, validation {objective}")
    assert len(train) == len(validation) == 5
    assert train[-1] < train[0]
    assert metric(log, r"#progress_metric: host=algo-1, completed (\S+) % of epochs") == [20, 40, 60, 80, 100]
    assert len(metric(log, r"#throughput_metric: host=algo-1, train throughput=(\S+) records/second")) == 5
    assert (
        len(re.findall(r"#early_stopping_criteria_metric: host=algo-1, epoch=\d, criteria=sampled_accuracy, ", log))
        == 5
    )
    assert re.search(r"^\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d INFO \d+\] Final configuration: {", log, re.MULTILINE)


@pytest.mark.parametrize("channel", ["validation", "test"])
def test_the_final_model_is_scored(trained: tuple[Path, subprocess.CompletedProcess[str]], channel: str):
    log = trained[1].stdout

    scores = {
        name: metric(log, rf"#quality_metric: host=algo-1, {channel} {re.escape(name)} <score>=(\S+)")
        for name in ("binary_classification_accuracy", "binary_f_1.000", "precision", "recall", "roc_auc_score")
    }
    assert all(len(values) == 1 for values in scores.values())
    precision, recall = scores["precision"][0], scores["recall"][0]
    assert scores["binary_f_1.000"][0] == pytest.approx(2 * precision * recall / (precision + recall))
    assert scores["binary_classification_accuracy"][0] > 0.85
    assert scores["roc_auc_score"][0] > 0.95


def test_the_best_candidate_is_named(trained: tuple[Path, subprocess.CompletedProcess[str]]):
    match = re.search(r"Best model found for hyperparameters: ({.*})$", trained[1].stdout, re.MULTILINE)

    assert match is not None
    best = json.loads(match.group(1))
    assert (best["optimizer"], best["lr_scheduler_step"], best["lr_scheduler_factor"]) == ("adam", 100, 0.99)
    assert best["learning_rate"] in (0.2, 0.1, 0.05, 0.02)


def test_without_validation_the_train_channel_is_scored(tmp_path: Path):
    process = run(
        tmp_path,
        {"predictor_type": "binary_classifier", "mini_batch_size": "50", "epochs": "2"},
        {"train": rows(300, 4)},
    )

    assert process.returncode == 0
    assert metric(process.stdout, r"train binary_classification_accuracy <score>=(\S+)")[0] > 0.85
    assert "criteria=binary_classification_cross_entropy_objective" in process.stdout
    assert "Test data is not provided." in process.stdout


def test_a_regressor_reports_errors_in_the_labels_units(tmp_path: Path):
    generator = np.random.default_rng(5)
    features = generator.normal(0, 1, (400, 1))
    labels = 500 + 100 * features[:, 0] + generator.normal(0, 10, 400)
    table = "".join(f"{label},{feature}\n" for label, feature in zip(labels, features[:, 0], strict=True))

    process = run(tmp_path, {"predictor_type": "regressor", "mini_batch_size": "40", "epochs": "20"}, {"train": table})

    assert process.returncode == 0
    # The noise has a variance of 100.
    assert metric(process.stdout, r"train mse <loss>=(\S+)")[0] == pytest.approx(100, rel=0.2)
    with zipfile.ZipFile(tmp_path / "model" / "model_algo-1") as archive:
        assert json.loads(archive.read("additional-params.json"))["loss_type"] == "squared_loss"


@pytest.mark.parametrize(
    ("hyperparameters", "channels", "reason"),
    [
        ({"predictor_type": "binary_classifier"}, {"train": rows(50, 6)}, "mini_batch_size 1000 is larger than the 50"),
        ({"predictor_type": "binary_classifier", "epochs": "none"}, {"train": rows(50, 6)}, "Hyperparameter epochs"),
        ({"predictor_type": "regressor"}, {"train": "1,2\n1,x\n"}, "Unable to parse csv: rows 1-1000"),
        ({"predictor_type": "regressor"}, {"validation": "1,2\n"}, "'train' is a required property"),
    ],
)
def test_what_the_customer_did_wrong_is_written_to_the_failure_file(
    tmp_path: Path, hyperparameters: dict[str, str], channels: dict[str, str], reason: str
):
    process = run(tmp_path, hyperparameters, channels)

    failure = (tmp_path / "output" / "failure").read_text()
    assert process.returncode == 2
    assert failure.startswith("Customer Error: ")
    assert reason in failure
    assert reason in process.stdout
    assert not (tmp_path / "model").exists()


def test_a_missing_configuration_is_a_failure_too(tmp_path: Path):
    command = [LINEAR_LEARNER.python, "-m", "local.algorithms.linear_learner", "--base-dir", str(tmp_path)]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert process.returncode == 2
    assert "/opt/ml/input/config/hyperparameters.json cannot be read" in (tmp_path / "output" / "failure").read_text()


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "sgd"])
def test_training_computes_in_32_bits_by_the_images_own_numpy(optimizer: str):
    code = """
import json, sys
import numpy as np
from local.algorithms.linear_learner import candidates, hyperparameters, objectives, training
settings = hyperparameters.parse(
    {"predictor_type": "binary_classifier", "mini_batch_size": "10", "num_models": "3", "optimizer": sys.argv[1]}
)
grid = candidates.grid(settings)
labels = (np.arange(30) % 2).astype(np.float32)
design, start = np.ones((30, 3), np.float32), np.zeros((3, 3), np.float32)
weights = training.row_weights(labels, settings, grid)
trainer = training.Trainer(design, labels, weights, start, grid, objectives.CrossEntropy(), settings)
trainer.epoch()
print(json.dumps(str(trainer.parameters.dtype)))
"""
    assert evaluate(LINEAR_LEARNER, code, optimizer) == "float32"
