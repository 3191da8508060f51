"""Each algorithm's hyperparameters: names and ranges of the documentation, defaults, what follows from the task."""

import doctest
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wildrydes.training.hyperparameters
from wildrydes.algorithms import ALGORITHMS
from wildrydes.errors import BadExecutionInput
from wildrydes.tasks import BINARY, REGRESSION
from wildrydes.training.hyperparameters import (
    FOLLOWS_ROWS,
    allowed_hyperparameters,
    check_hyperparameters,
    default_hyperparameters,
    fixed_hyperparameters,
)

KINDS = (BINARY, REGRESSION)
EVERY = [(algorithm, kind) for algorithm in ALGORITHMS for kind in KINDS]


def test_the_packages_examples_give_what_they_say() -> None:
    assert doctest.testmod(wildrydes.training.hyperparameters).failed == 0


@pytest.mark.parametrize(("algorithm", "kind"), EVERY)
def test_defaults_are_allowed_and_what_follows_from_the_task_may_not_be_set(algorithm: str, kind: str) -> None:
    defaults = default_hyperparameters(algorithm, kind)
    assert check_hyperparameters(defaults, algorithm, kind) == defaults
    for name, value in fixed_hyperparameters(algorithm, kind, 12).items():
        with pytest.raises(BadExecutionInput, match=f"{name} may not be set; these may: "):
            check_hyperparameters({name: value}, algorithm, kind)
    follows = FOLLOWS_ROWS.get(algorithm)
    assert follows is None or (follows in allowed_hyperparameters(algorithm, kind) and follows not in defaults)


def test_what_follows_from_the_task() -> None:
    assert [fixed_hyperparameters(algorithm, kind, 12) for algorithm, kind in EVERY] == [
        {"predictor_type": "binary_classifier", "feature_dim": "12"},
        {"predictor_type": "regressor", "feature_dim": "12"},
        {"objective": "binary:logistic"},
        {"objective": "reg:squarederror"},
        {"predictor_type": "regressor", "feature_dim": "12"},
        {"predictor_type": "regressor", "feature_dim": "12"},
    ]


@pytest.mark.parametrize(
    ("algorithm", "kind", "hyperparameters", "reason"),
    [
        ("xgboost", REGRESSION, {"eta": 1.5}, "hyperparameters.xgboost.eta is '1.5'; it must be a number from 0 to 1"),
        ("xgboost", REGRESSION, {"subsample": 0}, "it must be a number above 0 to 1"),
        ("xgboost", REGRESSION, {"max_depth": 2.5}, "it must be an integer from 0"),
        ("xgboost", REGRESSION, {"num_round": 0}, "it must be an integer from 1"),
        ("xgboost", REGRESSION, {"eval_metric": "logloss"}, "it must be one of rmse, mae, mape, mphe"),
        ("xgboost", REGRESSION, {"scale_pos_weight": 2}, "hyperparameters.xgboost.scale_pos_weight may not be set"),
        ("xgboost", BINARY, {"base_score": 1}, "it must be a number above 0 below 1"),
        ("xgboost", BINARY, {"booster": "dart"}, "hyperparameters.xgboost.booster may not be set"),
        ("knn", REGRESSION, {"k": 0}, "hyperparameters.knn.k is '0'; it must be an integer from 1"),
        ("knn", REGRESSION, {"index_type": "faiss.HNSW"}, "one of faiss.Flat, faiss.IVFFlat, faiss.IVFPQ"),
        ("knn", REGRESSION, {"faiss_index_pq_m": 5}, "it must be one of 1, 2, 3, 4, 8, 12"),
        ("linear-learner", REGRESSION, {"loss": "logistic"}, "it must be one of auto, squared_loss"),
        ("linear-learner", REGRESSION, {"target_recall": 0.5}, "hyperparameters.target_recall may not be set"),
        ("linear-learner", BINARY, {"normalize_label": True}, "hyperparameters.normalize_label may not be set"),
        ("knn", REGRESSION, [], "hyperparameters.knn must be an object"),
    ],
)
def test_what_is_outside_of_the_documented_ranges_is_refused(
    algorithm: str, kind: str, hyperparameters: Any, reason: str
) -> None:
    with pytest.raises(BadExecutionInput, match=re.escape(reason)):
        check_hyperparameters(hyperparameters, algorithm, kind)


def test_allowed_values_become_the_texts_that_a_job_takes() -> None:
    numbers = {"eta": 1, "subsample": 0.5, "lambda": 1e-3, "seed": -5, "tree_method": "hist"}
    texts = {"eta": "1", "subsample": "0.5", "lambda": "0.001", "seed": "-5", "tree_method": "hist"}
    assert check_hyperparameters(numbers, "xgboost", REGRESSION) == texts
    reduction = {"dimension_reduction_type": "fjlt", "dimension_reduction_target": 4, "faiss_index_ivf_nlists": "auto"}
    assert check_hyperparameters(reduction, "knn", REGRESSION)["dimension_reduction_target"] == "4"
    assert check_hyperparameters({"normalize_label": False}, "linear-learner", REGRESSION) == {
        "normalize_label": "false"
    }


NAMES = sorted({name for algorithm, kind in EVERY for name in allowed_hyperparameters(algorithm, kind)})


@settings(max_examples=60)
@given(
    st.sampled_from(EVERY),
    st.dictionaries(st.sampled_from(NAMES), st.integers() | st.floats() | st.text(max_size=10)),
)
def test_hyperparameters_that_pass_are_plain_text(of: tuple[str, str], hyperparameters: dict[str, Any]) -> None:
    try:
        texts = check_hyperparameters(hyperparameters, *of)
    except BadExecutionInput:
        return
    assert all(re.fullmatch(r"[A-Za-z0-9_.+-]+", value) for value in texts.values())


def test_an_integer_beyond_all_floats_is_out_of_range_or_as_it_is() -> None:
    huge = 10**400
    assert check_hyperparameters({"k": huge}, "knn", REGRESSION) == {"k": str(huge)}
    with pytest.raises(BadExecutionInput, match="it must be an integer from 1 to 1000"):
        check_hyperparameters({"epochs": huge})
