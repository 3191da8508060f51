"""Endpoints on the wire: CreateEndpoint, UpdateEndpoint, UpdateEndpointWeightsAndCapacities, DeleteEndpoint,
DescribeEndpoint and ListEndpoints. Refusals are worded as SageMaker words them.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from local.sagemaker.arns import arn
from local.sagemaker.deployment import Deployment, Policy
from local.sagemaker.endpoint import Endpoint
from local.sagemaker.errors import ApiError
from local.sagemaker.fleet import Capacities, Definition, Fleet, Host
from local.sagemaker.listing import Kind, page_of

Describe = Callable[[str], dict[str, Any]]
Operation = Callable[[dict[str, Any]], dict[str, Any]]
_KIND = Kind("Endpoints", "EndpointName", "EndpointStatus")
_JOIN_SECONDS = 10.0


@dataclass
class Endpoints:
    """The endpoints of all accounts and regions. `config` and `model` describe what they are made from."""

    host: Host
    config: Describe
    model: Describe
    clock: Callable[[], float] = time.time
    # Told of an endpoint when it has been deleted.
    on_deleted: Callable[[Endpoint], None] = lambda _: None
    _endpoints: AccountRegionScopedDict = field(default_factory=AccountRegionScopedDict)
    _is_ending: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    # What starts the containers of endpoints that were kept, by the endpoint's name.
    _waiting: list[tuple[str, Callable[[], None]]] = field(default_factory=list)

    def operations(self) -> dict[str, Operation]:
        """The API's operations."""
        return {
            "CreateEndpoint": self._create,
            "UpdateEndpoint": self._update,
            "UpdateEndpointWeightsAndCapacities": self._update_weights,
            "DeleteEndpoint": self._delete,
            "DescribeEndpoint": lambda request: self._endpoint(request["EndpointName"]).describe(),
            "ListEndpoints": lambda request: page_of(
                (endpoint.summary() for endpoint in self._endpoints.values()), request, _KIND
            ),
        }

    def get(self, name: str) -> Endpoint | None:
        """The endpoint of this name in the request's account and region."""
        return self._endpoints.get(name)

    def _endpoint(self, name: str) -> Endpoint:
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            raise ApiError(f'Could not find endpoint "{_arn(name)}".')
        return endpoint

    def _create(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["EndpointName"]
        definition = self._definition(name, request["EndpointConfigName"])
        # Nothing is replaced by a creation; what is said of alarms and steps holds for later updates alone.
        deployment_config = request.get("DeploymentConfig")
        if deployment_config:
            Policy.of(deployment_config, _instances(definition))
        endpoint = Endpoint(name, _arn(name), get_region(), request["EndpointConfigName"], self.clock)
        endpoint.last_deployment = deployment_config
        deployment = self._deployment(endpoint, definition)
        fleet = deployment.prepare()
        if self._endpoints.setdefault(name, endpoint) is not endpoint:
            raise ApiError(f'Cannot create already existing endpoint "{_arn(name)}".')
        self._run(lambda: deployment.create(fleet), f"creation of endpoint {name}")
        return {"EndpointArn": endpoint.arn}

    def _update(self, request: dict[str, Any]) -> dict[str, Any]:
        endpoint = self._endpoint(request["EndpointName"])
        definition = self._definition(endpoint.name, request["EndpointConfigName"])
        config = request.get("DeploymentConfig") or {}
        if request.get("RetainDeploymentConfig"):
            config = endpoint.last_deployment or {}
        policy = Policy.of(config, _instances(definition))
        weights = {}
        if request.get("RetainAllVariantProperties"):
            excluded = {each["VariantPropertyType"] for each in request.get("ExcludeRetainedVariantProperties") or []}
            weights = _retained(endpoint.blue, definition, excluded)
        if endpoint.blue is None or not endpoint.begin("Updating"):
            raise ApiError(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        deployment = self._deployment(endpoint, definition, weights)
        self._run(lambda: deployment.update(policy, config), f"update of endpoint {endpoint.name}")
        return {"EndpointArn": endpoint.arn}

    def _update_weights(self, request: dict[str, Any]) -> dict[str, Any]:
        endpoint = self._endpoint(request["EndpointName"])
        fleet = endpoint.blue
        changes = request["DesiredWeightsAndCapacities"]
        unknown = [each["VariantName"] for each in changes if fleet and each["VariantName"] not in fleet.variants]
        if unknown:
            raise ApiError(f"The variants {', '.join(unknown)} are not part of endpoint {endpoint.arn}.")
        if fleet is None or not endpoint.begin("Updating"):
            raise ApiError(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        for change in changes:
            variant = fleet.variants[change["VariantName"]]
            variant.weight = change.get("DesiredWeight", variant.weight)
            variant.instances = change.get("DesiredInstanceCount", variant.instances)
        fleet.share()
        # No instance has to be started: one process is what a variant has, whatever their number.
        endpoint.move("InService")
        return {"EndpointArn": endpoint.arn}

    def _delete(self, request: dict[str, Any]) -> dict[str, Any]:
        endpoint = self._endpoint(request["EndpointName"])
        if not endpoint.begin("Deleting"):
            raise ApiError(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        account, region = get_account_id(), get_region()

        def delete() -> None:
            if endpoint.blue is not None:
                endpoint.blue.stop()
            self.on_deleted(endpoint)
            self._endpoints.pop_scoped(account, region, endpoint.name)

        self._run(delete, f"deletion of endpoint {endpoint.name}")
        return {}

    def _definition(self, name: str, config_name: str) -> Definition:
        config = self.config(config_name)
        models = {variant["ModelName"]: self.model(variant["ModelName"]) for variant in config["ProductionVariants"]}
        return Definition(name, get_region(), config, models)

    def _deployment(self, endpoint: Endpoint, definition: Definition, weights: Capacities | None = None) -> Deployment:
        return Deployment(endpoint, definition, self.host, self.clock, self._is_ending, weights or {})

    def _run(self, action: Callable[[], None], name: str) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=action, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def start_later(self, endpoint: Endpoint, definition: Definition, weights: Capacities, reason: str) -> None:
        """Have the containers of an endpoint that was kept start once the server listens."""
        endpoint.status, endpoint.failure_reason = "SystemUpdating", reason
        deployment = self._deployment(endpoint, definition, weights)
        fleet = deployment.prepare()
        self._waiting.append((endpoint.name, lambda: deployment.create(fleet, reason)))

    def start_again(self) -> None:
        """Start the containers of the endpoints that were kept."""
        for name, create in self._waiting:
            self._run(create, f"start of endpoint {name}")
        self._waiting.clear()

    def stop_all(self) -> None:
        """End every container: for the server's stop."""
        self._is_ending.set()
        endpoints = list(self._endpoints.to_dict().values())
        fleets = [fleet for endpoint in endpoints for fleet in (endpoint.blue, endpoint.green) if fleet is not None]
        for fleet in fleets:
            fleet.stop()
        for thread in self._threads:
            thread.join(_JOIN_SECONDS)
        # A fleet that was being started then.
        for endpoint in endpoints:
            for fleet in (endpoint.blue, endpoint.green):
                if fleet is not None:
                    fleet.stop()

    def reset(self) -> None:
        """End and forget every endpoint."""
        self.stop_all()
        self._endpoints.clear()
        self._threads.clear()
        self._is_ending = threading.Event()


def _arn(name: str) -> str:
    return arn("endpoint", name, get_region(), get_account_id())


def _instances(definition: Definition) -> int:
    return sum(variant["InitialInstanceCount"] for variant in definition.config["ProductionVariants"])


def _retained(blue: Fleet | None, definition: Definition, excluded: set[str]) -> dict[str, tuple[float, int]]:
    """Weights and instances of the variants that stay, as they are now."""
    weights = {}
    for variant in definition.config["ProductionVariants"]:
        present = blue.variants.get(variant["VariantName"]) if blue else None
        if present is not None:
            keeps_weight, keeps_count = "DesiredWeight" not in excluded, "DesiredInstanceCount" not in excluded
            weights[present.name] = (
                present.weight if keeps_weight else variant["InitialVariantWeight"],
                present.instances if keeps_count else variant["InitialInstanceCount"],
            )
    return weights
