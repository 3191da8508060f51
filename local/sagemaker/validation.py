"""What AWS refuses of a CreateTrainingJob before there is a job, and what only the embedded AWS refuses, by name."""

import logging
from dataclasses import dataclass
from typing import Any

from local.sagemaker import images, shapes
from local.sagemaker.errors import ApiError, UnsupportedError

_LOGGER = logging.getLogger(__name__)

_REQUIRED = ("AlgorithmSpecification", "InputDataConfig", "ResourceConfig", "StoppingCondition")
# Members that would change what a job does, and that nothing implements here.
_UNSUPPORTED = (
    "CheckpointConfig",
    "ServerlessJobConfig",
    "MlflowConfig",
    "ModelPackageConfig",
    "TensorBoardOutputConfig",
)
# Members that have nothing to act on here: no network, no machines, no debugger. They are kept and described.
_IDLE = (
    "VpcConfig",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "DebugHookConfig",
    "DebugRuleConfigurations",
    "ExperimentConfig",
    "ProfilerConfig",
    "ProfilerRuleConfigurations",
    "RetryStrategy",
    "RemoteDebugConfig",
    "InfraCheckConfig",
    "SessionChainingConfig",
)


@dataclass(frozen=True)
class Location:
    """A place in S3."""

    bucket: str
    prefix: str

    @classmethod
    def of(cls, uri: str) -> "Location":
        """Parse `s3://bucket/prefix`. Raises ApiError for another scheme."""
        if not uri.startswith("s3://"):
            raise ApiError(f"The embedded AWS takes S3 locations as s3://bucket/prefix, not {uri!r}.")
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        return cls(bucket, prefix)


@dataclass(frozen=True)
class Channel:
    """An input channel: the objects under a location, unpacked where they are gzip."""

    name: str
    location: Location
    gzip: bool
    configuration: dict[str, Any]


def check_create(request: dict[str, Any], region: str) -> images.Image:
    """The image of a CreateTrainingJob request.

    Raises ApiError for a request that SageMaker would refuse, or that cannot run here.
    """
    shapes.check("CreateTrainingJob", request)
    for member in _UNSUPPORTED:
        if request.get(member):
            raise UnsupportedError(f"{member} of CreateTrainingJob is not implemented by the embedded AWS.")
    for member in _REQUIRED:
        if not request.get(member):
            raise ApiError(f"{member} is required to create a training job.")
    image = _check_algorithm(request["AlgorithmSpecification"], region)
    _check_resources(request["ResourceConfig"])
    Location.of(request["OutputDataConfig"]["S3OutputPath"])
    if request["OutputDataConfig"].get("CompressionType", "GZIP") != "GZIP":
        raise UnsupportedError("OutputDataConfig.CompressionType NONE is not implemented by the embedded AWS.")
    names = [channel.name for channel in channels(request)]
    if len(set(names)) < len(names):
        raise ApiError(f"Channel names must be unique: {', '.join(names)}")
    idle = [member for member in _IDLE if request.get(member)]
    if idle:
        _LOGGER.warning(f"Training job {request['TrainingJobName']}: no effect here of {', '.join(idle)}")
    return image


def _check_algorithm(algorithm: dict[str, Any], region: str) -> images.Image:
    if algorithm.get("AlgorithmName") or not algorithm.get("TrainingImage"):
        raise UnsupportedError("AlgorithmSpecification needs a TrainingImage: AlgorithmName is not implemented here.")
    for member in ("ContainerEntrypoint", "ContainerArguments"):
        if algorithm.get(member):
            raise ApiError(f"AlgorithmSpecification.{member} cannot be given for a built-in algorithm.")
    if algorithm.get("MetricDefinitions"):
        raise ApiError(
            "You can't override the metric definitions for Amazon SageMaker algorithms. "
            "Please retry the request without specifying metric definitions."
        )
    return images.find(algorithm["TrainingImage"], region)


def _check_resources(resources: dict[str, Any]) -> None:
    for member in ("InstanceType", "InstanceCount", "VolumeSizeInGB"):
        if not resources.get(member):
            raise ApiError(f"ResourceConfig.{member} is required to create a training job.")
    if resources["InstanceCount"] != 1:
        raise UnsupportedError(
            f"ResourceConfig.InstanceCount {resources['InstanceCount']}: the embedded AWS trains on one instance."
        )


def channels(request: dict[str, Any]) -> list[Channel]:
    """The channels of a request. Raises ApiError for one that SageMaker refuses or that is not implemented."""
    default_mode = request["AlgorithmSpecification"]["TrainingInputMode"]
    return [_channel(configuration, default_mode) for configuration in request["InputDataConfig"]]


def _channel(configuration: dict[str, Any], default_mode: str) -> Channel:
    name = configuration["ChannelName"]
    source = configuration["DataSource"].get("S3DataSource")
    if source is None or source["S3DataType"] != "S3Prefix":
        raise UnsupportedError(f"Channel {name}: the embedded AWS takes an S3DataSource of S3DataType S3Prefix alone.")
    mode = configuration.get("InputMode") or default_mode
    compression = configuration.get("CompressionType") or "None"
    if compression != "None" and mode != "Pipe":
        raise ApiError(
            f"Invalid compression type for channel {name}: {mode} mode only supports NONE, got {compression} instead"
        )
    if configuration.get("RecordWrapperType", "None") != "None" or configuration.get("ShuffleConfig"):
        raise UnsupportedError(f"Channel {name}: RecordWrapperType and ShuffleConfig are not implemented here.")
    container = {
        "TrainingInputMode": mode,
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": "None",
    }
    if configuration.get("ContentType"):
        container["ContentType"] = configuration["ContentType"]
    return Channel(name, Location.of(source["S3Uri"]), compression == "Gzip", container)
