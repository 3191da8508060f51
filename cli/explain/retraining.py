"""The training job of a model, started again as its card says, and the weights that it gives beside the model's.

Its artefact goes under explained/ beside the card, where nothing looks for models.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cli.errors import CommandError
from cli.stack import Client
from wildrydes.model.card import ModelCard
from wildrydes.model.linear_model import LinearModel, read_model
from wildrydes.model.storage import card_of

_POLL_SECONDS = 0.5
_LONGEST_NAME = 63


class RetrainingError(CommandError):
    """The job could not be started, or did not end with a model; the message says why."""


@dataclass(frozen=True)
class Parameter:
    """A number of the model: `was` in its artefact, `again` in the one of the job that was started again."""

    name: str
    was: float
    again: float

    @property
    def same(self) -> bool:
        """Whether the two are equal to the last bit."""
        return self.was.hex() == self.again.hex()


def retrain(card: ModelCard, client: Client, tell: Callable[[str], None]) -> str:
    """Train again, telling of each status; the key of the new artefact. Raises RetrainingError.

    Ctrl-C stops the job.
    """
    sagemaker, request = client("sagemaker"), request_of(card)
    try:
        sagemaker.create_training_job(**request)
    except ClientError as refused:
        raise RetrainingError(f"SageMaker refused the job: {refused}") from None
    name = request["TrainingJobName"]
    try:
        tell(f"training job {name}")
        ended = _follow(sagemaker, name, tell)
    except KeyboardInterrupt:
        sagemaker.stop_training_job(TrainingJobName=name)
        tell(f"stopped {name}")
        raise
    if ended["TrainingJobStatus"] != "Completed":
        reason = ended.get("FailureReason", "no reason is given")
        raise RetrainingError(f"The job {name} ended as {ended['TrainingJobStatus']}: {reason}")
    return ended["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{card.lineage['bucket']}/")


def request_of(card: ModelCard) -> dict[str, Any]:
    """What CreateTrainingJob is called with: as the model's own job was, under another name, into another place."""
    ran, suffix = card.lineage["training"], f"-explained-{uuid.uuid4().hex[:8]}"
    folder = f"s3://{card.lineage['bucket']}/{card_of(card.model_path).removesuffix('card.json')}explained/"
    return {
        "TrainingJobName": ran["job"][: _LONGEST_NAME - len(suffix)].rstrip("-") + suffix,
        "AlgorithmSpecification": {"TrainingImage": ran["image"], "TrainingInputMode": ran["input_mode"]},
        "RoleArn": ran["role"],
        "HyperParameters": ran["hyperparameters"],
        "InputDataConfig": ran["channels"],
        "OutputDataConfig": {"S3OutputPath": folder},
        "ResourceConfig": ran["resources"],
        "StoppingCondition": ran["stopping"],
    }


def _follow(sagemaker: Any, name: str, tell: Callable[[str], None]) -> dict[str, Any]:
    """The job's description once it has ended."""
    shown = ""
    while True:
        described = sagemaker.describe_training_job(TrainingJobName=name)
        if described["SecondaryStatus"] != shown:
            shown = described["SecondaryStatus"]
            tell(f"  {shown}")
        if described["TrainingJobStatus"] in ("Completed", "Failed", "Stopped"):
            return described
        time.sleep(_POLL_SECONDS)


def compare(card: ModelCard, again: str, client: Client) -> list[Parameter]:
    """Weights, bias and threshold of the model's artefact and of the one at the key `again`. Raises BadModel."""
    first, second = (_model(card, key, client) for key in (card.model_path, again))
    names = [*card.features, "bias", "threshold"]
    return [Parameter(*each) for each in zip(names, _numbers(first), _numbers(second), strict=True)]


def _model(card: ModelCard, key: str, client: Client) -> LinearModel:
    return read_model(client("s3").get_object(Bucket=card.lineage["bucket"], Key=key)["Body"].read())


def _numbers(model: LinearModel) -> Sequence[float]:
    return [*model.weights, model.bias, model.threshold]
