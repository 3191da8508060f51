"""The model artefact in the container's layout.

`model_algo-1` is a stored zip of `mx-mod-symbol.json`, `mx-mod-0000.params`, `additional-params.json` and
`manifest.json`. The graph is dot(data, fc0_weight) -> broadcast_add fc0_bias -> a regression output; the parameters
are float32, weights (features, 1) and bias (1, 1), and apply to raw features. Equal models give equal bytes.
"""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from local.algorithms.linear_learner.hyperparameters import Hyperparameters
from local.algorithms.linear_learner.mxnet_files import params_bytes, symbol_json
from local.algorithms.linear_learner.objectives import logistic

NAME = "model_algo-1"
_MANIFEST = {"additional-params.json": "json", "mx-mod": "mxnet_module", "version": 1}
# The earliest date that a zip can hold.
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Model:
    """A linear model of raw features: `weights` (features,) and `bias`, both exact in float32."""

    weights: np.ndarray
    bias: float
    threshold: float

    @classmethod
    def rounded(cls, weights: np.ndarray, bias: float, threshold: float = 0.5) -> "Model":
        """The model as its artefact holds it, so that what is scored is what is written."""
        return cls(weights.astype(np.float32).astype(np.float64), float(np.float32(bias)), threshold)

    def outputs(self, features: np.ndarray) -> np.ndarray:
        """Linear outputs (rows,) of raw features (rows, features)."""
        return features @ self.weights + self.bias

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Logistic of the outputs, (rows,)."""
        return logistic(self.outputs(features))


def write(folder: Path, model: Model, settings: Hyperparameters) -> Path:
    """Write `model_algo-1` into `folder`; return its path."""
    arrays = {"arg:fc0_weight": model.weights.reshape(-1, 1), "arg:fc0_bias": np.array([[model.bias]])}
    members = {
        "mx-mod-0000.params": params_bytes(arrays),
        "mx-mod-symbol.json": symbol_json(len(model.weights), classifies=settings.classifies),
        "additional-params.json": json.dumps(_additional_parameters(model, settings)),
        "manifest.json": json.dumps(_MANIFEST),
    }
    target = folder / NAME
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=_DATE), content)
    return target


def _additional_parameters(model: Model, settings: Hyperparameters) -> dict[str, object]:
    metrics = {
        "eps_insensitive_loss_type": None,
        "class_weights": None,
        "huber_delta": None,
        "quantile": None,
        "loss_insensitivity": None,
        "positive_example_weight_mult": settings.positive_example_weight_mult,
        "accuracy_top_k": settings.accuracy_top_k,
        "threshold": model.threshold,
        "f_beta": settings.f_beta if settings.classifies else None,
        "margin": None,
    }
    return {
        "threshold": model.threshold,
        "loss_type": settings.loss,
        "metrics_params": metrics,
        "predictor_type": settings.predictor_type,
    }
