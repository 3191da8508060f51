"""A fleet: the containers that serve one endpoint configuration, a process a production variant."""

import logging
import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.client import BaseClient

from local import EmbeddedAwsError
from local.sagemaker import serving_container
from local.sagemaker.errors import ApiError
from local.sagemaker.job_log import JobLog
from local.sagemaker.model_server import ModelServer
from local.sagemaker.serving_container import Container
from local.sagemaker.traffic import Traffic
from local.sagemaker.transfer import TransferError

_LOGGER = logging.getLogger(__name__)
LOG_GROUP = "/aws/sagemaker/Endpoints"
# ContainerStartupHealthCheckTimeoutInSeconds, where a variant has none.
_STARTUP_SECONDS = 480.0

Clients = Callable[[str, str], BaseClient]
# (image, region, model folder, file descriptor of the listening socket) -> the command that serves.
ServingCommand = Callable[[str, str, Path, int], Sequence[str]]
# The weight and the number of instances of each variant, by its name.
Capacities = Mapping[str, tuple[float, int]]


class FleetError(EmbeddedAwsError):
    """A container of the fleet cannot be started; the message is the endpoint's FailureReason."""


@dataclass(frozen=True)
class Host:
    """Where containers run: by whose keys they are fetched and log, and in which folder they lie."""

    clients: Clients
    base: Path | None = None
    command: ServingCommand = serving_container.command


@dataclass(frozen=True)
class Definition:
    """What a fleet is made from: a configuration and the models of its variants, as both were then."""

    endpoint: str
    region: str
    config: Mapping[str, Any]
    models: Mapping[str, Mapping[str, Any]]

    @property
    def role(self) -> str:
        """The role of the first variant's model: alarms are read and data captured as this one."""
        first = self.config["ProductionVariants"][0]
        return self.models[first["ModelName"]]["ExecutionRoleArn"]


@dataclass
class Variant:
    """A production variant that runs: its weight in the traffic, and how many instances it would have on AWS."""

    configuration: Mapping[str, Any]
    image: str
    weight: float
    instances: int
    server: ModelServer
    folder: tempfile.TemporaryDirectory[str]

    @property
    def name(self) -> str:
        return self.configuration["VariantName"]

    def describe(self) -> dict[str, Any]:
        """A member of DescribeEndpoint's ProductionVariants. A container that is down counts as no instance."""
        return {
            "VariantName": self.name,
            "DeployedImages": [{"SpecifiedImage": self.image, "ResolvedImage": self.image}],
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
            "CurrentInstanceCount": self.instances if self.server.is_healthy else 0,
            "DesiredInstanceCount": self.instances,
        }

    def stop(self) -> None:
        """End the container, and remove its folder."""
        self.server.stop()
        self.folder.cleanup()


@dataclass
class Fleet:
    """The variants of a definition, once each has answered a ping.

    `planned` are weights and instances by variant, in the place of the configuration's.
    """

    definition: Definition
    planned: Capacities = field(default_factory=dict)
    variants: dict[str, Variant] = field(default_factory=dict)
    traffic: Traffic = field(default_factory=lambda: Traffic({}))

    @property
    def config_name(self) -> str:
        return self.definition.config["EndpointConfigName"]

    def capacities(self) -> Capacities:
        """Weights and instances by variant: as they are now, and of one that has not started, as they are to be."""
        return {
            each["VariantName"]: self.planned.get(
                each["VariantName"], (each["InitialVariantWeight"], each["InitialInstanceCount"])
            )
            for each in self.definition.config["ProductionVariants"]
        } | {variant.name: (variant.weight, variant.instances) for variant in list(self.variants.values())}

    def start(self, host: Host) -> None:
        """Start a container a variant. Raises FleetError, and then nothing of it is left."""
        capacities = self.capacities()
        try:
            for configuration in self.definition.config["ProductionVariants"]:
                self._start_variant(host, configuration, *capacities[configuration["VariantName"]])
        except FleetError:
            self.stop()
            raise
        self.share()

    def share(self) -> None:
        """Divide the traffic by the weights as they are now."""
        self.traffic = Traffic({name: variant.weight for name, variant in self.variants.items()})

    def stop(self) -> None:
        """End all containers."""
        for variant in list(self.variants.values()):
            variant.stop()

    def _start_variant(self, host: Host, configuration: Mapping[str, Any], weight: float, instances: int) -> None:
        model = self.definition.models[configuration["ModelName"]]
        container = Container.of(model.get("PrimaryContainer") or model["Containers"][0])
        folder = _make_folder(host, f"{self.definition.endpoint}-")
        place = Path(folder.name)
        name = configuration["VariantName"]
        try:
            serving_container.fetch_model(host.clients("s3", model["ExecutionRoleArn"]), container, place / "model")
            log = JobLog(
                host.clients("logs", model["ExecutionRoleArn"]),
                f"{name}/i-{secrets.token_hex(8)}",
                group=f"{LOG_GROUP}/{self.definition.endpoint}",
            )
            server = ModelServer(
                name=f"variant {name} of endpoint {self.definition.endpoint}",
                command=lambda listener: host.command(
                    container.image, self.definition.region, place / "model", listener
                ),
                environment=serving_container.environment(container, self.definition.region, place),
                log=log,
            )
            self.variants[name] = Variant(configuration, container.image, weight, instances, server, folder)
            seconds = configuration.get("ContainerStartupHealthCheckTimeoutInSeconds", _STARTUP_SECONDS)
            if not server.start(seconds):
                raise FleetError(
                    f"The primary container for production variant {name} did not pass the ping health check. "
                    "Please check CloudWatch logs for this endpoint."
                )
        except (TransferError, PermissionError, ApiError, OSError) as error:
            if name not in self.variants:
                folder.cleanup()
            raise FleetError(str(error)) from error


def _make_folder(host: Host, prefix: str) -> tempfile.TemporaryDirectory[str]:
    if host.base is not None:
        host.base.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix=prefix, dir=host.base, ignore_cleanup_errors=True)
