"""A model that a SageMaker endpoint serves, in the place of one that is read here.

It has what predict needs of a model (`wildrydes.model.artefact.Model`), and takes it from the model's card. Each answer
names the variant that gave it: while an endpoint is updated, another model may have answered. Which one it is, the
promotion has written down beside the models, and that model's card says the rest. A model of other features answers
something else than was asked, whatever it says; its answer is none.
"""

import json
from collections.abc import Callable, Sequence
from math import isfinite, log
from typing import Any, NamedTuple

from aws import signed_s3
from aws.settings import PredictSettings
from aws.signed_sagemaker import EndpointClient, Scores
from wildrydes.errors import BadModel, EndpointNotAsked, MissingObject, ObjectNotRead
from wildrydes.model.artefact import REGRESSOR
from wildrydes.model.champion import LARGEST_CARD, checked_card, kind_of
from wildrydes.model.storage import card_of, model_path_of_variant, variant_key, variant_of

_LARGEST_VARIANT = 4096


class Served(NamedTuple):
    """A model that an endpoint serves: its execution, its features, and from where on its scores say 1."""

    execution: str
    features: tuple[str, ...]
    threshold: float


class EndpointModel:
    """Scores rows by an endpoint that is asked with `ask`.

    `own` is the model that is to answer, as the variant `variant`; `look_up` finds the model of another variant.
    """

    def __init__(
        self, ask: Callable[[bytes], Scores], look_up: Callable[[str], Served], variant: str, own: Served, kind: str
    ) -> None:
        self.kind, self.feature_count = kind, len(own.features)
        self._ask, self._look_up, self._own, self._served = ask, look_up, own, own
        self._models = {variant: own}

    @property
    def execution(self) -> str:
        """The execution whose model answered last; before any answer, that of its own model."""
        return self._served.execution

    @property
    def threshold(self) -> float:
        """The threshold of the model that answered last; before any answer, of its own model."""
        return self._served.threshold

    def margin(self, features: Sequence[float]) -> float:
        """A regressor's number, or the log odds of a classifier's score. Raises as `score`."""
        score = self.score(features)
        if self.kind == REGRESSOR:
            return score
        least = 1e-15
        bounded = min(max(score, least), 1 - least)
        return log(bounded / (1 - bounded))

    def score(self, features: Sequence[float]) -> float:
        """The score of one row. Raises BadModel for another count of features, and EndpointNotAsked."""
        return self.scores([features])[0]

    def scores(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """The score of each row. Raises BadModel for another count of features, and EndpointNotAsked."""
        if not rows:
            return []
        if not {self.feature_count}.issuperset(map(len, rows)):
            raise BadModel(f"the model has {self.feature_count} features; not all of {len(rows)} rows have as many")
        answer = self._ask("\n".join(",".join(map(repr, row)) for row in rows).encode())
        served = self._model_of(answer.variant)
        scores = _numbers(answer)
        if len(scores) != len(rows):
            raise EndpointNotAsked(f"the endpoint answered {len(rows)} rows with {len(scores)} scores")
        if not all(map(isfinite, scores)):
            raise EndpointNotAsked("the endpoint answered with a score that is no finite number")
        self._served = served
        return scores

    def _model_of(self, variant: str) -> Served:
        """The model that answered. Raises EndpointNotAsked where that is not known, or is not of the same features."""
        served = self._models.get(variant) or self._look_up(variant)
        if served.features != self._own.features:
            raise EndpointNotAsked(
                f"the endpoint answered by the model of {served.execution}, of the features "
                f"{', '.join(served.features)}; it was asked for those of {self._own.execution}"
            )
        self._models[variant] = served
        return served


def endpoint_model(settings: PredictSettings, card: dict[str, Any]) -> EndpointModel:
    """The model of this card as the task's endpoint serves it. Raises MissingSetting."""
    return EndpointModel(
        EndpointClient(settings.endpoint).ask,
        lambda variant: _look_up(settings, variant),
        variant_of(settings.model_path),
        _served(card),
        kind_of(settings.task),
    )


def _look_up(settings: PredictSettings, variant: str) -> Served:
    """The model of a variant, by what its promotion wrote down. Raises EndpointNotAsked where that cannot be read."""
    try:
        with signed_s3.Reader(settings.bucket) as reader:
            path = model_path_of_variant(reader.read(variant_key(variant, settings.task), _LARGEST_VARIANT))
            return _served(checked_card(path, reader.read(card_of(path), LARGEST_CARD), settings.task))
    except (BadModel, MissingObject, ObjectNotRead) as error:
        raise EndpointNotAsked(f"the endpoint answered by the variant {variant!r:.100}: {error}") from None


def _served(card: dict[str, Any]) -> Served:
    threshold = card.get("threshold")
    number = float(threshold) if isinstance(threshold, int | float) else 0.5
    return Served(card["execution"], tuple(card["features"]), number)


def _numbers(answer: Scores) -> list[float]:
    """The scores in an answer: JSON as Amazon's own algorithms give it, or CSV as XGBoost does."""
    try:
        if answer.content_type.startswith("application/json"):
            predictions = json.loads(answer.body)["predictions"]
            return [float(each["score"] if "score" in each else each["predicted_label"]) for each in predictions]
        return [float(text) for text in answer.body.decode().replace("\n", ",").split(",") if text.strip()]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise EndpointNotAsked(f"the endpoint did not answer by scores: {type(error).__name__} {error}") from None
