"""What is kept of SageMaker: jobs, models, configurations, endpoints, tags.

A job that was under way when the server ended has failed with it. The containers of an endpoint have ended too: they
are started again from the configuration and models that the endpoint had, with its weights; until they answer, its
status is SystemUpdating. An update of an endpoint that was under way is as if it had been rolled back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import AccountRegionScopedDict

from local.persistence.parts import Part
from local.sagemaker.endpoint import Endpoint
from local.sagemaker.endpoints import Endpoints
from local.sagemaker.fleet import Capacities, Definition, Fleet
from local.sagemaker.service import SageMakerService
from local.sagemaker.transform_jobs import ENDED, TransformJob, TransformJobs

_ROLLED_BACK = "The embedded AWS ended while the endpoint was updated."
_LOST = "InternalServerError: the embedded AWS ended while the job was under way."


@dataclass(frozen=True)
class EndpointState:
    """An endpoint as it is written: `definition` is what it answers by, or is to; None where its creation failed."""

    name: str
    arn: str
    region: str
    config_name: str
    status: str
    failure_reason: str
    created: float
    modified: float
    last_deployment: Mapping[str, Any] | None
    definition: Definition | None
    weights: Capacities


def part(service: SageMakerService) -> Part:
    """All of it, in the form of the service's own state."""
    endpoints, transforms = service.hosting.endpoints, service.hosting.transforms

    def take() -> dict[str, Any]:
        # Nothing is copied, as the service's own get_state does under the jobs' locks: no other thread is left.
        return {
            "_jobs": _values(service._jobs, lambda job: job._description),
            "_tags": service._tags,
            "_models": service.hosting.models._models,
            "_configs": service.hosting.configs._configs,
            "_tuning_jobs": _values(service._tuning._jobs, _tuning_job),
            "endpoints": _values(endpoints._endpoints, state_of_endpoint),
            "transforms": _values(transforms._jobs, lambda job: job.description),
        }

    def put_back(state: dict[str, Any]) -> None:
        service.load_persisted_state(state)
        _put_back_transforms(transforms, state["transforms"])
        _put_back_endpoints(endpoints, state["endpoints"])

    return Part("sagemaker", take, put_back, endpoints.start_again)


def _values(store: AccountRegionScopedDict, value_of: Any) -> AccountRegionScopedDict:
    return AccountRegionScopedDict.from_dict({key: value_of(value) for key, value in store.to_dict().items()})


def _tuning_job(job: Any) -> dict[str, Any]:
    children = [{"name": each.job.name, "chosen": each.chosen} for each in job._children]
    return {"description": job._description, "children": children}


def state_of_endpoint(endpoint: Endpoint) -> EndpointState:
    """An endpoint as it is to be written."""
    fleet: Fleet | None = endpoint.blue or endpoint.green
    return EndpointState(
        endpoint.name,
        endpoint.arn,
        endpoint.region,
        endpoint.config_name,
        endpoint.status,
        endpoint.failure_reason,
        endpoint.created,
        endpoint.modified,
        endpoint.last_deployment,
        fleet.definition if fleet else None,
        fleet.capacities() if fleet else {},
    )


def _put_back_endpoints(endpoints: Endpoints, states: AccountRegionScopedDict) -> None:
    for (account_id, region, name), each in states.to_dict().items():
        if each.status == "Deleting":
            continue
        endpoint = Endpoint(name, each.arn, each.region, each.config_name, endpoints.clock)
        endpoint.status, endpoint.failure_reason = each.status, each.failure_reason
        endpoint.created, endpoint.modified = each.created, each.modified
        endpoint.last_deployment = each.last_deployment
        endpoints._endpoints.set_scoped(account_id, region, name, endpoint)
        if each.definition is not None:
            reason = _ROLLED_BACK if each.status in ("Updating", "RollingBack") else each.failure_reason
            endpoints.start_later(endpoint, each.definition, each.weights, reason)


def _put_back_transforms(transforms: TransformJobs, states: AccountRegionScopedDict) -> None:
    for (account_id, region, name), description in states.to_dict().items():
        job = TransformJob.ended(description, region, transforms.host)
        if description["TransformJobStatus"] not in ENDED:
            job.move("Failed", FailureReason=_LOST)
        transforms._jobs.set_scoped(account_id, region, name, job)
