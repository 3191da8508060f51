"""Endpoint configurations: variants, their models and weights, and what is captured.

CreateEndpointConfig, DescribeEndpointConfig, DeleteEndpointConfig, ListEndpointConfigs. An endpoint has a copy of its
configuration and models, so that either may be deleted while the endpoint answers.
"""

import copy
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from local.sagemaker.arns import arn
from local.sagemaker.errors import ApiError, UnsupportedError
from local.sagemaker.listing import Kind, page_of
from local.sagemaker.validation import Location

_LOGGER = logging.getLogger(__name__)
Operation = Callable[[dict[str, Any]], dict[str, Any]]

_KIND = Kind("EndpointConfigs", "EndpointConfigName")
_UNSUPPORTED = ("AsyncInferenceConfig", "ExplainerConfig", "ShadowProductionVariants", "MetricsConfig")
# A VPC and a key's volume have nothing to act on here.
_IDLE = ("VpcConfig", "EnableNetworkIsolation", "KmsKeyId")
_UNSUPPORTED_IN_VARIANT = ("ServerlessConfig", "CoreDumpConfig", "ManagedInstanceScaling", "CapacityReservationConfig")
_NOT_DESCRIBED = ("Tags",)


@dataclass
class EndpointConfigs:
    """The configurations of all accounts and regions. `model` describes a model, or raises ApiError."""

    model: Callable[[str], dict[str, Any]]
    _configs: AccountRegionScopedDict = field(default_factory=AccountRegionScopedDict)

    def operations(self) -> dict[str, Operation]:
        """The API's operations."""
        return {
            "CreateEndpointConfig": self._create,
            "DescribeEndpointConfig": lambda request: self.describe(request["EndpointConfigName"]),
            "DeleteEndpointConfig": self._delete,
            "ListEndpointConfigs": lambda request: page_of(map(_summary, self._configs.values()), request, _KIND),
        }

    def describe(self, name: str) -> dict[str, Any]:
        """DescribeEndpointConfig's answer. Raises ApiError where there is no such configuration."""
        config = self._configs.get(name)
        if config is None:
            raise ApiError(f'Could not find endpoint configuration "{_arn(name)}".')
        return copy.deepcopy(config)

    def _create(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["EndpointConfigName"]
        for member in _UNSUPPORTED:
            if request.get(member):
                raise UnsupportedError(f"{member} of CreateEndpointConfig is not implemented by the embedded AWS.")
        variants = [self._checked_variant(variant) for variant in request["ProductionVariants"]]
        names = [variant["VariantName"] for variant in variants]
        if len(set(names)) < len(names):
            raise ApiError(f"Variant names must be unique: {', '.join(names)}")
        _check_capture(request.get("DataCaptureConfig"))
        if idle := [member for member in _IDLE if request.get(member)]:
            _LOGGER.warning("Endpoint configuration %s: no effect here of %s", name, ", ".join(idle))
        config = {key: copy.deepcopy(value) for key, value in request.items() if key not in _NOT_DESCRIBED}
        config |= {
            "ProductionVariants": variants,
            "EndpointConfigArn": _arn(name),
            "CreationTime": time.time(),
            "EnableNetworkIsolation": bool(request.get("EnableNetworkIsolation")),
        }
        if self._configs.setdefault(name, config) is not config:
            raise ApiError(f'Cannot create already existing endpoint configuration "{_arn(name)}".')
        return {"EndpointConfigArn": _arn(name)}

    def _checked_variant(self, variant: dict[str, Any]) -> dict[str, Any]:
        for member in _UNSUPPORTED_IN_VARIANT:
            if variant.get(member):
                raise UnsupportedError(f"{member} of a production variant is not implemented by the embedded AWS.")
        if not variant.get("ModelName"):
            raise UnsupportedError("A variant of inference components is not implemented by the embedded AWS.")
        for member in ("InstanceType", "InitialInstanceCount"):
            if not variant.get(member):
                raise ApiError(f"{member} is required for the production variant {variant['VariantName']}.")
        self.model(variant["ModelName"])
        return {"InitialVariantWeight": 1.0, **copy.deepcopy(variant)}

    def _delete(self, request: dict[str, Any]) -> dict[str, Any]:
        self.describe(request["EndpointConfigName"])
        del self._configs[request["EndpointConfigName"]]
        return {}

    def reset(self) -> None:
        """Forget every configuration."""
        self._configs.clear()

    def get_state(self) -> AccountRegionScopedDict:
        """What is to survive the server."""
        return AccountRegionScopedDict.from_dict(copy.deepcopy(self._configs.to_dict()))

    def load_state(self, state: AccountRegionScopedDict) -> None:
        """Take back what get_state gave."""
        self._configs = state


def _arn(name: str) -> str:
    return arn("endpoint-config", name, get_region(), get_account_id())


def _summary(config: dict[str, Any]) -> dict[str, Any]:
    return {key: config[key] for key in ("EndpointConfigName", "EndpointConfigArn", "CreationTime")}


def _check_capture(capture: dict[str, Any] | None) -> None:
    """Raise ApiError for a DataCaptureConfig that cannot be followed."""
    if capture is None:
        return
    Location.of(capture["DestinationS3Uri"])
    if not capture.get("CaptureOptions"):
        raise ApiError("CaptureOptions of DataCaptureConfig is required.")
