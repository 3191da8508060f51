"""The tasks: what is predicted, from which features, and how a model of it is measured. Each is defined here alone.

A task has a champion of its own, with its function, alias, parameter and registry: promoting one never touches
another. The template's part, the SQL, the gate, the card, the API's document, the report and the commands follow from
what stands here (docs/decisions/0027).

    >>> TASKS["magic_points"].features
    ('distance', 'TMIN', 'TMAX', 'PRCP')
    >>> TASKS["magic_points"].function, TASKS[DEFAULT_TASK].function
    ('PredictMagicPointsFunction', 'PredictFunction')

Tuples, because predict starts sooner without `dataclasses` (docs/decisions/0011).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

BINARY, REGRESSION = "binary_classification", "regression"
"""The kinds of tasks: a label of 0 or 1, judged by its log loss; a number, judged by its squared error (RMSE)."""

RIDES, SAMPLES = "rides", "samples"
"""The sources, each a table: rides joined with the weather of their day and station; samples of a fulfilment centre."""


class Feature(NamedTuple):
    """A number that models predict from. `least` is the lowest value there is; `example` a usual one."""

    name: str
    unit: str
    meaning: str
    example: float
    least: float = -1e9

    @property
    def column(self) -> str:
        """Its column in the source's table."""
        return self.name.lower()


class Task(NamedTuple):
    """One thing to predict.

    `label` is the column of the source's table that holds the truth, in `unit`; `features` are in the one order of
    models, rows and requests. `answers` say what the labels 0 and 1 mean, in words; a number needs none.
    """

    name: str
    kind: str
    label: str
    unit: str
    features: tuple[str, ...]
    source: str
    meaning: str
    answers: tuple[str, ...] = ()

    @property
    def measure(self) -> str:
        """The metric that decides, lower being better: of a card's metrics."""
        return measure_of(self.kind)

    @property
    def is_default(self) -> bool:
        """Whether it is the task that paths, prefixes and commands mean that name none."""
        return self.name == DEFAULT_TASK

    @property
    def record(self) -> str:
        """What one row of its source is called: a ride, or a sample."""
        return self.source.removesuffix("s")

    @property
    def schema(self) -> str:
        """What a record to predict for is called in the API's document."""
        return f"{self.words}{self.record.title()}"

    @property
    def words(self) -> str:
        """Its name in the template's logical ids: `MagicPoints`; empty for the default task."""
        return "" if self.is_default else self.name.title().replace("_", "")

    @property
    def function(self) -> str:
        """The logical id of the function that serves it."""
        return f"Predict{self.words}Function"

    @property
    def alarm(self) -> str:
        """The logical id of the alarm on that function's errors."""
        return f"Predict{self.words}Errors"

    @property
    def models_prefix(self) -> str:
        """Where in the bucket its artefacts, cards, comparisons and registry are."""
        return "models/" if self.is_default else f"models/{self.name}/"

    @property
    def parameter(self) -> str:
        """The SSM parameter's default name: it holds the key of the champion's artefact."""
        return "/wildrydes/model-path" if self.is_default else f"/wildrydes/{self.name}/model-path"

    @property
    def model_path(self) -> str:
        """The template's parameter that takes the SSM parameter's value at a deployment."""
        return f"{self.words}ModelPath"

    @property
    def model_path_name(self) -> str:
        """The template's parameter for the SSM parameter's name, which the workflows write to."""
        return f"{self.model_path}ParameterName"


_FEATURES = {
    RIDES: (
        Feature("distance", "miles", "How far the ride went", 30, least=0),
        Feature("healthpoints", "points", "The unicorn's health points", 30),
        Feature("magicpoints", "points", "The unicorn's magic points", 2500),
        Feature("TMIN", "tenths of °C", "The lowest temperature of the day at the nearest weather station", 300),
        Feature("TMAX", "tenths of °C", "The highest temperature of the day at the nearest weather station", 333),
        Feature("PRCP", "tenths of mm", "The precipitation of the day at the nearest weather station", 0),
    ),
    SAMPLES: (
        Feature("fc_avg", "ms", "The average duration in the fulfilment centre", 9000, least=0),
        Feature("length", "mm", "The item's length", 210, least=0),
        Feature("width", "mm", "The item's width", 150, least=0),
        Feature("height", "mm", "The item's height", 60, least=0),
        Feature("quantity", "items", "How many of the item are picked", 2, least=0),
        Feature("weight", "g", "The item's weight", 425, least=0),
        Feature("bin_location", "mm", "How far the bin is above the ground", 1200, least=0),
        Feature("bin_width", "mm", "The bin's width", 400, least=0),
        Feature("bin_height", "mm", "The bin's height", 300, least=0),
        Feature("bin_depth", "mm", "The bin's depth", 500, least=0),
        Feature("fullness", "%", "How full the bin is", 60, least=0),
        Feature("clutter", "%", "How cluttered the bin is", 35, least=0),
    ),
}

_RIDE = tuple(feature.name for feature in _FEATURES[RIDES])

WEATHER = ("TMIN", "TMAX", "PRCP")
"""The features that all rides of a station and day share."""

DEFAULT_TASK = "heavy_utilization"

LIVE_INFERENCE_TASK = "pick_duration"
"""The task that the API's `GET /liveinference` asks about."""

TASKS: Mapping[str, Task] = MappingProxyType(
    {
        task.name: task
        for task in (
            Task(
                name="heavy_utilization",
                kind=BINARY,
                label="heavy_utilization",
                unit="",
                features=_RIDE,
                source=RIDES,
                meaning="Whether the ride leaves its unicorn heavily used",
                answers=("not heavily used", "heavily used"),
            ),
            Task(
                name="service_requested",
                kind=BINARY,
                label="service_requested",
                unit="",
                features=_RIDE,
                source=RIDES,
                meaning="Whether the unicorn asks for service after the ride",
                answers=("no service requested", "service requested"),
            ),
            Task(
                name="magic_points",
                kind=REGRESSION,
                label="magicpoints",
                unit="points",
                features=("distance", "TMIN", "TMAX", "PRCP"),
                source=RIDES,
                meaning="How many magic points the ride uses",
            ),
            Task(
                name="pick_duration",
                kind=REGRESSION,
                label="duration",
                unit="ms",
                features=tuple(feature.name for feature in _FEATURES[SAMPLES]),
                source=SAMPLES,
                meaning="How long it takes to pick the item from its bin",
            ),
        )
    }
)
"""Every task by its name, the default first."""


def measure_of(kind: str) -> str:
    """The metric that decides between models of a kind, by its name in cards; lower is better."""
    return "log_loss" if kind == BINARY else "rmse"


def features_of(source: str) -> Mapping[str, Feature]:
    """The features of a source by name, in their order."""
    return {feature.name: feature for feature in _FEATURES[source]}
