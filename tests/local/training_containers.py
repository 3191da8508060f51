"""Training containers as processes: their folders laid out as SageMaker lays out /opt/ml, and runs in it."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from local.sagemaker.images import Image

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = 4


def durations(count: int, seed: int) -> np.ndarray:
    """Rows of a label and COLUMNS features, in which a step, a product and a line add up, with noise of 1."""
    generator = np.random.default_rng(seed)
    features = generator.integers(0, 100, (count, COLUMNS)).astype(float)
    steps = np.where(features[:, 0] > 60, 8.0, 0.0) + features[:, 1] * features[:, 2] / 1000
    labels = steps + features[:, 3] / 20 + generator.normal(0, 1, count)
    return np.column_stack([labels.round(4), features])


def csv(rows: np.ndarray) -> str:
    return "".join(",".join(f"{value:g}" for value in row) + "\n" for row in rows)


def lay_out(
    base: Path,
    hyperparameters: Mapping[str, str],
    channels: Mapping[str, str | bytes],
    content_type: str = "text/csv",
    mode: str = "File",
) -> None:
    """Lay out `base` with a file a channel."""
    config = base / "input" / "config"
    config.mkdir(parents=True)
    configuration = {
        "ContentType": content_type,
        "TrainingInputMode": mode,
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
    }
    (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
    (config / "inputdataconfig.json").write_text(json.dumps(dict.fromkeys(channels, configuration)))
    (config / "resourceconfig.json").write_text('{"current_host": "algo-1", "hosts": ["algo-1"]}')
    for name, content in channels.items():
        folder = base / "input" / "data" / name
        folder.mkdir(parents=True)
        (folder / "part").write_bytes(content if isinstance(content, bytes) else content.encode())


def start(image: Image, base: Path) -> subprocess.Popen[str]:
    """The container of `image` under way on `base`."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [image.python, "-m", image.module, "--base-dir", base],
        cwd=base,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(image: Image, base: Path) -> tuple[int, str]:
    """Exit code and log of a run to its end."""
    process = start(image, base)
    log, _ = process.communicate(timeout=120)
    return process.returncode, log


def run_until(image: Image, base: Path, mark: str) -> int:
    """The exit code of a run that got SIGTERM once its log had `mark`."""
    process = start(image, base)
    assert process.stdout is not None
    with process.stdout:
        assert any(mark in line for line in process.stdout)
        process.send_signal(signal.SIGTERM)
        for _ in process.stdout:
            pass
    return process.wait(60)


def evaluate(image: Image, code: str, *arguments: object) -> object:
    """What `code` prints as JSON, run in the environment of `image`."""
    command = [image.python, "-c", code, *(str(argument) for argument in arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)
