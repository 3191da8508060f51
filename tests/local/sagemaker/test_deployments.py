"""Creations and updates of endpoints, by the developer guide's "Blue/Green Deployments" and "Auto-Rollback".

The clock is the test's: what waits, waits until a test moves it on.
"""

import io
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from hosting_stage import Stage
from machines import until

ROLLING = {
    "RollingUpdatePolicy": {
        "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
        "WaitIntervalInSeconds": 0,
    }
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, write_artefact: Callable[..., bytes]) -> Iterator[Stage]:
    """Models `one`, `two` and `broken`, each with a configuration of its name; `one` answers 1, `two` 2."""
    prepared = Stage(tmp_path_factory.mktemp("deployments"))
    for name, bias in (("one", 1.0), ("two", 2.0)):
        prepared.model(name, write_artefact([0.0], bias, 0.5, "LinearRegressionOutput"))
        prepared.config(name, {name: 1})
    prepared.model("broken", archive({"other": b"nothing"}))
    prepared.config("broken", {"broken": 1})
    prepared.model("hostile", archive({"../escaped": b"out"}))
    prepared.config("hostile", {"hostile": 1})
    prepared.objects.alarms |= {"errors": "OK"}
    yield prepared
    prepared.service.stop_all()


def archive(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def routing(kind: str, seconds: int, **size: Any) -> dict[str, Any]:
    policy = {"Type": kind, "WaitIntervalInSeconds": seconds, **size}
    return {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": policy, "TerminationWaitInSeconds": 60},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
    }


def percent(member: str, value: int) -> dict[str, Any]:
    return {member: {"Type": "CAPACITY_PERCENT", "Value": value}}


def updating(stage: Stage, name: str, config: str, deployment: dict[str, Any]) -> None:
    stage.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config, DeploymentConfig=deployment)


def baking(stage: Stage, name: str, share: int) -> None:
    """Wait until the green fleet bakes with this share of the traffic."""

    def status() -> tuple[str, str]:
        pending = stage.describe(name).get("PendingDeploymentSummary", {"ProductionVariants": []})
        for variant in pending["ProductionVariants"]:
            stage_now = variant["VariantStatus"][0]
            return stage_now["Status"], stage_now["StatusMessage"].partition(" ")[0]
        return "", ""

    until(lambda: status() == ("Baking", str(share)), bool, 60)


def shares(stage: Stage, name: str, requests: int = 10) -> Counter[float]:
    return Counter(stage.score(name, "0") for _ in range(requests))


def test_a_canary_gets_its_share_then_all_and_the_old_fleet_ends_after_its_wait(stage: Stage) -> None:
    stage.endpoint("canary", "one")
    updating(stage, "canary", "two", routing("CANARY", 300, **percent("CanarySize", 20)))

    baking(stage, "canary", 20)
    assert shares(stage, "canary") == {1.0: 8, 2.0: 2}
    assert stage.describe("canary")["EndpointStatus"] == "Updating"
    assert stage.describe("canary")["EndpointConfigName"] == "one"
    stage.now += 300
    baking(stage, "canary", 100)
    assert shares(stage, "canary") == {2.0: 10}
    stage.now += 300
    stage.now += 60

    described = stage.settled("canary")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "two")
    assert described["LastDeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"] == [{"AlarmName": "errors"}]
    assert "PendingDeploymentSummary" not in described


def test_an_alarm_while_a_fleet_bakes_takes_all_traffic_back(stage: Stage) -> None:
    stage.endpoint("alarmed", "one")
    updating(stage, "alarmed", "two", routing("LINEAR", 300, **percent("LinearStepSize", 50)))
    baking(stage, "alarmed", 50)

    stage.objects.alarms["errors"] = "ALARM"

    described = stage.settled("alarmed")
    stage.objects.alarms["errors"] = "OK"
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "one")
    assert "went into the ALARM state: errors" in described["FailureReason"]
    assert shares(stage, "alarmed") == {1.0: 10}


def test_alarms_that_are_out_of_reach_for_a_moment_take_nothing_back(stage: Stage) -> None:
    stage.endpoint("lost", "one")
    stage.objects.faults = [EndpointConnectionError(endpoint_url="http://127.0.0.1:1") for _ in range(3)]
    updating(stage, "lost", "two", routing("ALL_AT_ONCE", 0))
    baking(stage, "lost", 100)
    until(lambda: stage.objects.faults, lambda faults: not faults)
    stage.now += 60
    described = stage.settled("lost")
    assert (described["EndpointConfigName"], "FailureReason" in described) == ("two", False)


@pytest.mark.parametrize(
    "faults", [[EndpointConnectionError(endpoint_url="http://127.0.0.1:1")] * 60, [RuntimeError("unforeseen")]], ids=len
)
def test_update_ends_whatever_its_alarms_are(stage: Stage, faults: list[Exception]) -> None:
    name = f"ends-{len(faults)}"
    stage.endpoint(name, "one")
    stage.objects.faults = list(faults)
    updating(stage, name, "two", routing("ALL_AT_ONCE", 0))
    described = stage.settled(name)
    stage.objects.faults = []
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "one")
    assert str(faults[0]) in described["FailureReason"]


def test_linear_traffic_goes_over_in_steps(stage: Stage) -> None:
    stage.endpoint("linear", "one")
    updating(stage, "linear", "two", routing("LINEAR", 300, **percent("LinearStepSize", 40)))

    for share in (40, 80, 100):
        baking(stage, "linear", share)
        assert shares(stage, "linear")[2.0] == share / 10
        stage.now += 300
    stage.now += 60

    assert stage.settled("linear")["EndpointConfigName"] == "two"


def test_a_fleet_that_does_not_start_leaves_the_endpoint_as_it_was(stage: Stage) -> None:
    stage.endpoint("kept-up", "one")
    updating(stage, "kept-up", "broken", {})

    described = stage.settled("kept-up")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "one")
    assert described["FailureReason"].startswith("The primary container for production variant broken-variant")
    assert stage.score("kept-up", "0") == 1.0


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("broken", "did not pass the ping health check. Please check CloudWatch logs for this endpoint."),
        ("hostile", "Please ensure that the object located at the URL is a valid tar.gz archive"),
    ],
)
def test_an_endpoint_that_cannot_be_created_has_failed_with_a_reason(stage: Stage, config: str, reason: str) -> None:
    described = stage.endpoint(f"new-{config}", config)

    assert described["EndpointStatus"] == "Failed"
    assert reason in described["FailureReason"]
    with pytest.raises(ClientError, match="not found"):
        stage.ask(f"new-{config}", "0")


def test_why_a_container_did_not_start_is_in_its_log(stage: Stage) -> None:
    stage.endpoint("logged", "broken")

    why, group = "The model cannot be loaded: model_algo-1 is missing", "/aws/sagemaker/Endpoints/logged"
    until(lambda: stage.objects.lines.get(group, []), lambda lines: any(why in line for line in lines))


def test_while_an_endpoint_is_updated_nothing_else_may_change_it(stage: Stage) -> None:
    stage.endpoint("busy", "one")
    updating(stage, "busy", "two", routing("ALL_AT_ONCE", 300))
    baking(stage, "busy", 100)

    for call in (
        lambda: updating(stage, "busy", "one", {}),
        lambda: stage.sagemaker.delete_endpoint(EndpointName="busy"),
    ):
        with pytest.raises(ClientError, match='Cannot update in-progress endpoint "arn:aws:sagemaker'):
            call()
    stage.now += 400
    assert stage.settled("busy")["EndpointConfigName"] == "two"


def test_an_update_that_takes_too_long_is_rolled_back(stage: Stage) -> None:
    stage.endpoint("slow", "one")
    deployment = routing("CANARY", 3000, **percent("CanarySize", 10))
    deployment["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 600
    updating(stage, "slow", "two", deployment)
    baking(stage, "slow", 10)

    stage.now += 601

    described = stage.settled("slow")
    assert described["EndpointConfigName"] == "one"
    assert "MaximumExecutionTimeoutInSeconds" in described["FailureReason"]


def test_an_alarm_that_does_not_exist_rolls_back(stage: Stage) -> None:
    stage.endpoint("blind", "one")
    updating(stage, "blind", "two", {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "none"}]}})

    assert stage.settled("blind")["FailureReason"] == "There is no alarm none."


@pytest.mark.parametrize(
    ("deployment", "message"),
    [
        (routing("CANARY", 0, **percent("CanarySize", 60)), "CanarySize must be at most 50 percent"),
        (routing("LINEAR", 0, **percent("LinearStepSize", 5)), "LinearStepSize must be between 10 and 50"),
        (routing("CANARY", 0), "CanarySize is required"),
        (
            ROLLING,
            "RollingUpdatePolicy is not implemented",
        ),
    ],
)
def test_policies_that_sagemaker_refuses(stage: Stage, deployment: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        stage.sagemaker.create_endpoint(EndpointName="refused", EndpointConfigName="one", DeploymentConfig=deployment)
