"""Loads what XGBoost wrote, to serve it as the container does: CSV or LIBSVM in, CSV out unless else is asked for.

In real time an answer is one line of all rows, in a batch transform a line a row. Source: `algorithm_mode/serve.py` of
https://github.com/aws/sagemaker-xgboost-container.
"""

from pathlib import Path

import numpy as np

from local.algorithms.serving.predictor import CSV, LIBSVM, RECORDIO, Columns, Predictor, UnusableModelError
from local.algorithms.xgboost import model
from local.algorithms.xgboost.document import UnreadableModelError


def load(folder: Path) -> Predictor:
    """The model in `folder`. Raises UnusableModelError."""
    try:
        loaded = model.load(folder)
    except UnreadableModelError as error:
        raise UnusableModelError(str(error)) from error

    def predict(features: np.ndarray, _: bool) -> Columns:
        return {"score": loaded.predict(features)}

    return Predictor(
        loaded.feature_count,
        predict,
        (CSV, LIBSVM, RECORDIO),
        default_accept=CSV,
        joined_csv=True,
        allows_missing=True,
    )
