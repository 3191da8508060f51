"""How the container of a model is run: by which interpreter, with which environment, on which files.

All run in the environment that `make setup` builds for the algorithms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker import images
from local.sagemaker.process_variables import process_variables
from local.sagemaker.transfer import TransferError, describe
from local.sagemaker.unpacking import UnpackingError, unpack
from local.sagemaker.validation import Location

# Bytes of a model.tar.gz as it is stored.
_LARGEST_ARTEFACT = 256 * 1024 * 1024
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Container:
    """A container definition: the image, the artefact's URI, and the variables that the request sets."""

    image: str
    model_data: str
    environment: Mapping[str, str]

    @classmethod
    def of(cls, definition: Mapping[str, object]) -> "Container":
        """The container of a checked ContainerDefinition."""
        variables = definition.get("Environment")
        return cls(
            str(definition["Image"]),
            str(definition["ModelDataUrl"]),
            dict(variables) if isinstance(variables, Mapping) else {},
        )


def command(image: str, region: str, model_folder: Path, listener: int) -> Sequence[str]:
    """Serve the model in `model_folder` on the socket with file descriptor `listener`. Raises ApiError."""
    program = images.find(image, region)
    place = ("--model-dir", str(model_folder), "--listener", str(listener))
    return (str(program.python), "-m", "local.algorithms.serving", program.algorithm, *place)


def environment(container: Container, region: str, folder: Path, *, batch: bool = False) -> dict[str, str]:
    """The process's variables: the request's own, and those that a container of hosting sees. Raises OSError."""
    requested = {**container.environment, **({"SAGEMAKER_BATCH": "true"} if batch else {})}
    return process_variables(requested, region, folder)


def fetch_model(s3: BaseClient, container: Container, folder: Path) -> None:
    """Download the artefact and unpack it into `folder`. Raises TransferError in SageMaker's words."""
    place = Location.of(container.model_data)
    archive = folder.parent / "model.tar.gz"
    try:
        answer = s3.get_object(Bucket=place.bucket, Key=place.prefix)  # pyright: ignore[reportAttributeAccessIssue]
        size = answer["ContentLength"]
        if size > _LARGEST_ARTEFACT:
            raise TransferError(
                f"Model data archive is too large. Please reduce the size of the model data archive: "
                f"{container.model_data} has {size} bytes, and the embedded AWS takes {_LARGEST_ARTEFACT}."
            )
        with archive.open("wb") as file:
            for chunk in answer["Body"].iter_chunks(_CHUNK):
                file.write(chunk)
    except (ClientError, BotoCoreError) as error:
        raise TransferError(f"Failed to download model data from {container.model_data}: {describe(error)}") from error
    folder.mkdir()
    try:
        unpack(archive, folder)
    except UnpackingError as error:
        raise TransferError(
            f'Failed to extract model data archive from URL "{container.model_data}". Please ensure that the object '
            f"located at the URL is a valid tar.gz archive: {error}."
        ) from error
    finally:
        archive.unlink()
