"""Hosting: models, endpoint configurations, endpoints, transform jobs, and the runtime that invokes endpoints.

`service` asks for the operations here; this module puts the parts of it together.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import AccountRegionScopedDict

from local.sagemaker.endpoint_configs import EndpointConfigs
from local.sagemaker.endpoints import Endpoints
from local.sagemaker.fleet import Host
from local.sagemaker.models import Models, PassRoleDenial
from local.sagemaker.runtime import Runtime
from local.sagemaker.transform_jobs import TransformJobs

Operation = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Hosting:
    """The parts of hosting. Deployments wait by `clock`, in seconds since the epoch."""

    host: Host
    denies_pass_role: PassRoleDenial = lambda _key, _role: None
    clock: Callable[[], float] = time.time
    models: Models = field(init=False)
    configs: EndpointConfigs = field(init=False)
    endpoints: Endpoints = field(init=False)
    transforms: TransformJobs = field(init=False)
    runtime: Runtime = field(init=False)

    def __post_init__(self) -> None:
        self.models = Models(self.host.clients, self.denies_pass_role)
        self.configs = EndpointConfigs(self.models.describe)
        self.endpoints = Endpoints(self.host, self.configs.describe, self.models.describe, self.clock)
        self.transforms = TransformJobs(self.host, self.models.describe)
        self.runtime = Runtime(self.endpoints.get, self.host.clients)
        self.endpoints.on_deleted = self.runtime.forget

    def operations(self, caller: str) -> dict[str, Operation]:
        """The operations of SageMaker's API, as the caller with this access key."""
        return (
            self.models.operations(caller)
            | self.configs.operations()
            | self.endpoints.operations()
            | self.transforms.operations()
        )

    def stop_all(self) -> None:
        """End every container: for the server's stop."""
        self.transforms.stop_all()
        self.endpoints.stop_all()
        self.runtime.stop()

    def reset(self) -> None:
        """End and forget everything."""
        self.transforms.reset()
        self.endpoints.reset()
        self.configs.reset()
        self.models.reset()

    def get_state(self) -> dict[str, AccountRegionScopedDict]:
        """What is to survive the server: an endpoint and a job end with it."""
        return {"_models": self.models.get_state(), "_configs": self.configs.get_state()}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take back what get_state gave."""
        self.models.load_state(state.get("_models", AccountRegionScopedDict()))
        self.configs.load_state(state.get("_configs", AccountRegionScopedDict()))
