"""The model in an artefact, by the algorithm that wrote it: what evaluation and predict know of models.

linear-learner   wildrydes.model.linear_model
xgboost          wildrydes.model.xgboost_model
knn              an endpoint serves it: its artefact is an index of its library's own, and is not read here

>>> read_model(b"", KNN)
Traceback (most recent call last):
...
wildrydes.errors.BadModel: a model of the algorithm knn is served by an endpoint alone
"""

from collections.abc import Sequence
from typing import Protocol

from wildrydes.algorithms import ALGORITHMS, KNN, LINEAR_LEARNER, XGBOOST
from wildrydes.errors import BadModel

CLASSIFIER, REGRESSOR = "binary_classifier", "regressor"
"""The kinds of models: of the tasks binary_classification and regression."""


class Model(Protocol):
    """A trained model, whatever its algorithm. A classifier says 1 from `threshold` on."""

    @property
    def kind(self) -> str:
        """CLASSIFIER or REGRESSOR."""
        ...

    @property
    def feature_count(self) -> int:
        """How many features a row has."""
        ...

    @property
    def threshold(self) -> float:
        """The score from which a classifier says 1; 0.5 where the algorithm has none."""
        ...

    def margin(self, features: Sequence[float]) -> float:
        """A classifier's log odds, or a regressor's number. Raises BadModel for another count of features."""
        ...

    def score(self, features: Sequence[float]) -> float:
        """A classifier's probability, or a regressor's number. Raises BadModel for another count of features."""
        ...

    def scores(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """The score of each row, as `score` gives it, sooner. Raises BadModel for another count of features."""
        ...


def read_model(data: bytes, algorithm: str) -> Model:
    """The model in the bytes of a model.tar.gz that `algorithm` wrote. Raises BadModel, whatever they are."""
    # Each reader is loaded for its own models alone: predict's cold start pays for one.
    if algorithm == LINEAR_LEARNER:
        from wildrydes.model import linear_model

        return linear_model.read_model(data)
    if algorithm == XGBOOST:
        from wildrydes.model import xgboost_model

        return xgboost_model.read_model(data)
    if algorithm == KNN:
        raise BadModel(f"a model of the algorithm {KNN} is served by an endpoint alone")
    raise BadModel(f"the algorithm {algorithm!r:.100} is not one of {', '.join(ALGORITHMS)}")
