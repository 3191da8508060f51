import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes.errors import BadExecutionInput
from wildrydes.parameters import check_parameters, read_input, training_job
from wildrydes.rides.stations import MAX_STATION_MILES
from wildrydes.tasks import TASKS


def test_an_empty_input_gets_all_defaults() -> None:
    hyperparameters = {"epochs": "15", "predictor_type": "binary_classifier", "feature_dim": "6"}
    assert check_parameters("run-1", {}, 2026) == {
        "execution": "run-1",
        "task": "heavy_utilization",
        "target": "heavy_utilization",
        "kind": "binary_classification",
        "label": "heavy_utilization",
        "label_type": "integer",
        "source": "rides",
        "models_prefix": "models/",
        "features": ["distance", "healthpoints", "magicpoints", "TMIN", "TMAX", "PRCP"],
        "feature_columns": "distance, healthpoints, magicpoints, tmin, tmax, prcp",
        "feature_count": 6,
        "candidates": [
            {
                "algorithm": "linear-learner",
                "training_job": "run-1",
                "hyperparameters": hyperparameters,
                "follows_rows": "mini_batch_size",
                "least_rows": 1,
            }
        ],
        "champion_job": "run-1-live",
        "first_year": 2009,
        "last_year": 2026,
        "chunk_bytes": 8388608,
        "max_rejected_fraction": 0.1,
        "max_station_miles": 1500.0,
        "max_without_weather_fraction": 0.1,
        "min_training_rows": 100,
        "min_improvement": 0.0,
        "max_score_change": None,
        "promote": True,
        "serving": "lambda",
        "force": False,
        "started_by": {"reason": "person", "detail": ""},
    }


def test_what_starts_an_execution_is_recorded() -> None:
    started = {"reason": "drift", "reason_detail": "wildrydes-drift-magic_points"}
    assert check_parameters("run-1", started, 2026)["started_by"] == {
        "reason": "drift",
        "detail": "wildrydes-drift-magic_points",
    }


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("reason", "weather", "reason is 'weather'; it must be one of person, schedule, new_rides, drift, quality"),
        ("reason", 3, "reason is 3; it must be one of person"),
        ("reason_detail", "x" * 257, "it must be a line of up to 256 characters"),
        ("reason_detail", "two\nlines", "it must be a line of up to 256 characters"),
        ("reason_detail", None, "reason_detail is None; it must be a line"),
    ],
)
def test_a_reason_that_is_none_is_refused(field: str, value: Any, message: str) -> None:
    with pytest.raises(BadExecutionInput, match=re.escape(message)):
        check_parameters("run-1", {field: value}, 2026)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"target": "a", "target": "b"}', 'the input cannot be taken: target is there more than once: "a" and "b"'),
        ('{"force": true, "Force": false}', "Force is there more than once, in different cases: true and false"),
        ('{"hyperparameters": {"epochs": 1, "epochs": 2}}', "epochs is there more than once: 1 and 2"),
        ('{"years": {"first": 2018, "FIRST": 2019}}', "FIRST is there more than once, in different cases"),
        ("[" * 33 + "]" * 33, "nested in more than 32 levels"),
        ("target=speed", "Expecting value at character 1"),
    ],
)
def test_an_input_with_a_field_twice_or_nested_too_deeply_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadExecutionInput, match=re.escape(message)):
        read_input(text)


def test_an_input_is_what_its_text_says() -> None:
    assert read_input(' {"target": "service_requested", "years": {"first": 2018}}') == {
        "target": "service_requested",
        "years": {"first": 2018},
    }


def test_a_task_brings_label_features_kind_source_and_prefix() -> None:
    parameters = check_parameters("run-1", {"task": "magic_points"}, 2026)
    assert {name: parameters[name] for name in ("task", "target", "kind", "label", "label_type", "source")} == {
        "task": "magic_points",
        "target": "magic_points",
        "kind": "regression",
        "label": "magicpoints",
        "label_type": "decimal(28, 9)",
        "source": "rides",
    }
    assert parameters["models_prefix"] == "models/magic_points/"
    assert parameters["features"] == ["distance", "TMIN", "TMAX", "PRCP"]
    (candidate,) = parameters["candidates"]
    assert candidate["hyperparameters"] == {"epochs": "15", "predictor_type": "regressor", "feature_dim": "4"}
    samples = check_parameters("run-1", {"task": "pick_duration", "features": ["Weight", "length"]}, 2026)
    assert (samples["label"], samples["source"], samples["features"]) == ("duration", "samples", ["length", "weight"])


def test_target_is_another_name_for_the_task() -> None:
    for execution_input in (
        {"target": "magic_points"},
        {"task": "magic_points"},
        {"task": "magic_points", "target": "magic_points"},
    ):
        assert check_parameters("run-1", execution_input, 2026) == check_parameters(
            "run-1", {"task": "magic_points"}, 2026
        )
    with pytest.raises(BadExecutionInput, match="task is magic_points and target is heavy_utilization"):
        check_parameters("run-1", {"task": "magic_points", "target": "heavy_utilization"}, 2026)


def test_features_are_those_of_the_task() -> None:
    with pytest.raises(BadExecutionInput, match="it must hold some of distance, TMIN, TMAX, PRCP, each"):
        check_parameters("run-1", {"task": "magic_points", "features": ["distance", "magicpoints"]}, 2026)


def test_an_execution_is_not_called_as_a_task() -> None:
    with pytest.raises(BadExecutionInput, match="the execution's name is magic_points, which is a task's"):
        check_parameters("magic_points", {}, 2026)


def test_rides_of_files_and_of_messages_may_be_equally_far_by_default() -> None:
    template = (Path(__file__).parents[2] / "template.yaml").read_text(encoding="utf-8")
    (default,) = re.findall(r"\n  MaxStationMiles:\n    Type: Number\n    Default: (\d+)\n", template)
    assert check_parameters("run-1", {}, 2026)["max_station_miles"] == float(default) == MAX_STATION_MILES


def test_what_is_given_is_taken_and_features_come_in_the_one_order() -> None:
    execution_input = {
        "target": "service_requested",
        "features": ["PRCP", "tmax", "Distance"],
        "hyperparameters": {
            "epochs": 3,
            "learning_rate": 0.5,
            "mini_batch_size": "200",
            "use_bias": False,
            "l1": "auto",
        },
        "years": {"first": 2018},
        "chunk_bytes": 1024,
        "max_rejected_fraction": 1,
        "max_station_miles": 12_500,
        "min_training_rows": 1,
        "min_improvement": 0.01,
        "max_score_change": 0.2,
        "promote": False,
        "force": True,
    }
    parameters = check_parameters("run_1", execution_input, 2019)
    assert (parameters["features"], parameters["feature_columns"]) == (
        ["distance", "TMAX", "PRCP"],
        "distance, tmax, prcp",
    )
    (candidate,) = parameters["candidates"]
    assert candidate["follows_rows"] == ""
    assert candidate["hyperparameters"] == {
        "epochs": "3",
        "learning_rate": "0.5",
        "mini_batch_size": "200",
        "use_bias": "false",
        "l1": "auto",
        "predictor_type": "binary_classifier",
        "feature_dim": "3",
    }
    assert (parameters["target"], parameters["first_year"], parameters["last_year"]) == (
        "service_requested",
        2018,
        2019,
    )
    assert (parameters["chunk_bytes"], parameters["max_rejected_fraction"], parameters["min_training_rows"]) == (
        1024,
        1.0,
        1,
    )
    assert parameters["max_station_miles"] == 12_500.0
    assert (parameters["min_improvement"], parameters["promote"], parameters["force"]) == (0.01, False, True)
    assert parameters["max_score_change"] == 0.2


@pytest.mark.parametrize(
    ("execution_input", "message"),
    [
        (None, "the input is None; it must be an object of task, target, features"),
        ([], "the input is []"),
        ("x", "the input is 'x'"),
        ({"Target": "x"}, "the input has the field 'Target'; it may have task, target, features"),
        ({"target": "x"}, "target is 'x'; it must be one of heavy_utilization, service_requested"),
        ({"target": ["heavy_utilization"]}, "target is ['heavy_utilization']"),
        ({"features": "distance"}, "features is 'distance'; it must be a list"),
        ({"features": []}, "features is []"),
        ({"features": ["distance", "Distance"]}, "features is ['distance', 'Distance']"),
        ({"features": ["snow"]}, "features is ['snow']; it must hold some of distance"),
        ({"features": [1]}, "features is [1]"),
        ({"years": 2009}, "years is 2009; it must be an object of first, last"),
        ({"years": {"from": 2009}}, "years has the field 'from'"),
        ({"years": {"first": 1749}}, "years.first is 1749; it must be an integer from 1750 to 2100"),
        ({"years": {"last": "2019"}}, "years.last is '2019'"),
        ({"years": {"first": 2019, "last": 2018}}, "years.first is 2019; it must be no later than years.last, 2018"),
        ({"chunk_bytes": 1023}, "chunk_bytes is 1023; it must be an integer from 1024 to 67108864"),
        ({"chunk_bytes": True}, "chunk_bytes is True"),
        ({"chunk_bytes": 2048.0}, "chunk_bytes is 2048.0"),
        ({"max_rejected_fraction": 1.01}, "max_rejected_fraction is 1.01; it must be a number from 0 to 1"),
        ({"max_rejected_fraction": float("nan")}, "max_rejected_fraction is nan"),
        ({"max_station_miles": 0}, "max_station_miles is 0; it must be a number from 1 to 12500"),
        ({"max_station_miles": 12501}, "max_station_miles is 12501"),
        ({"max_station_miles": "1500"}, "max_station_miles is '1500'"),
        ({"max_station_miles": float("nan")}, "max_station_miles is nan"),
        ({"max_station_miles": True}, "max_station_miles is True"),
        (
            {"max_without_weather_fraction": -0.1},
            "max_without_weather_fraction is -0.1; it must be a number from 0 to 1",
        ),
        ({"max_without_weather_fraction": True}, "max_without_weather_fraction is True"),
        ({"min_training_rows": 0}, "min_training_rows is 0"),
        ({"max_score_change": -0.1}, "max_score_change is -0.1; it must be a number from 0 on"),
        ({"max_score_change": "0.1"}, "max_score_change is '0.1'"),
        ({"min_improvement": -0.1}, "min_improvement is -0.1; it must be a number from 0 on"),
        ({"min_improvement": float("inf")}, "min_improvement is inf"),
        ({"min_improvement": True}, "min_improvement is True"),
        ({"promote": "false"}, "promote is 'false'; it must be true or false"),
        ({"force": 1}, "force is 1; it must be true or false"),
        ({"hyperparameters": []}, "hyperparameters must be an object"),
        ({"hyperparameters": {"feature_dim": 6}}, "hyperparameters.feature_dim may not be set"),
        ({"hyperparameters": {"predictor_type": "regressor"}}, "hyperparameters.predictor_type may not be set"),
        ({"hyperparameters": {"epochs": 0}}, "hyperparameters.epochs is '0'; it must be an integer from 1 to 1000"),
        ({"hyperparameters": {"epochs": 1.5}}, "hyperparameters.epochs is '1.5'"),
        ({"hyperparameters": {"epochs": "1_0"}}, "hyperparameters.epochs is '1_0'"),
        ({"hyperparameters": {"epochs": None}}, "hyperparameters.epochs is 'None'"),
        ({"hyperparameters": {"learning_rate": "nan"}}, "hyperparameters.learning_rate is 'nan'"),
        ({"hyperparameters": {"learning_rate": "inf"}}, "it must be a number above 0 or auto"),
        ({"hyperparameters": {"loss": "hinge_loss"}}, "it must be one of auto, logistic"),
        ({"hyperparameters": {"target_recall": 1}}, "it must be a number above 0 below 1"),
        ({"hyperparameters": {"optimizer": ["adam"]}}, "hyperparameters.optimizer is \"['adam']\""),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(execution_input: Any, message: str) -> None:
    with pytest.raises(BadExecutionInput) as raised:
        check_parameters("run-1", execution_input, 2026)
    assert message in str(raised.value)


@pytest.mark.parametrize("name", ["", "a b", "a'b", "a/b", "a.b", "é", "x" * 75, "run-1\n", None, 7])
def test_an_execution_is_named_by_letters_digits_and_hyphens_or_not_run(name: Any) -> None:
    with pytest.raises(BadExecutionInput, match="the execution's name is"):
        check_parameters(name, {}, 2026)


@given(st.from_regex(r"[A-Za-z0-9_-]{1,74}", fullmatch=True))
def test_a_training_jobs_name_is_one_that_sagemaker_takes(execution: str) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,52}", training_job(execution))
    assert (training_job(execution) == execution) == bool(
        re.fullmatch(r"[a-zA-Z0-9](-?[a-zA-Z0-9])*", execution) and len(execution) <= 61
    )


def test_names_that_differ_in_what_sagemaker_refuses_stay_different() -> None:
    jobs = {training_job(name) for name in ("a-b", "a_b", "a--b", "-a-b", "x" * 73 + "a", "x" * 73 + "b", "---", "_")}
    assert len(jobs) == 8


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(
    ["target", "features", "hyperparameters", "years", "chunk_bytes", "promote", "min_improvement", "x"]
)


@given(json_values | st.dictionaries(names, json_values))
def test_any_json_is_checked_or_refused_as_bad_execution_input(execution_input: Any) -> None:
    try:
        parameters = check_parameters("run-1", execution_input, 2026)
    except BadExecutionInput as bad:
        assert len(str(bad)) < 2000
        return
    assert re.fullmatch(r"[a-z]+(, [a-z]+)*", parameters["feature_columns"])
    assert set(parameters["features"]) <= set(TASKS[parameters["task"]].features)


def test_knn_alone_needs_an_endpoint() -> None:
    with pytest.raises(BadExecutionInput, match="set serving to endpoint, or name another algorithm beside it"):
        check_parameters("run-1", {"algorithms": ["knn"]}, 2026)
    for execution_input in ({"algorithms": ["knn"], "serving": "endpoint"}, {"algorithms": ["knn", "xgboost"]}):
        assert check_parameters("run-1", execution_input, 2026)["candidates"][0]["training_job"] == "run-1-knn"


def test_the_champions_transform_jobs_have_names_that_sagemaker_takes() -> None:
    job = check_parameters("x" * 74, {}, 2026)["champion_job"]
    assert (len(f"{job}-3"), job[-5:]) == (60, "-live")


SCHEDULED = "6f1c2b3a-0d4e-4f5a-8b6c-7d8e9fa0b1c2_11111111-2222-3333-4444-555555555555"
"""As EventBridge names the executions that it starts."""


@pytest.mark.parametrize("execution", [SCHEDULED, "a_b", "-run-", "x" * 74])
def test_an_execution_of_any_name_may_be_served_by_an_endpoint(execution: str) -> None:
    parameters = check_parameters(execution, {"serving": "endpoint", "algorithms": ["linear-learner", "knn"]}, 2026)
    jobs = [each["training_job"] for each in parameters["candidates"]]
    # The third start of a job that was killed has the longest name. The variant of its model is called as it is.
    names = [f"{job}-3" for job in [*jobs, parameters["champion_job"]]]
    assert [re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name) for name in names].count(None) == 0
