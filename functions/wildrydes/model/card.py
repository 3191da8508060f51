"""The facts about a trained model, stored beside its artefact as card.json.

What each field says is in `wildrydes.model.card_meanings`, and for people in docs/reference/card.md.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from wildrydes.algorithms import LAMBDA, LINEAR_LEARNER
from wildrydes.errors import BadModel
from wildrydes.model.storage import card_fields
from wildrydes.tasks import BINARY


@dataclass(frozen=True)
class ModelCard:
    """`features` in the order of `weights`; `metrics` on the test split; `created` in ISO 8601, UTC.

    A card that names no task, kind or algorithm is of before there were others: the defaults are right for it.

    `training` has each feature's mean and deviation in the train split, `feature_profiles` its quantiles and histogram
    (`wildrydes.evaluation.feature_profiles`; cards of before have none); `live` the champion of that time, None if
    there was none, with its metrics, weights and bias if it was compared; `differences` each metric less the
    champion's, with its 95% interval; `comparison` which one with this champion it was, and the interval it decided by.
    """

    execution: str
    target: str
    features: tuple[str, ...]
    model_path: str
    threshold: float
    rows: int
    metrics: Mapping[str, Any]
    hyperparameters: Mapping[str, str]
    created: str
    region: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)
    training_set: Mapping[str, int] = field(default_factory=dict)
    constant: float | None = None
    live: Mapping[str, Any] | None = None
    differences: Mapping[str, Any] = field(default_factory=dict)
    comparison: Mapping[str, Any] | None = None
    verdict: Mapping[str, Any] = field(default_factory=dict)
    golden: Mapping[str, Any] = field(default_factory=dict)
    weights: tuple[float, ...] = ()
    bias: float | None = None
    lineage: Mapping[str, Any] = field(default_factory=dict)
    task: str = ""
    kind: str = BINARY
    unit: str = ""
    algorithm: str = LINEAR_LEARNER
    candidates: tuple[Mapping[str, Any], ...] = ()
    serving: str = LAMBDA
    score_changes: Mapping[str, Any] = field(default_factory=dict)
    started_by: Mapping[str, Any] = field(default_factory=dict)
    cost: Mapping[str, Any] = field(default_factory=dict)
    feature_profiles: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The card as a JSON object."""
        return asdict(self)


def read_card(data: bytes) -> ModelCard:
    """The card in the bytes of a card.json; fields that this code does not know are passed over. Raises BadModel."""
    value = card_fields(data)
    try:
        values: dict[str, Any] = {each.name: value[each.name] for each in fields(ModelCard) if each.name in value}
        values["features"] = tuple(value["features"])
        values["weights"] = tuple(value.get("weights", ()))
        values["task"] = value.get("task") or value["target"]
        return ModelCard(**values)
    except TypeError as error:
        raise BadModel(f"the model card cannot be read: {error}") from None
