"""How hyperparameters are searched for: the `tuning` of an execution's input -> a SageMaker tuning job's configuration.

    jobs      how many models are trained: 1 to 750, default 10; Grid trains one for each combination
    parallel  how many at a time: 1 to 10 and no more than jobs, default 2
    strategy  Random (default) or Grid
    ranges    {<algorithm>: {<hyperparameter>: {"min", "max", "scaling"} or a list of values}}; by default the lab's

Grid takes lists alone, as SageMaker's does: a default range becomes its two ends.

Limits, an account's before they are raised:
https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html
Scaling: https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from wildrydes.errors import BadExecutionInput

MOST_JOBS, MOST_PARALLEL, MOST_VALUES = 750, 10, 30
STRATEGIES = ("Random", "Grid")
SCALINGS = ("Auto", "Linear", "Logarithmic", "ReverseLogarithmic")
INTEGER, CONTINUOUS, CATEGORICAL = "Integer", "Continuous", "Categorical"
"""The kinds of ranges, as SageMaker names their lists: `IntegerParameterRanges`, …"""
SEED = 1
"""Equal searches try equal values, so that an execution can be repeated."""

_FIELDS = ("jobs", "parallel", "strategy", "ranges")
_RANGE_FIELDS = ("min", "max", "scaling")

Check = Callable[[dict[str, Any]], dict[str, str]]
"""Hyperparameters by name -> the texts that a job takes. Raises BadExecutionInput."""


@dataclass(frozen=True)
class Search:
    """What a search may vary of an algorithm.

    `tunable` has the kind of range of each hyperparameter, `default` the ranges of a search that names none,
    `objective` the metric that decides with its direction, `Minimize` or `Maximize`.
    """

    tunable: Mapping[str, str]
    default: Mapping[str, Any]
    objective: tuple[str, str]


@dataclass(frozen=True)
class Tuning:
    """The checked `tuning` of an input; `ranges` by algorithm, as they were given."""

    jobs: int | None
    parallel: int
    strategy: str
    ranges: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def check_tuning(value: Any, algorithms: tuple[str, ...]) -> Tuning | None:
    """The `tuning` of an input whose candidates are of `algorithms`; None where it is None. Raises BadExecutionInput.

    The ranges themselves are checked by `configure`.
    """
    if value is None:
        return None
    _only("tuning", value, _FIELDS)
    strategy = value.get("strategy", "Random")
    if strategy not in STRATEGIES:
        raise BadExecutionInput(f"tuning.strategy is {strategy!r}; it must be one of {', '.join(STRATEGIES)}")
    ranges = _only("tuning.ranges", value.get("ranges", {}), algorithms)
    for algorithm, each in ranges.items():
        if not isinstance(each, dict) or not each:
            raise BadExecutionInput(f"tuning.ranges.{algorithm} must be an object of hyperparameters and their ranges")
    jobs = None if strategy == "Grid" and "jobs" not in value else value.get("jobs", 10)
    if jobs is not None:
        _whole("tuning.jobs", jobs, MOST_JOBS)
    most = min(jobs or MOST_PARALLEL, MOST_PARALLEL)
    return Tuning(jobs, _whole("tuning.parallel", value.get("parallel", min(2, most)), most), strategy, ranges)


def configure(tuning: Tuning, algorithm: str, search: Search, check: Check) -> dict[str, Any]:
    """SageMaker's HyperParameterTuningJobConfig of one algorithm's search. Raises BadExecutionInput."""
    grid = tuning.strategy == "Grid"
    default = {name: _ends(each) for name, each in search.default.items()} if grid else search.default
    ranges: dict[str, list[dict[str, Any]]] = {}
    for name, value in tuning.ranges.get(algorithm, default).items():
        kind, described = _range(f"tuning.ranges.{algorithm}.{name}", name, value, search, check)
        ranges.setdefault(f"{kind}ParameterRanges", []).append(described)
    metric, direction = search.objective
    limits: dict[str, int] = {"MaxParallelTrainingJobs": tuning.parallel}
    if grid:
        _check_grid(tuning, algorithm, ranges)
    else:
        limits["MaxNumberOfTrainingJobs"] = tuning.jobs or 0
    return {
        "Strategy": tuning.strategy,
        "HyperParameterTuningJobObjective": {"Type": direction, "MetricName": metric},
        "ResourceLimits": limits,
        "ParameterRanges": ranges,
        "TrainingJobEarlyStoppingType": "Off",
        "RandomSeed": SEED,
    }


def search_values(config: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What a search with this configuration varies, by name: all values of a list, or both ends of a range."""
    return {
        each["Name"]: tuple(each["Values"]) if "Values" in each else (each["MinValue"], each["MaxValue"])
        for ranges in config["ParameterRanges"].values()
        for each in ranges
    }


def _ends(value: Any) -> Any:
    return [value["min"], value["max"]] if isinstance(value, Mapping) else value


def _check_grid(tuning: Tuning, algorithm: str, ranges: Mapping[str, list[dict[str, Any]]]) -> None:
    """Refuse ranges that are no lists, and a number of jobs that is not that of the combinations."""
    if numeric := sorted(set(ranges) - {f"{CATEGORICAL}ParameterRanges"}):
        name = ranges[numeric[0]][0]["Name"]
        raise BadExecutionInput(f"tuning.ranges.{algorithm}.{name} must be a list of values: the strategy is Grid")
    combinations = prod(len(each["Values"]) for each in ranges[f"{CATEGORICAL}ParameterRanges"])
    if combinations > MOST_JOBS:
        raise BadExecutionInput(
            f"tuning.ranges.{algorithm} has {combinations} combinations; Grid trains {MOST_JOBS} at most"
        )
    if tuning.jobs not in (None, combinations):
        raise BadExecutionInput(
            f"tuning.jobs is {tuning.jobs}; tuning.ranges.{algorithm} has {combinations} combinations, and Grid trains "
            "each: leave it out"
        )


def _range(where: str, name: str, value: Any, search: Search, check: Check) -> tuple[str, dict[str, Any]]:
    """The kind of a range, and the range as SageMaker describes it."""
    kind = search.tunable.get(name)
    if kind is None:
        raise BadExecutionInput(f"{where} may not be tuned; these may: {', '.join(search.tunable)}")
    if isinstance(value, list):
        return CATEGORICAL, {"Name": name, "Values": _values(where, name, value, check)}
    if kind == CATEGORICAL:
        raise BadExecutionInput(f"{where} is {str(value)[:80]!r}; it must be a list of values")
    _only(where, value, _RANGE_FIELDS)
    least, most = (_end(f"{where}.{end}", value.get(end), whole=kind == INTEGER) for end in ("min", "max"))
    if least >= most:
        raise BadExecutionInput(f"{where}.min is {least}; it must be below max, {most}")
    texts = [_text(where, name, end, check) for end in (least, most)]
    scaling = _scaling(where, value.get("scaling", "Auto"), kind, least, most)
    return kind, {"Name": name, "MinValue": texts[0], "MaxValue": texts[1], "ScalingType": scaling}


def _values(where: str, name: str, values: list[Any], check: Check) -> list[str]:
    texts = [_text(where, name, value, check) for value in values[: MOST_VALUES + 1]]
    if not 1 <= len(texts) <= MOST_VALUES or len(set(texts)) < len(texts):
        raise BadExecutionInput(f"{where} must have 1 to {MOST_VALUES} different values")
    return texts


def _text(where: str, name: str, value: Any, check: Check) -> str:
    """A value as a job takes it, of the range at `where`."""
    try:
        return check({name: value})[name]
    except BadExecutionInput as bad:
        raise BadExecutionInput(f"{where}: {bad}") from None


def _end(where: str, value: Any, *, whole: bool) -> int | float:
    if type(value) is not int and (whole or type(value) is not float):
        raise BadExecutionInput(f"{where} is {str(value)[:80]!r}; it must be {'an integer' if whole else 'a number'}")
    return value


def _scaling(where: str, value: Any, kind: str, least: float, most: float) -> str:
    if value not in SCALINGS:
        raise BadExecutionInput(f"{where}.scaling is {str(value)[:80]!r}; it must be one of {', '.join(SCALINGS)}")
    if value == "Logarithmic" and least <= 0:
        raise BadExecutionInput(f"{where}.scaling is Logarithmic; min must be above 0, and is {least}")
    if value == "ReverseLogarithmic" and (kind == INTEGER or not 0 <= least < most < 1):
        raise BadExecutionInput(f"{where}.scaling is ReverseLogarithmic, which is for numbers from 0 to below 1")
    return value


def _only(where: str, value: Any, allowed: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadExecutionInput(f"{where} is {str(value)[:80]!r}; it must be an object of {', '.join(allowed)}")
    for name in value:
        if name not in allowed:
            raise BadExecutionInput(f"{where} has the field {name[:80]!r}; it may have {', '.join(allowed)}")
    return value


def _whole(where: str, value: Any, most: int) -> int:
    if type(value) is not int or not 1 <= value <= most:
        raise BadExecutionInput(f"{where} is {str(value)[:80]!r}; it must be an integer from 1 to {most}")
    return value
