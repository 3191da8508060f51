"""The training job of a model, started again as its card says, and what it gives beside the model: of the linear
learner the weights, of other algorithms the digest of each file in the artefact.

The job is the one that gave the model, of a tuned model the best of its search. Its artefact goes under explained/
beside the card, where nothing looks for models.
"""

import io
import tarfile
import time
import uuid
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError

from cli.errors import CommandError
from cli.stack import Client
from wildrydes.errors import BadModel
from wildrydes.model.card import ModelCard
from wildrydes.model.linear_model import LinearModel, read_model
from wildrydes.model.storage import card_of

_POLL_SECONDS = 0.5
_LONGEST_NAME = 63
_LINEAR_LEARNER = "/linear-learner"


class RetrainingError(CommandError):
    """The job could not be started, or did not end with a model; the message says why."""


@dataclass(frozen=True)
class Parameter:
    """A number of the model, or a digest: `was` in its artefact, `again` in that of the job that was started again."""

    name: str
    was: float | str
    again: float | str

    @property
    def same(self) -> bool:
        """Whether the two are equal to the last bit."""
        return repr(self.was) == repr(self.again)

    @property
    def difference(self) -> str:
        """By how much the second is above the first; of digests nothing."""
        if self.same or isinstance(self.was, str) or isinstance(self.again, str):
            return ""
        return f"{self.again - self.was:.3g}"


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
    """The model's artefact and the one at the key `again`, number by number or file by file. Raises BadModel."""
    s3, bucket = client("s3"), card.lineage["bucket"]
    first, second = (s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in (card.model_path, again))
    if _LINEAR_LEARNER in card.lineage["training"]["image"]:
        names = [*card.features, "bias", "threshold"]
        numbers = (_numbers(read_model(packed)) for packed in (first, second))
        return [Parameter(*each) for each in zip(names, *numbers, strict=True)]
    was, now = _digests(first), _digests(second)
    return [Parameter(name, was.get(name, ""), now.get(name, "")) for name in sorted(was | now)]


def _numbers(model: LinearModel) -> Sequence[float]:
    return [*model.weights, model.bias, model.threshold]


def _digests(packed: bytes) -> dict[str, str]:
    """The SHA-256 of each file of an artefact, in hex. Raises BadModel."""
    try:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
            contents = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
            return {name: sha256(content.read()).hexdigest() for name, content in contents.items() if content}
    except (tarfile.TarError, OSError, EOFError, zlib.error) as broken:
        raise BadModel(f"the artefact cannot be unpacked: {broken}") from None
