"""Loads what the linear learner wrote, to serve it.

`model_algo-1` is a zip; of its members the graph says whether the model classifies, the parameters are weights and
bias, and the settings have the threshold. Sizes are checked before anything is read, and nothing is unpickled or
executed. The parameters' format is NDArray::Save of Apache MXNet's src/ndarray/ndarray.cc (`artefact` writes it).
"""

import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from local.algorithms.linear_learner.artefact import NAME
from local.algorithms.linear_learner.objectives import logistic
from local.algorithms.serving.predictor import CSV, JSON, JSON_LINES, RECORDIO, Columns, Predictor, UnusableModelError

_SYMBOL, _PARAMETERS, _SETTINGS = "mx-mod-symbol.json", "mx-mod-0000.params", "additional-params.json"
# Two million weights; a graph and its settings have a thousand bytes.
_LARGEST = {_SYMBOL: 1 << 18, _PARAMETERS: 8 << 20, _SETTINGS: 1 << 18}
_LARGEST_FILE = 16 << 20
_LIST, _ARRAY = 0x112, 0xF993FAC9
_MOST_ARRAYS, _LONGEST_NAME = 16, 256


def load(folder: Path) -> Predictor:
    """The model in `folder`. Raises UnusableModelError."""
    try:
        members = _members(folder / NAME)
        arrays = _arrays(members[_PARAMETERS])
        classifies = any(node["op"] == "LogisticRegressionOutput" for node in _json(members[_SYMBOL])["nodes"])
        threshold = float(_json(members[_SETTINGS])["threshold"])
        weights, bias = _parameter(arrays, "weight"), _parameter(arrays, "bias")
    except (KeyError, TypeError, ValueError, struct.error) as error:
        raise UnusableModelError(f"{NAME} is not the linear learner's: {type(error).__name__} {error}") from None
    if weights.ndim != 2 or weights.shape[1] != 1 or bias.shape != (1, 1):
        raise UnusableModelError(f"{NAME} has weights of shape {weights.shape} and a bias of shape {bias.shape}")
    if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
        raise UnusableModelError(f"{NAME} has a weight that is not finite: training diverged")
    return _predictor(weights[:, 0], float(bias[0, 0]), threshold if classifies else None)


def _parameter(arrays: dict[str, np.ndarray], kind: str) -> np.ndarray:
    """The one parameter of its kind: the layer's number in its name is arbitrary."""
    (name,) = [name for name in arrays if name.startswith("arg:") and name.endswith(f"_{kind}")]
    return arrays[name]


def _predictor(weights: np.ndarray, bias: float, threshold: float | None) -> Predictor:
    def predict(features: np.ndarray, _: bool) -> Columns:
        outputs = features @ weights + bias
        if threshold is None:
            return {"score": outputs}
        scores = logistic(outputs)
        return {"score": scores, "predicted_label": (scores >= threshold).astype(int)}

    return Predictor(len(weights), predict, (CSV, JSON, JSON_LINES, RECORDIO), default_accept=JSON)


def _members(path: Path) -> dict[str, bytes]:
    if not path.is_file() or path.stat().st_size > _LARGEST_FILE:
        raise UnusableModelError(f"{NAME} is missing, or has more than {_LARGEST_FILE} bytes")
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: _member(archive, name, most) for name, most in _LARGEST.items()}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise UnusableModelError(f"{NAME} is no zip, or a damaged one: {error}") from None


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    with archive.open(name) as member:
        content = member.read(most + 1)
    if len(content) > most:
        raise UnusableModelError(f"{name} has more than {most} bytes")
    return content


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _arrays(data: bytes) -> dict[str, np.ndarray]:
    """The named arrays of a list. Raises ValueError and struct.error."""
    magic, _, count = struct.unpack_from("<QQQ", data)
    if magic != _LIST or count > _MOST_ARRAYS:
        raise ValueError(f"no list of parameters: {magic:#x}, {count} arrays")
    position, arrays = 24, []
    for _ in range(count):
        array, position = _array(data, position)
        arrays.append(array)
    (names,) = struct.unpack_from("<Q", data, position)
    position += 8
    result = {}
    for array in arrays[:names]:
        (length,) = struct.unpack_from("<Q", data, position)
        if length > _LONGEST_NAME:
            raise ValueError(f"a name of {length} bytes")
        result[data[position + 8 : position + 8 + length].decode()] = array
        position += 8 + length
    return result


def _array(data: bytes, position: int) -> tuple[np.ndarray, int]:
    magic, storage, dimensions = struct.unpack_from("<IiI", data, position)
    if magic != _ARRAY or storage != 0 or not 1 <= dimensions <= 4:
        raise ValueError(f"no dense array at byte {position}")
    shape = struct.unpack_from(f"<{dimensions}q", data, position + 12)
    position += 12 + 8 * dimensions
    element_type = struct.unpack_from("<iii", data, position)[2]
    position += 12
    length = 1
    for size in shape:
        length *= size
    if element_type != 0 or min(shape) < 1 or 4 * length > len(data) - position:
        raise ValueError(f"an array of shape {shape} and type {element_type} at byte {position}")
    array = np.frombuffer(data, dtype="<f4", count=length, offset=position).astype(np.float64)
    return array.reshape(shape), position + 4 * length
