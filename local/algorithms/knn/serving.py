"""Loads what k-NN wrote, to serve it in the formats of its page in the developer guide, "k-NN Response Formats".

An answer has `predicted_label`, of a regressor too; a verbose one the distances and labels of the neighbours besides.
"""

from pathlib import Path

import numpy as np

from local.algorithms.knn import model
from local.algorithms.linear_learner.errors import CustomerError
from local.algorithms.serving.predictor import CSV, JSON, JSON_LINES, RECORDIO, Columns, Predictor, UnusableModelError


def load(folder: Path) -> Predictor:
    """The model in `folder`. Raises UnusableModelError."""
    try:
        loaded = model.load(folder)
    except (model.UnusableSampleError, CustomerError) as error:
        raise UnusableModelError(str(error)) from error

    def predict(features: np.ndarray, verbose: bool) -> Columns:
        answer = {"predicted_label": loaded.predict(features)}
        if not verbose:
            return answer
        distances, labels = loaded.neighbours(features)
        return answer | {"distances": distances, "labels": labels}

    return Predictor(
        loaded.feature_count,
        predict,
        (CSV, JSON, JSON_LINES, RECORDIO),
        default_accept=JSON,
        csv_member="predicted_label",
    )
