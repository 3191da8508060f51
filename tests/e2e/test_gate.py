"""What goes live and what does not: one stack, whose champion is challenged again and again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cli import executions
from commands import runner, use_record, write_below
from promotions import ask_function, bring_back_trained, traces
from stacks import SAMPLE_RIDES, MakeStack, Stack

pytestmark = pytest.mark.proof

RIDE = {"distance": 30, "healthpoints": 30, "magicpoints": 2500, "TMAX": 333, "TMIN": 300, "PRCP": 0}


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    """A stack with the sample's rides, and no champion."""
    stack = make_stack()
    stack.upload(SAMPLE_RIDES)
    return stack


@pytest.fixture(scope="module")
def evaluation_only(stack: Stack) -> dict[str, Any]:
    """The first retraining, which is not to go live, and what the API answers after it."""
    output = stack.retrain(promote=False)
    return output | {"answer": stack.ask(RIDE)}


@pytest.fixture(scope="module")
def first_output(stack: Stack, evaluation_only: dict[str, Any]) -> dict[str, Any]:
    """The first to go live: trained so briefly that there is a better one."""
    return stack.retrain(hyperparameters={"epochs": 15})


@pytest.fixture
def first(stack: Stack, first_output: dict[str, Any]) -> dict[str, Any]:
    """The same, live again."""
    bring_back_trained(stack, first_output)
    return first_output


def live(stack: Stack) -> str:
    """The execution whose model answers."""
    status, answer = stack.ask(RIDE)
    assert status == 200
    return answer["model"]


def card(stack: Stack, output: dict[str, Any]) -> dict[str, Any]:
    return json.loads(stack.read(output["metrics"]["card"]))


def test_promote_false_judges_and_leaves_the_api_without_a_model(stack: Stack, evaluation_only: dict[str, Any]) -> None:
    assert (evaluation_only["promoted"], evaluation_only["live_model_path"]) == (False, "none")
    assert evaluation_only["verdict"]["reason"].endswith("it would go live, but the input has promote: false.")
    assert card(stack, evaluation_only)["live"] is None
    status, answer = evaluation_only["answer"]
    assert (status, "no model has been promoted yet" in answer["detail"]) == (503, True)


def test_first_model_goes_live_for_beating_the_constant_prediction(stack: Stack, first: dict[str, Any]) -> None:
    assert first["promoted"]
    assert first["live_model_path"] == first["model_path"]
    assert first["verdict"]["reason"].startswith("There is no champion, and log loss 0.11")
    assert "calibration gap 0.0" in first["verdict"]["reason"]
    assert live(stack) == first["execution"]


def test_card_says_what_the_model_was_made_from(stack: Stack, first: dict[str, Any]) -> None:
    written = card(stack, first)
    lineage = written["lineage"]
    assert lineage["rides"]["objects"] == len(stack.keys("processed/"))
    assert lineage["weather"]["objects"] == len(stack.keys(f"weather/{first['execution']}/")) > 0
    assert lineage["rows"]["objects"] == len(stack.keys(f"training-sets/{first['execution']}/")) >= 3
    assert lineage["state_machine"] == stack.outputs["StateMachineArn"]
    assert lineage["unsettled_rides"]["objects"] == 0
    assert lineage["image"]["uri"].endswith(f"/linear-learner@{lineage['image']['digest']}")
    assert lineage["training"]["image"] == lineage["image"]["uri"]
    # The size that the workflow derived from the rows is one of them.
    assert written["hyperparameters"]["mini_batch_size"] == str(first["training_set"]["mini_batch_size"])
    assert written["training_set"] == first["training_set"]
    assert list(written["training"]) == first["features"]
    assert written["verdict"] == first["verdict"]


def test_golden_ride_gets_the_same_answer_over_http(stack: Stack, first: dict[str, Any]) -> None:
    golden = first["metrics"]["golden"]
    status, answer = stack.ask(golden["ride"])
    assert (status, answer["probability"]) == (200, golden["probability"])


def entered(events: list[dict[str, Any]]) -> list[str]:
    """The states that the events enter."""
    return [each["stateEnteredEventDetails"]["name"] for each in events if "stateEnteredEventDetails" in each]


@contextmanager
def denied(stack: Stack, action: str) -> Iterator[None]:
    """The workflow may not do this for a while."""
    resource = {"StackName": stack.name, "LogicalResourceId": "RetrainRole"}
    described = stack.client("cloudformation").describe_stack_resource(**resource)
    policy = {"RoleName": described["StackResourceDetail"]["PhysicalResourceId"], "PolicyName": "denied"}
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    stack.client("iam").put_role_policy(**policy, PolicyDocument=document)
    try:
        yield
    finally:
        stack.client("iam").delete_role_policy(**policy)


def test_retraining_that_failed_is_redriven_and_repeats_nothing(
    stack: Stack,
    evaluation_only: dict[str, Any],
    first: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    with denied(stack, "athena:GetQueryResults"):
        arn = stack.start()
        described = stack.ended(arn)
    assert (described["status"], "not authorized" in described["cause"]) == ("FAILED", True), described
    before = executions.history(stack.command_stack, arn)
    assert entered(before)[-1] == "Read counts"
    use_record(monkeypatch, stack.server)
    write_below(monkeypatch, tmp_path)
    ran = runner(stack, capsys, "--json")("redrive", arn.rpartition(":")[2])
    assert ran.code == 0, ran
    after = executions.history(stack.command_stack, arn)[len(before) :]
    assert (after[0]["type"], entered(after)[0]) == ("ExecutionRedriven", "Read counts")
    assert not set(entered(after)[1:]) & set(entered(before))
    again = json.loads(stack.ended(arn)["output"])
    # As one that nothing disturbed, to the byte.
    assert again["training_set"] == evaluation_only["training_set"]
    assert stack.read(again["model_path"]) == stack.read(evaluation_only["model_path"])
    # It is as good as the champion, and does not go live.
    assert (again["promoted"], again["live_model_path"]) == (False, first["model_path"])
    assert ": both models say the same of every test row; " in again["verdict"]["reason"]
    assert live(stack) == first["execution"]


def test_worse_model_does_not_go_live(stack: Stack, first: dict[str, Any]) -> None:
    worse = stack.retrain(hyperparameters={"epochs": 3})
    apart = card(stack, worse)["differences"]["log_loss"]
    assert 0 < apart["low"] < apart["difference"] < apart["high"]
    # Each candidate that could have gone live is counted at the champion.
    assert card(stack, worse)["comparison"]["number"] == len(stack.keys(f"models/{first['execution']}/comparisons/"))
    assert not worse["promoted"]
    assert live(stack) == first["execution"]


def test_other_features_need_force(stack: Stack, first: dict[str, Any]) -> None:
    fewer = stack.retrain(features=["distance", "magicpoints"])
    assert not fewer["promoted"]
    assert "is of the features distance, healthpoints, magicpoints" in fewer["verdict"]["reason"]
    assert card(stack, fewer)["differences"] == {}
    assert live(stack) == first["execution"]


def test_other_task_goes_live_beside_it_and_is_challenged_by_its_own(stack: Stack, first: dict[str, Any]) -> None:
    before = traces(stack, "heavy_utilization")
    other = stack.retrain(task="service_requested")
    assert (other["promoted"], other["task"]) == (True, "service_requested")
    assert card(stack, other)["live"] is None
    prefix = f"models/service_requested/{other['execution']}/"
    assert (other["model_path"].startswith(prefix), other["metrics"]["card"]) == (True, f"{prefix}card.json")
    # `target` is another name for the field. It is compared with the champion of its task.
    again = stack.retrain(target="service_requested")
    assert (again["promoted"], again["live_model_path"]) == (False, other["model_path"])
    assert card(stack, again)["live"]["execution"] == other["execution"]
    assert ask_function(stack, "service_requested", RIDE)[1]["model"] == other["execution"]
    assert live(stack) == first["execution"]
    assert traces(stack, "heavy_utilization") == before


def test_better_model_goes_live_once_it_is_better_by_what_is_asked(stack: Stack, first: dict[str, Any]) -> None:
    # What callers ask is captured, and asked again.
    assert live(stack) == first["execution"]
    stack.server.request("/_local/clock", advance_seconds=61)
    better = stack.retrain(hyperparameters={"epochs": 30}, min_improvement=0.05, max_score_change=1e-9)
    assert not better["promoted"]
    assert "by 0.05 or more" in better["verdict"]["reason"]
    assert "on average, more than max_score_change 1e-09" in better["verdict"]["reason"]
    assert card(stack, better)["score_changes"]["rows"] > 0
    assert live(stack) == first["execution"]
    better = stack.retrain(hyperparameters={"epochs": 30}, min_improvement=0.005)
    assert better["promoted"]
    assert card(stack, better)["live"]["execution"] == first["execution"]
    assert live(stack) == better["execution"]
    # And what was live does not come back by itself.
    assert not stack.retrain()["promoted"]
