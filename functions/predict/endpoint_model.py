"""A model that a SageMaker endpoint serves, in the place of one that is read here.

It has what predict needs of a model (`wildrydes.model.artefact.Model`), and takes it from the model's card. Each answer
names the variant that gave it, and so the training job: while an endpoint is updated, another model may have answered.
"""

import json
from collections.abc import Callable, Sequence
from math import isfinite, log
from typing import Any

from aws.signed_sagemaker import EndpointClient, Scores
from wildrydes.algorithms import JOB_SUFFIXES
from wildrydes.errors import BadModel, EndpointNotAsked
from wildrydes.model.artefact import REGRESSOR
from wildrydes.model.storage import execution_of


class EndpointModel:
    """Scores rows by an endpoint that is asked with `ask`. `model_path` is the key of the model's artefact."""

    def __init__(
        self, ask: Callable[[bytes], Scores], model_path: str, kind: str, feature_count: int, threshold: float
    ) -> None:
        self.kind, self.feature_count, self.threshold = kind, feature_count, threshold
        self._ask, self._model_path, self._variant = ask, model_path, ""

    @property
    def execution(self) -> str:
        """The execution whose model answered last; before any answer, that of its own model."""
        if self._variant in ("", self._model_path.split("/")[-3]):
            return execution_of(self._model_path)
        for suffix in JOB_SUFFIXES.values():
            if suffix and self._variant.endswith(suffix):
                return self._variant.removesuffix(suffix)
        return self._variant

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
        scores = _numbers(answer)
        if len(scores) != len(rows):
            raise EndpointNotAsked(f"the endpoint answered {len(rows)} rows with {len(scores)} scores")
        if not all(map(isfinite, scores)):
            raise EndpointNotAsked("the endpoint answered with a score that is no finite number")
        self._variant = answer.variant
        return scores


def endpoint_model(endpoint: str, model_path: str, card: dict[str, Any], kind: str) -> EndpointModel:
    """The model of this card as the endpoint serves it. Raises MissingSetting."""
    threshold = card.get("threshold")
    return EndpointModel(
        EndpointClient(endpoint).ask,
        model_path,
        kind,
        len(card["features"]),
        float(threshold) if isinstance(threshold, int | float) else 0.5,
    )


def _numbers(answer: Scores) -> list[float]:
    """The scores in an answer: JSON as Amazon's own algorithms give it, or CSV as XGBoost does."""
    try:
        if answer.content_type.startswith("application/json"):
            predictions = json.loads(answer.body)["predictions"]
            return [float(each["score"] if "score" in each else each["predicted_label"]) for each in predictions]
        return [float(text) for text in answer.body.decode().replace("\n", ",").split(",") if text.strip()]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise EndpointNotAsked(f"the endpoint did not answer by scores: {type(error).__name__} {error}") from None
