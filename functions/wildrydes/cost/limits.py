"""What breaks first as rides grow: each limit with the rides a month at which it is reached, and what is changed then.

The limits of functions are those of the template, which are AWS's or lower. A limit is reached where its share is 1.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from wildrydes.cost import quotas, rates, retraining
from wildrydes.cost.load import BATCH, PATHS, SECONDS_A_MONTH, STREAM, Load

MOST_RIDES = 10**12
"""A month; what is not reached by then is not reached."""

_YEARS = "Ask for fewer years, by --years."
_LARGER = "Make objects larger: raise chunk_bytes, and SMALL_BYTES of a stream."


class Limit(NamedTuple):
    """What there is a limit of, its share that a load takes, by which paths it is reached, and what is changed then."""

    name: str
    share: Callable[[Load], float]
    source: str
    change: str
    paths: tuple[str, ...] = PATHS


class Reached(NamedTuple):
    """A limit, and the rides a month that reach it, by path; None where no number does."""

    limit: Limit
    rides: Mapping[str, int | None]

    @property
    def first(self) -> int | None:
        """The fewest rides of any path."""
        return min((number for number in self.rides.values() if number is not None), default=None)


def _stage(name: str, most: float) -> Callable[[Load], float]:
    return lambda load: retraining.seconds(load)[name] / most


def _memory(load: Load) -> float:
    return load.objects * rates.LISTED_OBJECT.value / (retraining.MEMORY_MB["list"] << 20)


def _requests(load: Load) -> float:
    return load.objects / quotas.GETS.value / quotas.QUERY_SECONDS.value


def _arrivals(load: Load) -> float:
    return load.rides / SECONDS_A_MONTH * rates.STREAM.value


_FUNCTION = quotas.FUNCTION_SECONDS

LIMITS = (
    Limit(
        f"evaluate_model: {_FUNCTION.value:,} s for the rows of all rides",
        _stage("evaluate", _FUNCTION.value),
        _FUNCTION.url,
        f"Judge on a sample of the test rows. {_YEARS}",
    ),
    Limit(
        f"list_rides: {retraining.MEMORY_MB['list']:,} MB for the list of all objects",
        _memory,
        rates.LISTED_OBJECT.source,
        f"{_LARGER} {_YEARS}",
    ),
    Limit(
        f"plan_ingestion, list_rides: {_FUNCTION.value:,} s to list all objects",
        _stage("list", _FUNCTION.value),
        _FUNCTION.url,
        _LARGER,
    ),
    Limit(
        f"Athena: {quotas.QUERY_SECONDS.value:,} s to open all objects, {quotas.GETS.value:,} a second",
        _requests,
        quotas.GETS.url,
        f"{_LARGER} {_YEARS}",
    ),
    Limit(
        f"plan_ingestion: {_FUNCTION.value:,} s to read all new files",
        _stage("plan", _FUNCTION.value),
        _FUNCTION.url,
        "Plan each file in a child of a Map. Until then retrain more often.",
        (BATCH,),
    ),
    Limit(
        f"check_ingestion: {_FUNCTION.value:,} s for the chunks of a retraining",
        _stage("check", _FUNCTION.value),
        _FUNCTION.url,
        "Raise chunk_bytes, up to 64 MB.",
        (BATCH,),
    ),
    Limit(
        f"training job: {retraining.MOST_TRAINING_SECONDS:,} s of one instance",
        _stage("train", retraining.MOST_TRAINING_SECONDS),
        "statemachines/training.py",
        "Train on a sample, or on several instances, by ShardedByS3Key.",
    ),
    Limit(
        f"per-record path: {1 / rates.STREAM.value:,.0f} rides a second",
        _arrivals,
        rates.STREAM.source,
        "Raise MaximumConcurrency of both event source mappings.",
        (STREAM,),
    ),
)
"""The limits that grow with rides."""


def reached(months: int, retrainings: int) -> list[Reached]:
    """The limits, that of the fewest rides first."""
    made = []
    for limit in LIMITS:
        loads = {path: Load(0, path, months, retrainings) for path in limit.paths}
        made.append(Reached(limit, MappingProxyType({path: fewest(limit, load) for path, load in loads.items()})))
    return sorted(made, key=lambda each: each.first if each.first is not None else MOST_RIDES + 1)


def fewest(limit: Limit, load: Load) -> int | None:
    """The fewest rides a month at which a load like this one reaches a limit."""
    low, high = 0, MOST_RIDES
    if limit.share(replace(load, rides=high)) < 1:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if limit.share(replace(load, rides=middle)) >= 1 else (middle, high)
    return high


def shares(load: Load) -> Iterator[tuple[Limit, float]]:
    """Each limit that a load's path has, and its share."""
    return ((limit, limit.share(load)) for limit in LIMITS if load.path in limit.paths)
