"""Several algorithms in one execution: each is a candidate, one that fails loses, and the best comes to the gate."""

import json
from typing import Any

import pytest

from stacks import SAMPLE_RIDES, MakeStack, Stack

FEW = min(SAMPLE_RIDES, key=lambda path: path.stat().st_size)


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    made = make_stack()
    made.upload([FEW])
    return made


def card_of(stack: Stack, output: dict[str, Any]) -> dict[str, Any]:
    return json.loads(stack.read(output["metrics"]["card"]))


def test_best_of_the_algorithms_is_the_candidate_and_one_that_fails_loses(stack: Stack) -> None:
    algorithms = ["linear-learner", "xgboost"]
    output = stack.retrain(
        promote=False,
        algorithms=algorithms,
        hyperparameters={"linear-learner": {"mini_batch_size": 100_000}, "xgboost": {"num_round": 5}},
    )
    card = card_of(stack, output)
    name = output["execution"]
    assert card["algorithm"] == "xgboost"
    assert card["model_path"] == f"models/{name}/{name}-xgboost/output/model.tar.gz"
    candidates = {each["algorithm"]: each for each in card["candidates"]}
    assert list(candidates) == algorithms
    assert "mini_batch_size" in candidates["linear-learner"]["error"]
    assert candidates["xgboost"]["value"] == pytest.approx(output["metrics"]["log_loss"])
    training = card["lineage"]["training"]
    assert "/sagemaker-xgboost@sha256:" in training["image"]
    assert [channel["ChannelName"] for channel in training["channels"]] == ["train", "validation"]


def test_searched_xgboost_is_the_best_of_its_training_jobs(stack: Stack) -> None:
    ranges = {"xgboost": {"max_depth": [2, 4], "num_round": [3]}}
    output = stack.retrain(
        promote=False, algorithms=["xgboost"], tuning={"strategy": "Grid", "parallel": 2, "ranges": ranges}
    )
    (search,) = output["tuning"]
    assert search["strategy"] == "Grid"
    assert search["jobs"]["Completed"] == 2
    assert search["objective"]["MetricName"] == "validation:logloss"
    training = card_of(stack, output)["lineage"]["training"]
    assert training["job"] == search["best"]
    assert training["hyperparameters"]["max_depth"] == search["chosen"]["max_depth"]
