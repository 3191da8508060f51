import re
from typing import Any

import pytest

from wildrydes.algorithms import ALGORITHMS
from wildrydes.errors import BadExecutionInput
from wildrydes.tasks import BINARY, REGRESSION
from wildrydes.training.candidates import LONGEST_TUNING_JOB, Request, check_candidates, tuning_job
from wildrydes.training.searches import DEFAULT_RANGES
from wildrydes.training.tuning import STRATEGIES, search_values

REQUEST = Request(kind=BINARY, features=2, training_job="run-1")


def only(execution_input: dict[str, Any], request: Request = REQUEST) -> dict[str, Any]:
    (candidate,) = check_candidates(request, execution_input)
    return candidate


def test_first_algorithm_alone_is_trained_by_default() -> None:
    assert only({}) == {
        "algorithm": "linear-learner",
        "training_job": "run-1",
        "hyperparameters": {"epochs": "15", "predictor_type": "binary_classifier", "feature_dim": "2"},
        "follows_rows": "mini_batch_size",
        "least_rows": 1,
    }


def test_what_follows_from_the_task_is_not_the_inputs() -> None:
    hyperparameters = only({}, Request(REGRESSION, 4, "run-1"))["hyperparameters"]
    assert (hyperparameters["predictor_type"], hyperparameters["feature_dim"]) == ("regressor", "4")


def test_each_algorithm_is_a_candidate_with_a_job_of_its_own() -> None:
    execution_input = {
        "algorithms": ["xgboost", "linear-learner", "knn"],
        "hyperparameters": {"xgboost": {"eta": 0.3}, "knn": {"k": 7}},
    }
    candidates = check_candidates(Request(REGRESSION, 12, "run-1"), execution_input)
    assert [(each["algorithm"], each["training_job"], each["follows_rows"]) for each in candidates] == [
        ("xgboost", "run-1-xgboost", ""),
        ("linear-learner", "run-1", "mini_batch_size"),
        ("knn", "run-1-knn", "sample_size"),
    ]
    xgboost, _, knn = (each["hyperparameters"] for each in candidates)
    assert (xgboost["eta"], xgboost["objective"]) == ("0.3", "reg:squarederror")
    assert knn == {"k": "7", "predictor_type": "regressor", "feature_dim": "12"}


@pytest.mark.parametrize("kind", [BINARY, REGRESSION])
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_default_search_is_one_that_may_be_asked_for(algorithm: str, strategy: str, kind: str) -> None:
    execution_input = {"algorithms": [algorithm], "tuning": {"strategy": strategy}}
    config = only(execution_input, Request(kind, 3, "run-1"))["tuning"]["config"]
    assert set(search_values(config)) == set(DEFAULT_RANGES[algorithm])
    assert config["HyperParameterTuningJobObjective"]["Type"] == "Minimize"


def test_default_ranges_are_the_labs() -> None:
    config = only({"algorithms": ["xgboost"], "tuning": {}}, Request(REGRESSION, 12, "run-1"))["tuning"]["config"]
    assert config["ParameterRanges"] == {
        "IntegerParameterRanges": [
            {"Name": "num_round", "MinValue": "20", "MaxValue": "200", "ScalingType": "Auto"},
            {"Name": "early_stopping_rounds", "MinValue": "1", "MaxValue": "10", "ScalingType": "Auto"},
            {"Name": "max_depth", "MinValue": "3", "MaxValue": "6", "ScalingType": "Auto"},
        ],
        "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.1", "MaxValue": "1.0", "ScalingType": "Auto"}],
    }
    assert config["HyperParameterTuningJobObjective"]["MetricName"] == "validation:rmse"
    assert DEFAULT_RANGES["knn"] == {
        "k": {"min": 50, "max": 150},
        "mini_batch_size": {"min": 500, "max": 1500},
        "sample_size": {"min": 50_000, "max": 500_000},
    }
    assert DEFAULT_RANGES["linear-learner"] == {"optimizer": ["sgd", "adam"], "epochs": {"min": 10, "max": 20}}


def test_hyperparameters_are_the_linear_learners_or_go_by_algorithm() -> None:
    flat, named = only({"hyperparameters": {"l1": 0.5}}), only({"hyperparameters": {"linear-learner": {"l1": 0.5}}})
    assert flat == named
    assert flat["hyperparameters"]["l1"] == "0.5"


def test_given_mini_batch_size_follows_nothing() -> None:
    assert only({"hyperparameters": {"mini_batch_size": 10}})["follows_rows"] == ""
    ranges = {"linear-learner": {"mini_batch_size": {"min": 10, "max": 20}}}
    tuned = only({"tuning": {"ranges": ranges}})
    assert tuned["follows_rows"] == ""
    assert "mini_batch_size" not in tuned["hyperparameters"]


@pytest.mark.parametrize(
    ("execution_input", "message"),
    [
        ({"algorithms": []}, "algorithms is '[]'; it must be a list of some of linear-learner"),
        ({"algorithms": "linear-learner"}, "algorithms is 'linear-learner'"),
        ({"algorithms": ["linear-learner", "linear-learner"]}, "each at most once"),
        ({"algorithms": ["forest"]}, "algorithms is"),
        ({"algorithms": [["linear-learner"]]}, "algorithms is"),
        ({"algorithms": None}, "algorithms is 'None'"),
        ({"hyperparameters": []}, "hyperparameters must be an object"),
        ({"hyperparameters": {"linear-learner": {}, "l1": 1}}, "has algorithms and the name 'l1'"),
        ({"hyperparameters": {"knn": {}}}, "hyperparameters are given for knn, which is none of algorithms"),
        ({"algorithms": ["knn"], "hyperparameters": {"l1": 1}}, "hyperparameters.knn.l1 may not be set; these may: "),
        ({"algorithms": ["xgboost"], "hyperparameters": {"eta": 3}}, "hyperparameters.xgboost.eta is '3'; it must be"),
        (
            {"algorithms": ["xgboost", "knn"], "hyperparameters": {"eta": 0.3}},
            "hyperparameters has the name 'eta' without an algorithm, and algorithms has xgboost, knn; "
            "say whose it is, such as {'xgboost': {'eta': …}}",
        ),
        (
            {"algorithms": ["xgboost"], "hyperparameters": {"xgboost": {"eta": 2}}},
            "hyperparameters.xgboost.eta is '2'; it must be a number from 0 to 1",
        ),
        ({"hyperparameters": {"linear-learner": 1}}, "hyperparameters.linear-learner must be an object"),
        (
            {"hyperparameters": {"epochs": 3}, "tuning": {}},
            "the hyperparameter epochs of linear-learner is given and tuned",
        ),
    ],
)
def test_wrong_candidates_are_refused_with_the_field(execution_input: dict[str, Any], message: str) -> None:
    with pytest.raises(BadExecutionInput, match=re.escape(message)):
        check_candidates(REQUEST, execution_input)


def test_tuned_candidate_has_a_search_and_no_default_of_what_is_searched_for() -> None:
    tuned = only({"tuning": {}})
    assert tuned["hyperparameters"] == {"predictor_type": "binary_classifier", "feature_dim": "2"}
    assert tuned["tuning"] == {
        "job": "run-1",
        "config": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:objective_loss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 10, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "CategoricalParameterRanges": [{"Name": "optimizer", "Values": ["sgd", "adam"]}],
                "IntegerParameterRanges": [
                    {"Name": "epochs", "MinValue": "10", "MaxValue": "20", "ScalingType": "Auto"}
                ],
            },
            "TrainingJobEarlyStoppingType": "Off",
            "RandomSeed": 1,
        },
    }


def test_grid_tries_the_two_ends_of_a_default_range() -> None:
    config = only({"tuning": {"strategy": "Grid", "parallel": 3}})["tuning"]["config"]
    assert config["ParameterRanges"] == {
        "CategoricalParameterRanges": [
            {"Name": "optimizer", "Values": ["sgd", "adam"]},
            {"Name": "epochs", "Values": ["10", "20"]},
        ]
    }
    # SageMaker trains one model for each combination.
    assert config["ResourceLimits"] == {"MaxParallelTrainingJobs": 3}
    assert only({"tuning": {"strategy": "Grid", "jobs": 4}})["tuning"]["config"]["ResourceLimits"] == {
        "MaxParallelTrainingJobs": 2
    }


def ranges(**of: Any) -> dict[str, Any]:
    return {"tuning": {"ranges": {"linear-learner": of}}}


@pytest.mark.parametrize(
    ("execution_input", "message"),
    [
        ({"tuning": []}, "tuning is '[]'; it must be an object of jobs, parallel, strategy, ranges"),
        ({"tuning": {"seed": 1}}, "tuning has the field 'seed'"),
        ({"tuning": {"jobs": 0}}, "tuning.jobs is '0'; it must be an integer from 1 to 750"),
        ({"tuning": {"jobs": 751}}, "tuning.jobs is '751'"),
        ({"tuning": {"jobs": True}}, "tuning.jobs is 'True'"),
        ({"tuning": {"parallel": 11}}, "tuning.parallel is '11'; it must be an integer from 1 to 10"),
        ({"tuning": {"jobs": 3, "parallel": 4}}, "tuning.parallel is '4'; it must be an integer from 1 to 3"),
        ({"tuning": {"strategy": "Bayesian"}}, "tuning.strategy is 'Bayesian'; it must be one of Random, Grid"),
        ({"tuning": {"strategy": "Grid", "jobs": 3}}, "has 4 combinations, and Grid trains each: leave it out"),
        ({"tuning": {"ranges": {"forest": {}}}}, "tuning.ranges has the field 'forest'"),
        ({"tuning": {"ranges": {"linear-learner": {}}}}, "tuning.ranges.linear-learner must be an object of"),
        (ranges(num_models=[1]), "tuning.ranges.linear-learner.num_models may not be tuned; these may: wd, l1"),
        (ranges(use_bias={"min": 0, "max": 1}), "use_bias is \"{'min': 0, 'max': 1}\"; it must be a list of values"),
        (ranges(l1={"min": 1}), "l1.max is 'None'; it must be a number"),
        (ranges(l1={"min": "0", "max": 1}), "l1.min is '0'; it must be a number"),
        (ranges(epochs={"min": 1, "max": 2.5}), "epochs.max is '2.5'; it must be an integer"),
        (ranges(epochs={"min": 3, "max": 3}), "epochs.min is 3; it must be below max, 3"),
        (ranges(epochs={"min": 0, "max": 3}), "epochs: hyperparameters.epochs is '0'; it must be an integer from 1"),
        (ranges(l1={"min": 0, "max": 1, "scaling": "Log"}), "l1.scaling is 'Log'; it must be one of Auto, Linear"),
        (ranges(l1={"min": 0, "max": 1, "scaling": "Logarithmic"}), "Logarithmic; min must be above 0, and is 0"),
        (ranges(l1={"min": 0, "max": 1, "scaling": "ReverseLogarithmic"}), "from 0 to below 1"),
        (ranges(l1={"min": 0, "max": 1, "step": 1}), "l1 has the field 'step'"),
        (ranges(optimizer=[]), "optimizer must have 1 to 30 different values"),
        (ranges(optimizer=["sgd", "sgd"]), "optimizer must have 1 to 30 different values"),
        (ranges(optimizer=["newton"]), "optimizer: hyperparameters.optimizer is 'newton'"),
        (ranges(epochs=[*range(1, 32)]), "epochs must have 1 to 30 different values"),
        (
            {"tuning": {"strategy": "Grid", "ranges": {"linear-learner": {"l1": {"min": 0, "max": 1}}}}},
            "l1 must be a list of values: the strategy is Grid",
        ),
        (
            {
                "tuning": {
                    "strategy": "Grid",
                    "ranges": {"linear-learner": {"epochs": [*range(1, 29)], "mini_batch_size": [*range(1, 29)]}},
                }
            },
            "has 784 combinations; Grid trains 750 at most",
        ),
    ],
)
def test_wrong_search_is_refused_with_the_field(execution_input: dict[str, Any], message: str) -> None:
    with pytest.raises(BadExecutionInput, match=re.escape(message)):
        check_candidates(REQUEST, execution_input)


def test_name_of_a_tuning_job_fits_and_stays_the_only_one() -> None:
    assert tuning_job("run-1-xgboost") == "run-1-xgboost"
    long = [tuning_job(f"{'x' * 40}-{end}") for end in ("a", "b")]
    assert len(set(long)) == 2
    for name in [*long, tuning_job("a-" * 20 + "b")]:
        assert len(name) <= LONGEST_TUNING_JOB
        assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}", name)
