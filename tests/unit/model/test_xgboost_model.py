"""XGBoost's models are walked as the library walks them: to the last digit of its sums, and 1e-6 of its probabilities.

The models in `xgboost_models` are the library's own; `train_xgboost.py` writes them, with what it predicts.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wildrydes.algorithms import XGBOOST
from wildrydes.errors import BadModel
from wildrydes.model.artefact import Model, read_model

HERE = Path(__file__).parent
MODELS = HERE / "xgboost_models"
LIBRARY = HERE.parents[2] / ".venvs" / "algorithms" / "bin" / "python"
NAN = float("nan")

Pack = Callable[..., bytes]


def check_case(answers_file: Path, pack_xgboost: Pack) -> Model:
    """The case's model, once it is seen to predict what the library predicts."""
    name = answers_file.name.partition(".")[0]
    (file,) = set(answers_file.parent.glob(f"{name}.*")) - {answers_file}
    answers = json.loads(answers_file.read_text(encoding="utf-8"))
    model = read_model(pack_xgboost(file.read_bytes()), XGBOOST)
    rows = [[NAN if value is None else value for value in row] for row in answers["rows"]]
    assert [model.margin(row) for row in rows] == answers["margins"]
    assert model.scores(rows) == pytest.approx(answers["scores"], rel=1e-6)
    assert model.scores(rows) == [model.score(row) for row in rows]
    return model


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("durations", "regressor"),
        ("durations_in_json", "regressor"),
        ("heavy", "binary_classifier"),
        ("heavy_from_a_base", "binary_classifier"),
        ("by_leaves", "regressor"),
        ("pruned", "regressor"),
    ],
)
def test_the_librarys_models_predict_as_the_library_does(name: str, kind: str, pack_xgboost: Pack) -> None:
    model = check_case(MODELS / f"{name}.answers.json", pack_xgboost)
    assert (model.kind, model.feature_count, model.threshold) == (kind, 12, 0.5)
    scores = model.scores([[float(value)] * 12 for value in range(40)])
    assert len(set(scores)) > 3


def test_models_of_random_settings_predict_as_the_library_does(tmp_path: Path, pack_xgboost: Pack) -> None:
    if not LIBRARY.exists():
        pytest.skip("make setup installs the library into .venvs/algorithms")
    command = [str(LIBRARY), str(HERE / "train_xgboost.py"), str(tmp_path), "17", "12"]
    subprocess.run(command, check=True, capture_output=True)
    cases = sorted(tmp_path.glob("*.answers.json"))
    assert len(cases) == 12
    assert {check_case(case, pack_xgboost).kind for case in cases} == {"binary_classifier", "regressor"}


def test_a_row_is_compared_in_single_precision(pack_xgboost: Pack) -> None:
    # 0.1 as float32 is above 0.1, and so not below a threshold of as much.
    model = stump(pack_xgboost, 0.1)
    assert (model.margin([0.1]), model.margin([0.09999999]), model.margin([0.1000000001])) == (3.0, 2.0, 3.0)
    assert (model.margin([-1e300]), model.margin([1e300]), model.margin([NAN])) == (2.0, 3.0, 2.0)


def test_another_number_of_features_is_refused(pack_xgboost: Pack) -> None:
    with pytest.raises(BadModel, match="1 features and got 2"):
        stump(pack_xgboost, 0.1).scores([[1.0, 2.0]])


def stump(pack_xgboost: Pack, threshold: float) -> Model:
    """Adds 1.5 below the threshold, 2.5 from it on, to a base of 0.5."""
    tree = {
        "left_children": [1, -1, -1],
        "right_children": [2, -1, -1],
        "split_indices": [0, 0, 0],
        "split_conditions": [threshold, 1.5, 2.5],
        "default_left": [1, 0, 0],
        "split_type": [0, 0, 0],
        "tree_param": {"size_leaf_vector": "1"},
    }
    return read_model(pack_xgboost(json.dumps(document([tree])).encode()), XGBOOST)


def document(trees: list[Any]) -> dict[str, Any]:
    """A regressor of one feature."""
    model = {"gbtree_model_param": {"num_trees": str(len(trees))}, "trees": trees}
    learner = {
        "objective": {"name": "reg:squarederror"},
        "learner_model_param": {"base_score": "5E-1", "num_feature": "1", "num_class": "0", "num_target": "1"},
        "gradient_booster": {"name": "gbtree", "model": model},
    }
    return {"version": [3, 0, 5], "learner": learner}
