"""What AWS refuses of a CreateHyperParameterTuningJob before there is a job, and what only the embedded AWS refuses.

Limits: https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html
Grid: https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-how-it-works.html
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from local.sagemaker import shapes, tuning_ranges, validation
from local.sagemaker.errors import ApiError, ResourceLimitError, UnsupportedError
from local.sagemaker.metrics import DEFINITIONS
from local.sagemaker.tuning_jobs import OBJECTIVE_HYPERPARAMETER

MOST_JOBS, MOST_PARALLEL, MOST_HYPERPARAMETERS = 750, 10, 30
STRATEGIES = ("Random", "Grid")
TUNABLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "linear-learner": (
            *("wd", "l1", "learning_rate", "mini_batch_size", "use_bias", "positive_example_weight_mult"),
            *("epochs", "optimizer"),
        ),
        "xgboost": (
            *("alpha", "colsample_bylevel", "colsample_bynode", "colsample_bytree", "eta", "gamma", "lambda"),
            *("max_delta_step", "max_depth", "min_child_weight", "num_round", "subsample", "early_stopping_rounds"),
        ),
        "knn": ("k", "sample_size", "mini_batch_size"),
    }
)
"""What may be searched of each algorithm: what its page on tuning lists, and what the lab tunes besides."""
# Members that would change what a search does, and that nothing implements here.
_UNSUPPORTED = ("TrainingJobDefinitions", "WarmStartConfig", "Autotune")
_UNSUPPORTED_IN_CONFIG = ("StrategyConfig", "TuningJobCompletionCriteria")
_UNSUPPORTED_IN_DEFINITION = ("DefinitionName", "TuningObjective", "HyperParameterRanges")
# What a definition calls otherwise than a training job does, or has of its own.
_OWN = ("StaticHyperParameters", "DefinitionName", "TuningObjective", "HyperParameterRanges", "AlgorithmSpecification")


def check_create(request: dict[str, Any], region: str) -> None:
    """Raise ApiError for a request that SageMaker would refuse, or that cannot run here."""
    shapes.check("CreateHyperParameterTuningJob", request)
    _check_support(request)
    config = request["HyperParameterTuningJobConfig"]
    definition = request.get("TrainingJobDefinition")
    if not definition:
        raise ApiError("TrainingJobDefinition is required to create a hyperparameter tuning job.")
    if not config.get("HyperParameterTuningJobObjective"):
        raise ApiError(
            "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric "
            "definitions."
        )
    ranges = tuning_ranges.read(config.get("ParameterRanges") or {})
    names = [each.name for each in ranges]
    _check_names(names, definition)
    _check_limits(config, len(tuning_ranges.combinations(ranges)) if config["Strategy"] == "Grid" else None)
    # What a training job of it is refused for, the search is.
    image = validation.check_create(training_request(request["HyperParameterTuningJobName"], definition, {}), region)
    uri, metric = definition["AlgorithmSpecification"]["TrainingImage"], config["HyperParameterTuningJobObjective"]
    _check_tunable(names, image.algorithm, uri)
    metrics = [
        name for name, _ in DEFINITIONS[image.algorithm] if name.partition(":")[0] in ("test", "validation", "train")
    ]
    if metric["MetricName"] not in metrics:
        raise ApiError(
            f"The objective metric for the hyperparameter tuning job, [{metric['MetricName']}], isn't valid for the "
            f"[{uri}] algorithm. Choose a valid objective metric from [{', '.join(metrics)}]."
        )


def training_request(name: str, definition: dict[str, Any], hyperparameters: dict[str, str]) -> dict[str, Any]:
    """The CreateTrainingJob request of a search's training job."""
    algorithm = {
        key: value for key, value in definition["AlgorithmSpecification"].items() if key != "MetricDefinitions"
    }
    static = definition.get("StaticHyperParameters", {})
    return {key: value for key, value in definition.items() if key not in _OWN} | {
        "TrainingJobName": name,
        "AlgorithmSpecification": algorithm,
        "HyperParameters": static | hyperparameters,
    }


def _check_support(request: dict[str, Any]) -> None:
    config = request["HyperParameterTuningJobConfig"]
    definition = request.get("TrainingJobDefinition") or {}
    for holder, members, name in (
        (request, _UNSUPPORTED, "CreateHyperParameterTuningJob"),
        (config, _UNSUPPORTED_IN_CONFIG, "HyperParameterTuningJobConfig"),
        (config["ResourceLimits"], ("MaxRuntimeInSeconds",), "ResourceLimits"),
        (config.get("ParameterRanges") or {}, ("AutoParameters",), "ParameterRanges"),
        (definition, _UNSUPPORTED_IN_DEFINITION, "TrainingJobDefinition"),
        (definition, ("HyperParameterTuningResourceConfig", "RetryStrategy"), "TrainingJobDefinition"),
    ):
        for member in members:
            if holder.get(member):
                raise UnsupportedError(f"{member} of {name} is not implemented by the embedded AWS.")
    if config["Strategy"] not in STRATEGIES:
        raise UnsupportedError(
            f"Strategy {config['Strategy']}: the embedded AWS searches by {' and '.join(STRATEGIES)} alone."
        )
    if config.get("TrainingJobEarlyStoppingType", "Off") != "Off":
        raise UnsupportedError("TrainingJobEarlyStoppingType Auto is not implemented by the embedded AWS.")


def _check_names(names: list[str], definition: dict[str, Any]) -> None:
    if not names:
        raise ApiError("At least one hyperparameter range is required for a hyperparameter tuning job.")
    if len(names) > MOST_HYPERPARAMETERS:
        raise ResourceLimitError(
            f"A hyperparameter tuning job can search {MOST_HYPERPARAMETERS} hyperparameters, not {len(names)}."
        )
    static = definition.get("StaticHyperParameters", {})
    if both := sorted(set(names) & set(static)):
        raise ApiError(f"The hyperparameters [{', '.join(both)}] are both static and tunable.")
    if OBJECTIVE_HYPERPARAMETER in (*names, *static):
        raise ApiError(f"The hyperparameter {OBJECTIVE_HYPERPARAMETER} is reserved for hyperparameter tuning jobs.")


def _check_tunable(names: list[str], algorithm: str, uri: str) -> None:
    tunable = TUNABLE[algorithm]
    if untunable := [name for name in names if name not in tunable]:
        raise ApiError(
            "The hyperparameter tuning job you requested has the following untunable hyperparameters: "
            f"[{', '.join(untunable)}]. For the algorithm, {uri}, you can tune only [{', '.join(tunable)}]. Delete "
            "untunable hyperparameters."
        )


def _check_limits(config: dict[str, Any], combinations: int | None) -> None:
    limits = config["ResourceLimits"]
    jobs, parallel = limits.get("MaxNumberOfTrainingJobs"), limits["MaxParallelTrainingJobs"]
    if combinations is not None and jobs not in (None, combinations):
        raise ApiError(
            f"MaxNumberOfTrainingJobs is {jobs}; for grid search it must equal the number of combinations, "
            f"{combinations}, or be left out."
        )
    jobs = combinations if combinations is not None else jobs
    if jobs is None:
        raise ApiError("MaxNumberOfTrainingJobs is required for random search.")
    if jobs > MOST_JOBS:
        raise ResourceLimitError(
            "The account-level service limit 'Number of training jobs per hyperparameter tuning job' is "
            f"{MOST_JOBS}, with a request of {jobs}."
        )
    if parallel > MOST_PARALLEL:
        raise ResourceLimitError(
            "The account-level service limit 'Number of parallel training jobs per hyperparameter tuning job' is "
            f"{MOST_PARALLEL}, with a request of {parallel}."
        )
    if parallel > jobs and combinations is None:
        raise ApiError(f"MaxParallelTrainingJobs, {parallel}, is greater than MaxNumberOfTrainingJobs, {jobs}.")
