"""A model is read by its algorithm, and what no function can serve is refused by name."""

from typing import Any

import pytest

from wildrydes.algorithms import KNN, LINEAR_LEARNER
from wildrydes.errors import BadModel
from wildrydes.model.artefact import Model, read_model


def test_a_linear_model_is_a_model(write_artefact: Any) -> None:
    model: Model = read_model(write_artefact([0.5, -0.25], 1.5, 0.375), LINEAR_LEARNER)
    assert (model.kind, model.feature_count, model.threshold) == ("binary_classifier", 2, 0.375)
    assert (model.margin([2.0, 4.0]), model.scores([[2.0, 4.0]])) == (1.5, [model.score([2.0, 4.0])])


@pytest.mark.parametrize(
    ("algorithm", "message"),
    [(KNN, "knn is served by an endpoint alone"), ("forest", "'forest' is not one of linear-learner, xgboost, knn")],
)
def test_an_algorithm_that_no_function_serves_is_named(write_artefact: Any, algorithm: str, message: str) -> None:
    with pytest.raises(BadModel, match=message):
        read_model(write_artefact([2.0], 1.0, 0.5), algorithm)
