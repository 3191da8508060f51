"""What an algorithm's hyperparameters need of each other, set or searched for, is checked before anything starts."""

import doctest
import re
from typing import Any

import pytest

from wildrydes.errors import BadExecutionInput
from wildrydes.tasks import BINARY
from wildrydes.training.candidates import Request, check_candidates
from wildrydes.training.hyperparameters import together

REQUEST = Request(kind=BINARY, features=4, training_job="run-1")


def check(algorithm: str, hyperparameters: dict[str, Any], ranges: dict[str, Any] | None = None) -> dict[str, Any]:
    tuning = {"tuning": {"ranges": {algorithm: ranges}}} if ranges else {}
    settings = {"algorithms": [algorithm], "hyperparameters": {algorithm: hyperparameters}, **tuning}
    (candidate,) = check_candidates(REQUEST, settings)
    return candidate


def test_the_modules_examples_give_what_they_say() -> None:
    assert doctest.testmod(together).failed == 0


@pytest.mark.parametrize(
    ("algorithm", "hyperparameters", "reason"),
    [
        ("knn", {"k": 200, "sample_size": 100}, "hyperparameters.knn.k is 200; it must be at most sample_size, 100"),
        ("knn", {"k": "+9", "sample_size": 8}, "hyperparameters.knn.k is 9; it must be at most sample_size, 8"),
        ("knn", {"sample_size": 20}, "the default of hyperparameters.knn.k is 50; it must be at most sample_size, 20"),
        ("knn", {"dimension_reduction_type": "sign"}, "is set without dimension_reduction_target, which it needs"),
        ("knn", {"dimension_reduction_target": 3}, "is set without dimension_reduction_type, which it needs"),
        (
            "knn",
            {"dimension_reduction_type": "fjlt", "dimension_reduction_target": 4},
            "hyperparameters.knn.dimension_reduction_target is 4; it must be below feature_dim, 4",
        ),
        ("knn", {"index_type": "faiss.IVFPQ"}, "is faiss.IVFPQ, and is set without faiss_index_pq_m, which it needs"),
        ("knn", {"faiss_index_pq_m": 2}, "and index_type is faiss.Flat; it needs index_type to be faiss.IVFPQ"),
        (
            "knn",
            {"faiss_index_ivf_nlists": 8},
            "and index_type is faiss.Flat; it needs index_type to be faiss.IVFFlat or faiss.IVFPQ",
        ),
        (
            "knn",
            {"index_type": "faiss.IVFFlat", "faiss_index_ivf_nlists": 80, "sample_size": 60},
            "faiss_index_ivf_nlists is 80; it must be at most sample_size, 60",
        ),
        (
            "knn",
            {"index_type": "faiss.IVFPQ", "faiss_index_pq_m": 2, "index_metric": "COSINE"},
            "hyperparameters.knn.index_metric is COSINE, which index_type faiss.IVFPQ does not allow",
        ),
        (
            "xgboost",
            {"tree_method": "exact", "max_leaves": 9},
            "hyperparameters.xgboost.max_leaves is set, and tree_method is exact; "
            "it needs tree_method to be auto, approx or hist",
        ),
        ("xgboost", {"tree_method": "exact", "colsample_bynode": 0.5}, "colsample_bynode is set, and tree_method is"),
        ("xgboost", {"max_depth": 0}, "max_depth is 0, which grow_policy depthwise does not allow"),
        (
            "xgboost",
            {"max_depth": 0, "grow_policy": "depthwise", "tree_method": "hist"},
            "max_depth is 0, which grow_policy depthwise does not allow",
        ),
        ("linear-learner", {"momentum": 0.5}, "hyperparameters.momentum is set, and optimizer is auto; it needs"),
        ("linear-learner", {"beta_1": 0.5, "optimizer": "sgd"}, "beta_1 is set, and optimizer is sgd; it needs"),
        ("linear-learner", {"init_sigma": 0.5}, "it needs init_method to be normal"),
        ("linear-learner", {"init_scale": 0.5, "init_method": "normal"}, "it needs init_method to be uniform"),
        ("linear-learner", {"lr_scheduler_step": 5, "use_lr_scheduler": False}, "it needs use_lr_scheduler to be true"),
        ("linear-learner", {"bias_lr_mult": 5, "use_bias": False}, "it needs use_bias to be true"),
        ("linear-learner", {"target_recall": 0.5}, "binary_classifier_model_selection_criteria is accuracy; it needs"),
    ],
)
def test_hyperparameters_that_do_not_go_together_are_refused(
    algorithm: str, hyperparameters: dict[str, Any], reason: str
) -> None:
    with pytest.raises(BadExecutionInput, match=re.escape(reason)):
        check(algorithm, hyperparameters)


@pytest.mark.parametrize(
    ("algorithm", "hyperparameters"),
    [
        ("knn", {"k": 100, "sample_size": 100}),
        ("knn", {"k": 5000}),
        ("knn", {"index_type": "faiss.IVFPQ", "faiss_index_pq_m": 8}),
        ("knn", {"index_type": "faiss.IVFFlat", "faiss_index_ivf_nlists": "auto", "index_metric": "COSINE"}),
        ("knn", {"dimension_reduction_type": "fjlt", "dimension_reduction_target": 3}),
        ("xgboost", {"max_depth": 0, "grow_policy": "lossguide", "max_leaves": 31, "tree_method": "hist"}),
        ("xgboost", {"tree_method": "exact", "max_depth": 3}),
        ("linear-learner", {"momentum": 0.5, "optimizer": "sgd"}),
        ("linear-learner", {"beta_1": 0.5, "init_scale": 0.1, "lr_scheduler_step": 5, "bias_lr_mult": 2}),
        (
            "linear-learner",
            {
                "target_recall": 0.5,
                "binary_classifier_model_selection_criteria": "precision_at_target_recall",
            },
        ),
    ],
)
def test_hyperparameters_that_go_together_pass(algorithm: str, hyperparameters: dict[str, Any]) -> None:
    assert check(algorithm, hyperparameters)["hyperparameters"].keys() >= hyperparameters.keys()


@pytest.mark.parametrize(
    ("algorithm", "hyperparameters", "ranges", "reason"),
    [
        (
            "knn",
            {},
            {"k": {"min": 50, "max": 150}, "sample_size": {"min": 100, "max": 900}},
            "tuning.ranges.knn.k is 150; it must be at most sample_size, 100",
        ),
        ("knn", {"sample_size": 70}, {"k": [10, 80, 20]}, "tuning.ranges.knn.k is 80; it must be at most sample_size"),
        (
            "knn",
            {"k": 70},
            {"sample_size": [60, 90]},
            "hyperparameters.knn.k is 70; it must be at most sample_size, 60",
        ),
        ("xgboost", {}, {"max_depth": {"min": 0, "max": 6}}, "max_depth is 0, which grow_policy depthwise does not"),
        ("linear-learner", {"momentum": 0.5}, {"optimizer": ["adam", "rmsprop"]}, "optimizer is adam or rmsprop"),
        ("linear-learner", {"bias_lr_mult": 5}, {"use_bias": [False]}, "it needs use_bias to be true"),
    ],
)
def test_a_search_is_refused_of_which_a_job_would_fail_or_a_setting_has_no_effect(
    algorithm: str, hyperparameters: dict[str, Any], ranges: dict[str, Any], reason: str
) -> None:
    with pytest.raises(BadExecutionInput, match=re.escape(reason)):
        check(algorithm, hyperparameters, ranges)


def test_a_search_may_have_jobs_in_which_a_setting_has_no_effect() -> None:
    assert check("linear-learner", {"momentum": 0.5}, {"optimizer": ["sgd", "adam"]})["hyperparameters"]["momentum"]


@pytest.mark.parametrize(
    ("algorithm", "hyperparameters", "ranges", "rows"),
    [
        ("linear-learner", {}, None, 1),
        ("linear-learner", {"mini_batch_size": 700}, None, 700),
        ("linear-learner", {}, {"mini_batch_size": {"min": 500, "max": 1500}}, 1500),
        ("knn", {}, None, 50),
        ("knn", {"sample_size": 9000}, {"k": [20, 60, 40]}, 60),
        ("knn", {"k": 10**400}, None, 2**53),
        ("xgboost", {"num_round": 900}, None, 1),
    ],
)
def test_a_candidate_says_how_many_rows_it_needs(
    algorithm: str, hyperparameters: dict[str, Any], ranges: dict[str, Any] | None, rows: int
) -> None:
    assert check(algorithm, hyperparameters, ranges)["least_rows"] == rows
