"""The folder that a training container sees as /opt/ml, and the reason that it leaves when it fails.

Source: "How Amazon SageMaker Provides Training Information" of the developer guide.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.sagemaker.images import Image
from local.sagemaker.process_variables import process_variables
from local.sagemaker.validation import channels

_HOST = "algo-1"
_CUSTOMER = "Customer Error: "


def prepare(folder: Path, job: Mapping[str, Any]) -> None:
    """Lay out `folder` for a job's description: configuration, and places for data, model and output."""
    for place in ("input/config", "input/data", "model", "output/data"):
        (folder / place).mkdir(parents=True)
    instance = job["ResourceConfig"]["InstanceType"]
    resources = {
        "current_host": _HOST,
        "current_instance_type": instance,
        "current_group_name": "homogeneousCluster",
        "hosts": [_HOST],
        "instance_groups": [
            {"instance_group_name": "homogeneousCluster", "instance_type": instance, "hosts": [_HOST]},
        ],
        "network_interface_name": "eth0",
    }
    files = {
        "hyperparameters.json": job.get("HyperParameters", {}),
        "inputdataconfig.json": {channel.name: channel.configuration for channel in channels(dict(job))},
        "resourceconfig.json": resources,
    }
    for name, content in files.items():
        (folder / "input" / "config" / name).write_text(json.dumps(content), encoding="utf-8")


def command(image: Image, folder: Path) -> Sequence[str]:
    """Run the algorithm of `image` with its interpreter on `folder`."""
    return (str(image.python), "-m", image.module, "--base-dir", str(folder))


def environment(job: Mapping[str, Any], region: str, folder: Path) -> dict[str, str]:
    """The process's environment: the request's own variables, and those that describe the job.

    Its home, and its place for temporary files, is `folder`, the job's own. Raises OSError as `process_variables`.
    """
    return process_variables(job.get("Environment", {}), region, folder) | {
        "TRAINING_JOB_NAME": job["TrainingJobName"],
        "TRAINING_JOB_ARN": job["TrainingJobArn"],
    }


def failure_reason(folder: Path, exit_code: int) -> str:
    """FailureReason from output/failure: `ClientError: …` for what the customer did, else `AlgorithmError: …`."""
    path = folder / "output" / "failure"
    text = path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""
    kind = "ClientError" if text.startswith(_CUSTOMER) else "AlgorithmError"
    # The end of a long reason may be cut off; the exit code is not to be.
    return f"{kind}: {text.removeprefix(_CUSTOMER)[:900]}, exit code: {exit_code}"
