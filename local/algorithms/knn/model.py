"""The artefact: `model_algo-1`, a sample of points with their labels and the settings, and no index.

    knn-model 1                                            the first line
    {"hyperparameters": {...}, "rows": 5, "dimensions": 3, "seed": 7}    the second
    rows x dimensions float32, then rows float32           points and labels, little-endian

The index is built when the model is loaded: FAISS' own files are read by code that trusts them. Whoever loads a model
takes its size for its content alone, and unpickles nothing. The layout is this process' own, since that of Amazon's
container is not documented.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from local import EmbeddedAwsError
from local.algorithms.knn import hyperparameters
from local.algorithms.knn.hyperparameters import Hyperparameters
from local.algorithms.knn.index import NeighbourIndex, build
from local.algorithms.knn.projection import Projection
from local.algorithms.linear_learner.errors import CustomerError

NAME = "model_algo-1"
_MAGIC = b"knn-model 1\n"
_LARGEST, _LONGEST_HEADER = 1 << 30, 1 << 14
_FIELDS = {"hyperparameters": dict, "rows": int, "dimensions": int, "seed": int}


class UnusableSampleError(EmbeddedAwsError):
    """The artefact is none that k-NN wrote; the message says why."""


@dataclass(frozen=True)
class Sample:
    """`points` (rows, dimensions) and `labels` (rows,), float32, with the strings of the hyperparameters.

    `seed` is that of the projection, where there is one.
    """

    configuration: Mapping[str, str]
    points: np.ndarray
    labels: np.ndarray
    seed: int


@dataclass(frozen=True)
class Model:
    """A loaded model."""

    settings: Hyperparameters
    labels: np.ndarray
    index: NeighbourIndex
    projection: Projection | None

    @property
    def feature_count(self) -> int:
        return self.settings.feature_dim

    def neighbours(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distances and labels of the k nearest of each row (rows, features), both (rows, k), the nearest first.

        Distances are FAISS': squared for L2, products for the others. An index of cells may find fewer than k: what is
        missing is NaN.
        """
        points = rows if self.projection is None else self.projection.apply(rows)
        parts = [self.index.search(points[start : start + self._batch]) for start in range(0, len(rows), self._batch)]
        distances = np.concatenate([part[0] for part in parts]).astype(np.float64)
        places = np.concatenate([part[1] for part in parts])
        labels = np.where(places < 0, np.nan, self.labels[places])
        return np.where(places < 0, np.nan, distances), labels

    @property
    def _batch(self) -> int:
        return self.settings.mini_batch_size

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """The answers for rows (rows, features), (rows,): the mean of the neighbours' labels, or the commonest of them.

        Of labels that are equally common the smallest.
        """
        if not len(rows):
            return np.zeros(0)
        _, labels = self.neighbours(rows)
        return np.nanmean(labels, axis=1) if self.settings.regresses else _commonest(labels)


def _commonest(labels: np.ndarray) -> np.ndarray:
    classes = np.unique(labels[~np.isnan(labels)])
    counts = np.stack([(labels == each).sum(axis=1) for each in classes], axis=1)
    return classes[np.argmax(counts, axis=1)]


def of(sample: Sample) -> Model:
    """The model over a sample. Raises CustomerError for hyperparameters that are none."""
    settings = hyperparameters.parse(sample.configuration)
    target = settings.dimension_reduction_target
    projection = None
    if settings.dimension_reduction_type and target:
        projection = Projection(settings.dimension_reduction_type, settings.feature_dim, target, sample.seed)
    return Model(settings, sample.labels.astype(np.float64), build(sample.points, settings), projection)


def write(folder: Path, sample: Sample) -> Path:
    """Write `model_algo-1` into `folder`; return its path."""
    rows, dimensions = sample.points.shape
    header = {
        "hyperparameters": dict(sample.configuration),
        "rows": rows,
        "dimensions": dimensions,
        "seed": sample.seed,
    }
    content = [_MAGIC, json.dumps(header, sort_keys=True).encode(), b"\n"]
    arrays = [np.ascontiguousarray(array, dtype="<f4").tobytes() for array in (sample.points, sample.labels)]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    path.write_bytes(b"".join(content + arrays))
    return path


def load(folder: Path) -> Model:
    """The model in `folder`. Raises UnusableSampleError."""
    path = folder / NAME
    if not path.is_file() or path.stat().st_size > _LARGEST:
        raise UnusableSampleError(f"{NAME} is missing, or has more than {_LARGEST} bytes")
    content = path.read_bytes()
    if not content.startswith(_MAGIC):
        raise UnusableSampleError(f"{NAME} begins with {content[: len(_MAGIC)]!r}: it is none of this process'")
    end = content.find(b"\n", len(_MAGIC), len(_MAGIC) + _LONGEST_HEADER)
    if end < 0:
        raise UnusableSampleError(f"{NAME} has no header of up to {_LONGEST_HEADER} bytes")
    try:
        return of(_sample(_header(content[len(_MAGIC) : end]), content[end + 1 :]))
    except CustomerError as error:
        raise UnusableSampleError(f"{NAME}: {error}") from None


def _header(line: bytes) -> dict:
    try:
        header = json.loads(line)
    except (ValueError, RecursionError):
        raise UnusableSampleError(f"{NAME} has a header that is no JSON") from None
    if not isinstance(header, dict) or any(type(header.get(name)) is not kind for name, kind in _FIELDS.items()):
        raise UnusableSampleError(f"{NAME} has a header without one of {', '.join(_FIELDS)}")
    return header


def _sample(header: dict, data: bytes) -> Sample:
    rows, dimensions = header["rows"], header["dimensions"]
    settings = hyperparameters.parse(header["hyperparameters"])
    expected = settings.dimension_reduction_target or settings.feature_dim
    if rows < settings.k or dimensions != expected or header["seed"] < 0:
        raise UnusableSampleError(f"{NAME} has {rows} rows of {dimensions} dimensions: its settings need others")
    if len(data) != 4 * rows * (dimensions + 1):
        raise UnusableSampleError(f"{NAME} has {len(data)} bytes of {rows} rows of {dimensions} dimensions")
    values = np.frombuffer(data, "<f4")
    if not np.isfinite(values).all():
        raise UnusableSampleError(f"{NAME} has a value that is not finite")
    points = values[: rows * dimensions].reshape(rows, dimensions)
    return Sample(header["hyperparameters"], points, values[rows * dimensions :], header["seed"])
