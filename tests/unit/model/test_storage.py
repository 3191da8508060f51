import json
from typing import Any

import pytest

from wildrydes.errors import BadModel
from wildrydes.model.storage import card_fields, card_key, comparisons_prefix, execution_of, task_of
from wildrydes.tasks import TASKS


@pytest.mark.parametrize(
    ("path", "task", "execution"),
    [
        ("models/run-1/run-1/output/model.tar.gz", "heavy_utilization", "run-1"),
        ("models/heavy_utilization/a/output/model.tar.gz", "heavy_utilization", "heavy_utilization"),
        ("models/registry/a/output/model.tar.gz", "heavy_utilization", "registry"),
        ("models/magic_points/run-1/run-1/output/model.tar.gz", "magic_points", "run-1"),
        ("models/service_requested/magic_points/model.tar.gz", "service_requested", "magic_points"),
        ("models/Magic_points/run-1/model.tar.gz", "heavy_utilization", "Magic_points"),
    ],
)
def test_key_of_a_model_names_task_and_execution(path: str, task: str, execution: str) -> None:
    assert (task_of(path), execution_of(path)) == (task, execution)


@pytest.mark.parametrize(
    "path", ["", "none", "models", "models/", "models//model.tar.gz", "models/run-1", "model/run-1/model.tar.gz",
             "models/magic_points/run-1", "models/magic_points//model.tar.gz"],
)  # fmt: skip
def test_other_key_is_no_models(path: str) -> None:
    with pytest.raises(BadModel, match="is no key of a model"):
        execution_of(path)


def test_what_is_beside_a_model_is_below_its_tasks_prefix() -> None:
    assert card_key("run-1") == "models/run-1/card.json"
    assert card_key("run-1", "magic_points") == "models/magic_points/run-1/card.json"
    assert comparisons_prefix("run-1") == "models/run-1/comparisons/"
    assert comparisons_prefix("run-1", "pick_duration") == "models/pick_duration/run-1/comparisons/"
    for name in TASKS:
        assert (task_of(card_key("run-1", name)), execution_of(card_key("run-1", name))) == (name, "run-1")


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"target": "magic_points", "features": ["distance", "magicpoints"]}, "magicpoints"),
        ({"target": "speed", "features": ["distance"]}, "speed"),
        ({"target": "pick_duration", "features": []}, "[]"),
        ({"target": "pick_duration", "features": ["length", "length"]}, "length"),
        ({"target": "heavy_utilization", "features": ["length"]}, "length"),
    ],
)
def test_card_of_features_that_its_task_does_not_have_is_refused(fields: dict[str, Any], part: str) -> None:
    with pytest.raises(BadModel, match="the model card has the features") as refusal:
        card_fields(json.dumps(fields).encode())
    assert part in str(refusal.value)


def test_card_of_each_task_is_read() -> None:
    for task in TASKS.values():
        fields = {"target": task.name, "features": list(task.features), "execution": "run-1"}
        assert card_fields(json.dumps(fields).encode()) == fields
