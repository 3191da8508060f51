"""Models: an image, an artefact and a role. CreateModel, DescribeModel, DeleteModel, ListModels.

Refusals are worded as SageMaker words them. It looks at the artefact before there is a model, as the model's role.
"""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError
from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from local.sagemaker import images
from local.sagemaker.arns import arn
from local.sagemaker.errors import AccessDeniedError, ApiError, UnsupportedError
from local.sagemaker.listing import Kind, page_of
from local.sagemaker.validation import Location

# (service, role ARN) -> a client that acts as the role. Raises PermissionError.
Clients = Callable[[str, str], BaseClient]
# (caller's access key id, role ARN) -> why the caller may not pass the role to SageMaker, or None.
PassRoleDenial = Callable[[str, str], str | None]
Operation = Callable[[dict[str, Any]], dict[str, Any]]

_KIND = Kind("Models", "ModelName")
_UNSUPPORTED = ("InferenceExecutionConfig",)
_UNSUPPORTED_IN_CONTAINER = (
    "AdditionalModelDataSources",
    "ImageConfig",
    "InferenceSpecificationName",
    "ModelDataSource",
    "ModelPackageName",
    "MultiModelConfig",
)
_NOT_DESCRIBED = ("Tags",)


@dataclass
class Models:
    """The models of all accounts and regions."""

    clients: Clients
    denies_pass_role: PassRoleDenial
    _models: AccountRegionScopedDict = field(default_factory=AccountRegionScopedDict)

    def operations(self, caller: str) -> dict[str, Operation]:
        """The API's operations, as `caller`."""
        return {
            "CreateModel": lambda request: self._create(request, caller),
            "DescribeModel": lambda request: self.describe(request["ModelName"]),
            "DeleteModel": self._delete,
            "ListModels": lambda request: page_of(map(_summary, self._models.values()), request, _KIND),
        }

    def describe(self, name: str) -> dict[str, Any]:
        """DescribeModel's answer. Raises ApiError where there is no such model."""
        model = self._models.get(name)
        if model is None:
            raise ApiError(f'Could not find model "{_arn(name)}".')
        return copy.deepcopy(model)

    def _create(self, request: dict[str, Any], caller: str) -> dict[str, Any]:
        name = request["ModelName"]
        container = _checked_container(request, get_region())
        if name in self._models:
            raise ApiError(f'Cannot create already existing model "{_arn(name)}".')
        denial = self.denies_pass_role(caller, request["ExecutionRoleArn"])
        if denial is not None:
            raise AccessDeniedError(denial)
        self._check_data(container["ModelDataUrl"], request["ExecutionRoleArn"])
        model = {key: copy.deepcopy(value) for key, value in request.items() if key not in _NOT_DESCRIBED}
        model |= {
            "ModelArn": _arn(name),
            "CreationTime": time.time(),
            "EnableNetworkIsolation": bool(request.get("EnableNetworkIsolation")),
        }
        if self._models.setdefault(name, model) is not model:
            raise ApiError(f'Cannot create already existing model "{_arn(name)}".')
        return {"ModelArn": _arn(name)}

    def _check_data(self, uri: str, role: str) -> None:
        place = Location.of(uri)
        try:
            self.clients("s3", role).head_object(  # pyright: ignore[reportAttributeAccessIssue]
                Bucket=place.bucket, Key=place.prefix
            )
        except PermissionError as error:
            raise ApiError(
                f"Could not assume role {role}. Please ensure that the role exists and allows principal "
                f"'sagemaker.amazonaws.com' to assume the role. {error}"
            ) from error
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                raise ApiError(f"Could not find model data at {uri}.") from error
            raise ApiError(
                f'Could not access model data at {uri}. Please ensure that the role "{role}" exists and that its '
                'trust relationship policy allows the action "sts:AssumeRole" for the service principal '
                '"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the '
                f"object is located in {get_region()}."
            ) from error

    def _delete(self, request: dict[str, Any]) -> dict[str, Any]:
        self.describe(request["ModelName"])
        del self._models[request["ModelName"]]
        return {}

    def reset(self) -> None:
        """Forget every model."""
        self._models.clear()

    def get_state(self) -> AccountRegionScopedDict:
        """What is to survive the server."""
        return AccountRegionScopedDict.from_dict(copy.deepcopy(self._models.to_dict()))

    def load_state(self, state: AccountRegionScopedDict) -> None:
        """Take back what get_state gave."""
        self._models = state


def _arn(name: str) -> str:
    return arn("model", name, get_region(), get_account_id())


def _summary(model: dict[str, Any]) -> dict[str, Any]:
    return {key: model[key] for key in ("ModelName", "ModelArn", "CreationTime")}


def _checked_container(request: dict[str, Any], region: str) -> dict[str, Any]:
    """The one container of a request. Raises ApiError for what SageMaker refuses or what cannot run here."""
    for member in _UNSUPPORTED:
        if request.get(member):
            raise UnsupportedError(f"{member} of CreateModel is not implemented by the embedded AWS.")
    containers = request.get("Containers") or []
    if bool(request.get("PrimaryContainer")) == bool(containers):
        raise ApiError("Exactly one of PrimaryContainer and Containers must be given.")
    if len(containers) > 1:
        raise UnsupportedError("A pipeline of containers is not implemented by the embedded AWS.")
    container = request.get("PrimaryContainer") or containers[0]
    _check_container(container, region)
    if not request.get("ExecutionRoleArn"):
        raise ApiError("ExecutionRoleArn is required to create a model whose data are in S3.")
    return container


def _check_container(container: dict[str, Any], region: str) -> None:
    for member in _UNSUPPORTED_IN_CONTAINER:
        if container.get(member):
            raise UnsupportedError(f"{member} of a container is not implemented by the embedded AWS.")
    if container.get("Mode", "SingleModel") != "SingleModel":
        raise UnsupportedError("Several models in one container are not implemented by the embedded AWS.")
    for member in ("Image", "ModelDataUrl"):
        if not container.get(member):
            raise ApiError(f"{member} is required to create a model for a built-in algorithm.")
    Location.of(container["ModelDataUrl"])
    images.find(container["Image"], region)
