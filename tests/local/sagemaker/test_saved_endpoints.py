"""What is kept of an endpoint: it survives a second end of the server, while its containers are still starting."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hosting_stage import Stage
from local.sagemaker.fleet import Fleet, Host
from local.sagemaker.saving import EndpointState, part
from machines import until


@pytest.fixture
def make_stage(tmp_path: Path, write_artefact: Callable[..., bytes]) -> Iterator[Callable[[], Stage]]:
    """Makes servers one after the other; each has the artefacts of `sum` and `even` in its S3."""
    stages: list[Stage] = []

    def make() -> Stage:
        stage = Stage(tmp_path / str(len(stages)))
        for name, weight in (("sum", 1.0), ("even", 0.0)):
            artefact = write_artefact([weight, weight], 0.0, 0.5)
            stage.objects.content[f"models/{name}/model.tar.gz"] = artefact
        stages.append(stage)
        return stage

    yield make
    for stage in stages:
        stage.service.stop_all()


def state_of(stage: Stage) -> EndpointState:
    (state,) = part(stage.service).take()["endpoints"].to_dict().values()
    return state


def define(stage: Stage) -> None:
    for name in ("sum", "even"):
        stage.model(name, stage.objects.content[f"models/{name}/model.tar.gz"])
    stage.config("both", {"sum": 3, "even": 1})


def weights(stage: Stage) -> dict[str, float]:
    return {each["VariantName"]: each["CurrentWeight"] for each in stage.describe("rides")["ProductionVariants"]}


def test_weights_and_models_outlast_a_second_end_while_containers_start(make_stage: Callable[[], Stage]) -> None:
    first = make_stage()
    define(first)
    first.endpoint("rides", "both")
    changes = [{"VariantName": "sum-variant", "DesiredWeight": 0.25, "DesiredInstanceCount": 2}]
    first.sagemaker.update_endpoint_weights_and_capacities(EndpointName="rides", DesiredWeightsAndCapacities=changes)
    until(lambda: first.describe("rides")["EndpointStatus"], lambda status: status == "InService", 60)

    second, third = make_stage(), make_stage()
    part(second.service).put_back(part(first.service).take())
    assert second.describe("rides")["EndpointStatus"] == "SystemUpdating"
    # The second server ends before a container of it has answered.
    part(third.service).put_back(part(second.service).take())
    assert state_of(third).weights == {"sum-variant": (0.25, 2), "even-variant": (1, 1)}
    assert state_of(third).definition == state_of(first).definition

    part(third.service).go_on()
    until(lambda: third.describe("rides")["EndpointStatus"], lambda status: status == "InService", 60)
    assert weights(third) == {"sum-variant": 0.25, "even-variant": 1}


def test_an_endpoint_whose_containers_start_for_the_first_time_is_started_again(
    make_stage: Callable[[], Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, start = threading.Event(), Fleet.start

    def late(fleet: Fleet, host: Host) -> None:
        goes_on.wait()
        start(fleet, host)

    monkeypatch.setattr(Fleet, "start", late)
    first, second = make_stage(), make_stage()
    try:
        define(first)
        first.sagemaker.create_endpoint(EndpointName="rides", EndpointConfigName="both")
        state: Any = part(first.service).take()
    finally:
        goes_on.set()

    part(second.service).put_back(state)
    part(second.service).go_on()

    until(lambda: second.describe("rides")["EndpointStatus"], lambda status: status == "InService", 60)
    assert weights(second) == {"sum-variant": 3, "even-variant": 1}


def test_the_reason_of_an_update_that_was_interrupted_outlasts_a_second_end(make_stage: Callable[[], Stage]) -> None:
    first = make_stage()
    define(first)
    first.endpoint("rides", "both")
    assert first.service.hosting.endpoints._endpoints.to_dict()
    for endpoint in first.service.hosting.endpoints._endpoints.to_dict().values():
        endpoint.begin("Updating")

    second, third = make_stage(), make_stage()
    part(second.service).put_back(part(first.service).take())
    part(third.service).put_back(part(second.service).take())

    assert state_of(third).failure_reason == "The embedded AWS ended while the endpoint was updated."
