"""A loaded model, as the server of every algorithm knows it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from local import EmbeddedAwsError

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
RECORDIO, LIBSVM = "application/x-recordio-protobuf", "text/libsvm"

Columns = Mapping[str, np.ndarray]


class UnusableModelError(EmbeddedAwsError):
    """The artefact is none that the algorithm wrote; the message says why."""


@dataclass(frozen=True)
class Predictor:
    """What answers about rows of `feature_count` numbers.

    `predict` takes features (rows, feature_count) in float64, and whether the answer is to be verbose. It gives the
    members of an answer by name, each (rows,) or (rows, values).
    """

    feature_count: int
    predict: Callable[[np.ndarray, bool], Columns]
    content_types: tuple[str, ...]
    # What it answers by where the caller accepts anything.
    default_accept: str
    # The one member that a CSV answer has.
    csv_member: str = "score"
    # Whether a CSV answer is one line of all rows, as XGBoost's is, or a line a row.
    joined_csv: bool = False
    # Whether a value may be missing.
    allows_missing: bool = False
