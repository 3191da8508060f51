"""What the functions are told by their environment, one frozen class a kind of function."""

import os
from dataclasses import dataclass
from functools import cache

from wildrydes.errors import MissingSetting


@dataclass(frozen=True)
class DataSettings:
    """For every function that reads or writes the data bucket: its name."""

    bucket: str


@dataclass(frozen=True)
class PredictSettings:
    """For predict: the data bucket, and the key of the live model's artefact, "none" before the first promotion."""

    bucket: str
    model_path: str


@dataclass(frozen=True)
class FanOutSettings:
    """For fan_out_rides: the data bucket and the URL of the rides queue."""

    bucket: str
    rides_queue: str


@dataclass(frozen=True)
class LocateSettings:
    """For locate_station: the data bucket and the URL of the located-rides queue."""

    bucket: str
    located_rides_queue: str


@cache
def data_settings() -> DataSettings:
    """From DATA_BUCKET. Raises MissingSetting."""
    return DataSettings(_variable("DATA_BUCKET"))


@cache
def predict_settings() -> PredictSettings:
    """From DATA_BUCKET and MODEL_PATH. Raises MissingSetting."""
    return PredictSettings(_variable("DATA_BUCKET"), _variable("MODEL_PATH"))


@cache
def fan_out_settings() -> FanOutSettings:
    """From DATA_BUCKET and RIDES_QUEUE_URL. Raises MissingSetting."""
    return FanOutSettings(_variable("DATA_BUCKET"), _variable("RIDES_QUEUE_URL"))


@cache
def locate_settings() -> LocateSettings:
    """From DATA_BUCKET and LOCATED_RIDES_QUEUE_URL. Raises MissingSetting."""
    return LocateSettings(_variable("DATA_BUCKET"), _variable("LOCATED_RIDES_QUEUE_URL"))


def _variable(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise MissingSetting(f"the environment variable {name} is not set; the template sets it on the function")
    return value
