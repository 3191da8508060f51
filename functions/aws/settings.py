"""The functions' settings, from their environment: one frozen class a kind of function.

The classes are named tuples: predict starts sooner without `dataclasses` (docs/decisions/0011).
"""

import os
from functools import cache
from typing import NamedTuple

from wildrydes.errors import MissingSetting
from wildrydes.tasks import DEFAULT_TASK, TASKS


class DataSettings(NamedTuple):
    """For every function that reads or writes the data bucket: its name."""

    bucket: str


class RidesSettings(NamedTuple):
    """For who reads rides by Athena, or deletes their objects: the data bucket, and the table of `aws.ride_access`."""

    bucket: str
    turns_table: str


class PredictSettings(NamedTuple):
    """For predict: the data bucket, and the key of the champion's artefact, "none" before the first promotion.

    `service` is the dimension of its metrics; `cors_origin` the origin whose pages may call the API, empty for none;
    `task` what it predicts, `endpoint` what is asked for models that an endpoint serves. `capture_fraction` is the
    fraction of requests that are captured, from 0 to 1.
    """

    bucket: str
    model_path: str
    service: str
    cors_origin: str
    task: str = DEFAULT_TASK
    endpoint: str = ""
    capture_fraction: float = 0.0


class FanOutSettings(NamedTuple):
    """For fan_out_rides: the data bucket and the URL of the rides queue."""

    bucket: str
    rides_queue: str


class LocateSettings(NamedTuple):
    """For locate_station: the data bucket, the URL of the located-rides queue, and how far a ride may be (miles)."""

    bucket: str
    located_rides_queue: str
    max_station_miles: float


class MonitorSettings(NamedTuple):
    """For monitor_model: the data bucket, the dimension of its metrics, and the table of `aws.ride_access`."""

    bucket: str
    service: str
    turns_table: str


class CollectSettings(NamedTuple):
    """For collect_samples: the data bucket, and the name of the delivery stream that samples go to."""

    bucket: str
    delivery_stream: str


class AnnounceSettings(NamedTuple):
    """For announce: the topic of notices, the machine that retrains (ARNs), and the dimension of its metrics.

    `is_on_aws` is whether commands in notices are to work on AWS: it is not where functions are told of an endpoint.
    """

    topic: str
    retrain: str
    service: str
    is_on_aws: bool


class OutcomeSettings(NamedTuple):
    """For record_outcomes: the name of the delivery stream, and the origin whose pages may call, empty for none."""

    stream: str
    cors_origin: str


class StartingSettings(NamedTuple):
    """For start_retraining: the table, the workflow's ARN, the timers' group, role and queue, and what is granted when.

    `quiet_minutes` is how long no more rides have to come, `cool_down_hours` how far apart starts are that nobody asks
    for.
    """

    table: str
    machine: str
    timers: str
    timer_role: str
    stack: str
    tasks_of_new_rides: tuple[str, ...]
    quiet_minutes: float
    cool_down_hours: float
    dead_letters: str


@cache
def data_settings() -> DataSettings:
    """From DATA_BUCKET. Raises MissingSetting."""
    return DataSettings(_variable("DATA_BUCKET"))


def service_name() -> str:
    """The dimension `service` of the functions' metrics, from POWERTOOLS_SERVICE_NAME. Raises MissingSetting."""
    return _variable("POWERTOOLS_SERVICE_NAME")


@cache
def predict_settings() -> PredictSettings:
    """From DATA_BUCKET, MODEL_PATH, POWERTOOLS_SERVICE_NAME, and if set CORS_ORIGIN, TASK, ENDPOINT, CAPTURE_FRACTION.

    Raises MissingSetting.
    """
    service, origin = _variable("POWERTOOLS_SERVICE_NAME"), os.environ.get("CORS_ORIGIN", "")
    task = os.environ.get("TASK", DEFAULT_TASK)
    if task not in TASKS:
        raise MissingSetting(f"the environment variable TASK is {task!r}, not one of {', '.join(TASKS)}")
    endpoint, fraction = os.environ.get("ENDPOINT", ""), _fraction("CAPTURE_FRACTION")
    return PredictSettings(_variable("DATA_BUCKET"), _variable("MODEL_PATH"), service, origin, task, endpoint, fraction)


@cache
def fan_out_settings() -> FanOutSettings:
    """From DATA_BUCKET and RIDES_QUEUE_URL. Raises MissingSetting."""
    return FanOutSettings(_variable("DATA_BUCKET"), _variable("RIDES_QUEUE_URL"))


@cache
def locate_settings() -> LocateSettings:
    """From DATA_BUCKET, LOCATED_RIDES_QUEUE_URL and MAX_STATION_MILES, a number. Raises MissingSetting."""
    bucket, queue = _variable("DATA_BUCKET"), _variable("LOCATED_RIDES_QUEUE_URL")
    return LocateSettings(bucket, queue, float(_variable("MAX_STATION_MILES")))


@cache
def rides_settings() -> RidesSettings:
    """From DATA_BUCKET and TURNS_TABLE. Raises MissingSetting."""
    return RidesSettings(_variable("DATA_BUCKET"), _variable("TURNS_TABLE"))


@cache
def monitor_settings() -> MonitorSettings:
    """From DATA_BUCKET, POWERTOOLS_SERVICE_NAME and TURNS_TABLE. Raises MissingSetting."""
    return MonitorSettings(_variable("DATA_BUCKET"), _variable("POWERTOOLS_SERVICE_NAME"), _variable("TURNS_TABLE"))


@cache
def collect_settings() -> CollectSettings:
    """From DATA_BUCKET and DELIVERY_STREAM. Raises MissingSetting."""
    return CollectSettings(_variable("DATA_BUCKET"), _variable("DELIVERY_STREAM"))


@cache
def outcome_settings() -> OutcomeSettings:
    """From OUTCOMES_STREAM, and CORS_ORIGIN if it is set. Raises MissingSetting."""
    return OutcomeSettings(_variable("OUTCOMES_STREAM"), os.environ.get("CORS_ORIGIN", ""))


def _fraction(name: str) -> float:
    """A number from 0 to 1, 0 where the variable is not set."""
    text = os.environ.get(name, "0")
    try:
        fraction = float(text)
    except ValueError:
        fraction = -1.0
    if not 0.0 <= fraction <= 1.0:
        raise MissingSetting(f"the environment variable {name} is {text!r}, not a number from 0 to 1")
    return fraction


@cache
def announce_settings() -> AnnounceSettings:
    """From TOPIC_ARN, RETRAIN_ARN, POWERTOOLS_SERVICE_NAME and AWS_ENDPOINT_URL. Raises MissingSetting."""
    is_on_aws = "AWS_ENDPOINT_URL" not in os.environ
    return AnnounceSettings(
        _variable("TOPIC_ARN"), _variable("RETRAIN_ARN"), _variable("POWERTOOLS_SERVICE_NAME"), is_on_aws
    )


@cache
def starting_settings() -> StartingSettings:
    """From TURNS_TABLE, RETRAIN_ARN, TIMER_GROUP, TIMER_ROLE_ARN, STACK, NEW_RIDES_TASKS (names with commas between),
    QUIET_MINUTES and COOL_DOWN_HOURS, both numbers, and DEAD_LETTERS_ARN. Raises MissingSetting.
    """
    tasks = tuple(_variable("NEW_RIDES_TASKS").split(","))
    if unknown := set(tasks) - set(TASKS):
        raise MissingSetting(f"NEW_RIDES_TASKS names {', '.join(sorted(unknown))}; the tasks are {', '.join(TASKS)}")
    return StartingSettings(
        _variable("TURNS_TABLE"),
        _variable("RETRAIN_ARN"),
        _variable("TIMER_GROUP"),
        _variable("TIMER_ROLE_ARN"),
        _variable("STACK"),
        tasks,
        float(_variable("QUIET_MINUTES")),
        float(_variable("COOL_DOWN_HOURS")),
        _variable("DEAD_LETTERS_ARN"),
    )


def _variable(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise MissingSetting(f"the environment variable {name} is not set; the template sets it on the function")
    return value
