"""Tuning jobs over boto3: training jobs side by side, the best by the objective metric, counters, failures, stops.

Contracts: API_CreateHyperParameterTuningJob, API_DescribeHyperParameterTuningJob, API_TrainingJobStatusCounters,
"How hyperparameter tuning works" and "Resource limits for automatic model tuning" of SageMaker's documentation. In the
place of the algorithm a script of a few lines logs its metric.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from ministack.core.responses import AccountRegionScopedDict

from local import account
from local.sagemaker.jobs import ENDED
from local.sagemaker.runner import Runner
from local.sagemaker.service import SageMakerService
from machines import until
from training_stage import IMAGE, ROLE, Stage, ministack, sagemaker_client

METRIC = "validation:objective_loss"
LINE = "#quality_metric: host=algo-1, epoch=0, validation binary_classification_cross_entropy_objective <loss>={}"
# Its loss is the square of what is searched for; without a number it fails as an algorithm does.
SCRIPT = f"""
import json, pathlib, sys
settings = json.loads(pathlib.Path("input/config/hyperparameters.json").read_text())
l1 = float(settings["l1"])
if l1 > 1:
    pathlib.Path("output/failure").write_text("Customer Error: l1 is too large")
    sys.exit(2)
print({LINE!r}.format(l1 * l1))
pathlib.Path("model/model.json").write_text(json.dumps(settings))
"""
SLOW = "import time; print('under way', flush=True); time.sleep(60)"


def running(script: str) -> Any:
    return lambda _image, _folder: (sys.executable, "-c", script)


def prepare(endpoint_url: str, folder: Path, script: str = SCRIPT) -> Stage:
    stage = Stage(endpoint_url, folder, command=running(script))
    stage.put("set/train/part.csv", b"1,2\n")
    return stage


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MiniStack server."""
    with ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield url


@pytest.fixture
def stage(endpoint: str, tmp_path: Path) -> Iterator[Stage]:
    prepared = prepare(endpoint, tmp_path)
    yield prepared
    prepared.service.stop_all(0)


L1 = {"ContinuousParameterRanges": [{"Name": "l1", "MinValue": "0", "MaxValue": "1", "ScalingType": "Linear"}]}


def config(**changes: Any) -> dict[str, Any]:
    return {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": METRIC},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": L1,
        "RandomSeed": 5,
    } | changes


def categories(**values: list[str]) -> dict[str, Any]:
    return {"CategoricalParameterRanges": [{"Name": name, "Values": each} for name, each in values.items()]}


def request(stage: Stage, name: str, tuning: dict[str, Any], **definition: Any) -> dict[str, Any]:
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": tuning,
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "StaticHyperParameters": {"predictor_type": "binary_classifier"},
            "InputDataConfig": [stage.channel("train", "set/train/")],
            "OutputDataConfig": {"S3OutputPath": f"s3://{stage.bucket}/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 120},
        }
        | definition,
    }


def create(stage: Stage, name: str, tuning: dict[str, Any] | None = None, **definition: Any) -> str:
    answer = stage.sagemaker.create_hyper_parameter_tuning_job(**request(stage, name, tuning or config(), **definition))
    return answer["HyperParameterTuningJobArn"]


def describe(stage: Stage, name: str) -> dict[str, Any]:
    return stage.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


def ended(stage: Stage, name: str) -> dict[str, Any]:
    until(lambda: describe(stage, name)["HyperParameterTuningJobStatus"] in ENDED, bool, 60)
    return describe(stage, name)


def children(stage: Stage, name: str, **order: Any) -> list[dict[str, Any]]:
    return account.entries(
        stage.sagemaker,
        "list_training_jobs_for_hyper_parameter_tuning_job",
        "TrainingJobSummaries",
        HyperParameterTuningJobName=name,
        **order,
    )


def test_best_training_job_is_that_with_the_best_objective_of_the_log(stage: Stage) -> None:
    arn = create(stage, "Search")
    assert arn == "arn:aws:sagemaker:us-east-1:000000000000:hyper-parameter-tuning-job/search"
    described = ended(stage, "Search")
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["TrainingJobStatusCounters"] == {
        "Completed": 4,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": 0,
    }
    assert described["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    best = described["BestTrainingJob"]
    jobs = children(stage, "Search")
    values = {each["TrainingJobName"]: float(each["TunedHyperParameters"]["l1"]) for each in jobs}
    assert best["TrainingJobName"] == min(values, key=values.__getitem__)
    final = best["FinalHyperParameterTuningJobObjectiveMetric"]
    assert final["MetricName"] == METRIC
    assert final["Value"] == pytest.approx(min(values.values()) ** 2)
    assert (best["ObjectiveStatus"], best["TrainingJobStatus"]) == ("Succeeded", "Completed")
    assert described["HyperParameterTuningEndTime"] >= described["CreationTime"]
    assert described["ConsumedResources"]["RuntimeInSeconds"] >= 1


def test_training_jobs_are_named_after_the_search_and_get_what_it_chose(stage: Stage) -> None:
    create(stage, "names")
    ended(stage, "names")
    jobs = children(stage, "names")
    assert [each["TrainingJobName"][:10] for each in jobs] == [f"names-00{number}-" for number in (1, 2, 3, 4)]
    assert all(re.fullmatch(r"names-\d{3}-[0-9a-f]{8}", each["TrainingJobName"]) for each in jobs)
    described = stage.describe(jobs[0]["TrainingJobName"])
    assert described["HyperParameters"] == {
        "predictor_type": "binary_classifier",
        "l1": jobs[0]["TunedHyperParameters"]["l1"],
        "_tuning_objective_metric": METRIC,
    }
    assert described["TuningJobArn"].endswith(":hyper-parameter-tuning-job/names")
    artefact = described["ModelArtifacts"]["S3ModelArtifacts"]
    assert artefact == f"s3://{stage.bucket}/models/{jobs[0]['TrainingJobName']}/output/model.tar.gz"
    definition = describe(stage, "names")["TrainingJobDefinition"]
    assert definition["StaticHyperParameters"]["_tuning_objective_metric"] == METRIC


def test_seed_makes_a_search_try_the_same_values_again(stage: Stage) -> None:
    for name in ("one", "two"):
        create(stage, name)
        ended(stage, name)
    first, second = ([each["TunedHyperParameters"] for each in children(stage, name)] for name in ("one", "two"))
    assert first == second
    assert len({each["l1"] for each in first}) == 4


def test_maximised_objective_is_the_highest(stage: Stage) -> None:
    objective = {"Type": "Maximize", "MetricName": METRIC}
    create(stage, "high", config(HyperParameterTuningJobObjective=objective))
    best = ended(stage, "high")["BestTrainingJob"]["TunedHyperParameters"]["l1"]
    assert best == max((each["TunedHyperParameters"]["l1"] for each in children(stage, "high")), key=float)


def test_grid_trains_each_combination_once(stage: Stage) -> None:
    ranges = categories(l1=["0.5", "0.25"], optimizer=["sgd", "adam"])
    create(
        stage, "grid", config(Strategy="Grid", ParameterRanges=ranges, ResourceLimits={"MaxParallelTrainingJobs": 3})
    )
    described = ended(stage, "grid")
    chosen = [each["TunedHyperParameters"] for each in children(stage, "grid")]
    assert sorted((each["l1"], each["optimizer"]) for each in chosen) == [
        ("0.25", "adam"),
        ("0.25", "sgd"),
        ("0.5", "adam"),
        ("0.5", "sgd"),
    ]
    # Of equals the first.
    assert described["BestTrainingJob"]["TrainingJobName"][:9] == "grid-003-"


def test_failed_training_jobs_lose_and_are_counted(stage: Stage) -> None:
    ranges = categories(l1=["0.5", "2", "3"])
    create(
        stage, "some", config(Strategy="Grid", ParameterRanges=ranges, ResourceLimits={"MaxParallelTrainingJobs": 1})
    )
    described = ended(stage, "some")
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    counters = described["TrainingJobStatusCounters"]
    assert (counters["Completed"], counters["NonRetryableError"]) == (1, 2)
    assert described["ObjectiveStatusCounters"] == {"Succeeded": 1, "Pending": 0, "Failed": 2}
    failed = children(stage, "some", StatusEquals="Failed")
    assert [each["FailureReason"] for each in failed] == ["ClientError: l1 is too large, exit code: 2"] * 2
    by_value = children(stage, "some", SortBy="FinalObjectiveMetricValue", SortOrder="Ascending")
    assert [each["ObjectiveStatus"] for each in by_value] == ["Succeeded", "Failed", "Failed"]


def test_search_fails_when_five_training_jobs_have_failed_and_none_succeeded(stage: Stage) -> None:
    ranges = categories(l1=[str(number) for number in range(2, 22)])
    create(
        stage, "lost", config(Strategy="Grid", ParameterRanges=ranges, ResourceLimits={"MaxParallelTrainingJobs": 2})
    )
    described = ended(stage, "lost")
    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("No training job succeeded after 5 attempts. For additional details")
    assert 5 <= described["TrainingJobStatusCounters"]["NonRetryableError"] <= 6
    assert "BestTrainingJob" not in described


def test_search_without_a_single_objective_value_fails(endpoint: str, tmp_path: Path) -> None:
    stage = prepare(endpoint, tmp_path, "print('no metric here')")
    create(stage, "blind", config(ResourceLimits={"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}))
    described = ended(stage, "blind")
    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("No objective metrics found after running 1 training jobs.")
    assert described["ObjectiveStatusCounters"]["Failed"] == 1


def test_no_more_run_at_a_time_than_is_allowed_and_a_stop_ends_them_all(endpoint: str, tmp_path: Path) -> None:
    stage = prepare(endpoint, tmp_path, SLOW)
    create(stage, "slow")
    until(lambda: describe(stage, "slow")["TrainingJobStatusCounters"]["InProgress"], lambda count: count == 2, 60)
    under_way = describe(stage, "slow")
    assert under_way["HyperParameterTuningJobStatus"] == "InProgress"
    assert under_way["ObjectiveStatusCounters"]["Pending"] == 2
    until(lambda: all(each["TrainingJobStatus"] == "InProgress" for each in children(stage, "slow")), bool, 60)
    stage.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="slow")
    assert describe(stage, "slow")["HyperParameterTuningJobStatus"] in ("Stopping", "Stopped")
    described = ended(stage, "slow")
    assert described["HyperParameterTuningJobStatus"] == "Stopped"
    assert described["TrainingJobStatusCounters"]["Stopped"] == 2
    assert len(children(stage, "slow")) == 2
    with pytest.raises(ClientError, match="is in status Stopped"):
        stage.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="slow")


def test_server_that_stops_leaves_no_process_and_no_search_under_way(endpoint: str, tmp_path: Path) -> None:
    stage = prepare(endpoint, tmp_path, SLOW)
    create(stage, "cut")
    until(lambda: describe(stage, "cut")["TrainingJobStatusCounters"]["InProgress"], lambda count: count == 2, 60)
    state = stage.service.get_state()
    stage.service.stop_all(0)
    assert ended(stage, "cut")["HyperParameterTuningJobStatus"] == "Stopped"
    after = SageMakerService(Runner(stage.clients, base=tmp_path))
    after.load_persisted_state(state)
    client = sagemaker_client(after)
    described = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="cut")
    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("InternalServerError")
    assert described["TrainingJobStatusCounters"]["RetryableError"] == 2


def test_ended_search_survives_a_restart_with_its_best_training_job(stage: Stage) -> None:
    create(stage, "kept")
    before = ended(stage, "kept")
    after = SageMakerService(Runner(stage.clients, base=stage.folder))
    after.load_persisted_state(json_copy(stage.service.get_state()))
    client = sagemaker_client(after)
    assert (
        client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="kept")["BestTrainingJob"]
        == (before["BestTrainingJob"])
    )


def json_copy(state: dict[str, Any]) -> dict[str, Any]:
    """What a file of JSON keeps of a state."""
    return {
        name: AccountRegionScopedDict.from_dict(
            {key: json.loads(json.dumps(value)) for key, value in scoped.to_dict().items()}
        )
        for name, scoped in state.items()
    }


def test_searches_are_listed_by_name_status_and_time(stage: Stage) -> None:
    for name in ("b-first", "a-second"):
        create(stage, name, config(ResourceLimits={"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}))
        ended(stage, name)

    def summaries(**filters: Any) -> list[dict[str, Any]]:
        operation = "list_hyper_parameter_tuning_jobs"
        return account.entries(stage.sagemaker, operation, "HyperParameterTuningJobSummaries", **filters)

    def listed(**filters: Any) -> list[str]:
        return [each["HyperParameterTuningJobName"] for each in summaries(**filters)]

    assert listed(SortBy="Name") == ["a-second", "b-first"]
    assert listed(SortBy="CreationTime", SortOrder="Ascending") == ["b-first", "a-second"]
    assert listed(NameContains="second") == ["a-second"]
    assert listed(StatusEquals="Failed") == []
    (summary,) = summaries(NameContains="first")
    assert (summary["Strategy"], summary["ResourceLimits"]["MaxNumberOfTrainingJobs"]) == ("Random", 1)
    assert summary["TrainingJobStatusCounters"]["Completed"] == 1


def refusal(stage: Stage, tuning: dict[str, Any], **definition: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        create(stage, "refused", tuning, **definition)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def limits(jobs: int | None, parallel: int) -> dict[str, Any]:
    return {"MaxParallelTrainingJobs": parallel} | ({"MaxNumberOfTrainingJobs": jobs} if jobs else {})


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"Strategy": "Bayesian"}, "UnsupportedOperationException", "searches by Random and Grid alone"),
        ({"TrainingJobEarlyStoppingType": "Auto"}, "UnsupportedOperationException", "EarlyStoppingType Auto"),
        ({"ResourceLimits": limits(751, 1)}, "ResourceLimitExceeded", "is 750, with a request of 751"),
        ({"ResourceLimits": limits(20, 11)}, "ResourceLimitExceeded", "is 10, with a request of 11"),
        ({"ResourceLimits": limits(2, 3)}, "ValidationException", "greater than MaxNumberOfTrainingJobs, 2"),
        ({"ResourceLimits": limits(None, 1)}, "ValidationException", "is required for random search"),
        ({"ParameterRanges": {}}, "ValidationException", "At least one hyperparameter range"),
        (
            {"Strategy": "Grid", "ResourceLimits": limits(None, 1)},
            "ValidationException",
            "Grid search supports categorical hyperparameters only",
        ),
        (
            {"Strategy": "Grid", "ParameterRanges": categories(l1=["1", "2"]), "ResourceLimits": limits(3, 1)},
            "ValidationException",
            "it must equal the number of combinations, 2",
        ),
        (
            {"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:rmse"}},
            "ValidationException",
            "[validation:rmse], isn't valid for the [382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1]",
        ),
        (
            {"ParameterRanges": categories(num_models=["1"], l1=["1"])},
            "ValidationException",
            "has the following untunable hyperparameters: [num_models]. For the algorithm, 382416733822",
        ),
        (
            {"ParameterRanges": categories(predictor_type=["regressor"])},
            "ValidationException",
            "[predictor_type] are both static and tunable",
        ),
    ],
)
def test_search_that_sagemaker_refuses_is_refused(
    stage: Stage, changes: dict[str, Any], code: str, message: str
) -> None:
    refused, text = refusal(stage, config(**changes))
    assert refused == code
    assert message in text


def test_search_is_refused_for_what_its_training_jobs_would_be(stage: Stage) -> None:
    algorithm = {"TrainingImage": IMAGE.replace("linear-learner", "forest"), "TrainingInputMode": "File"}
    code, text = refusal(stage, config(), AlgorithmSpecification=algorithm)
    assert code == "ValidationException"
    assert "Cannot find the image" in text


def test_name_of_a_search_is_taken_for_ever_in_any_case_of_its_letters(stage: Stage) -> None:
    create(stage, "taken")
    with pytest.raises(ClientError, match="must be unique within an AWS account and region") as refused:
        create(stage, "TAKEN")
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    with pytest.raises(ClientError) as missing:
        describe(stage, "absent")
    assert missing.value.response["Error"]["Code"] == "ResourceNotFound"
