"""The artefact: `xgboost-model`, in UBJSON, which is what the library writes for a name without an ending.

The container tries to unpickle what it loads, and then leaves it to the library. Here nothing is unpickled, and the
library gets what `ubjson` and `document` have read and checked first.
"""

# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from local.algorithms.xgboost import document, ubjson
from local.algorithms.xgboost.document import UnreadableModelError
from local.algorithms.xgboost.library import Booster, DMatrix, XGBoostError

NAME = "xgboost-model"
# Bytes; a model of 200 rounds of depth 6 has less than two million. One of MOST_NODES has 136 million.
_LARGEST = 160 << 20


@dataclass(frozen=True)
class Model:
    """A loaded model. `objective` is its objective's name, such as `reg:squarederror`."""

    booster: Booster
    objective: str

    @property
    def feature_count(self) -> int:
        return self.booster.num_features()

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """The answers for rows (rows, features), NaN being a missing value: (rows,), or (rows, classes).

        Numbers of a regression, probabilities of a classification; of softmax the class.
        """
        return self.booster.predict(DMatrix(rows.astype(np.float32)), validate_features=False)


def write(folder: Path, booster: Booster) -> Path:
    """Write `xgboost-model` into `folder`, in the place of an earlier one; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f".{NAME}.ubj"
    booster.save_model(scratch)
    return scratch.replace(folder / NAME)


def load(folder: Path) -> Model:
    """The model in `folder`. Raises UnreadableModelError."""
    path = folder / NAME
    if not path.is_file() or path.stat().st_size > _LARGEST:
        raise UnreadableModelError(f"{NAME} is missing, or has more than {_LARGEST} bytes")
    content = path.read_bytes()
    booster = Booster({"nthread": 1})
    try:
        objective = document.check(ubjson.decode(content))
        booster.load_model(bytearray(content))
    except (ubjson.BadUbjsonError, UnreadableModelError, XGBoostError) as error:
        reason = str(error).partition("Stack trace:")[0].strip()
        raise UnreadableModelError(f"{NAME} cannot be loaded: {reason}") from None
    return Model(booster, objective)
