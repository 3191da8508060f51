"""Bodies of requests -> rows of features, by their content type.

CSV has a row a line, without a label. JSON has {"instances": [{"features": [1.0, 2.0]}]}; in place of a list there
may be {"values": …} with {"keys": …, "shape": …} for a sparse vector, wrapped in {"data": {"features": …}} or not;
JSON Lines have an instance a line. LIBSVM has `index:value` pairs, counted from zero, after a label or without one.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from local import EmbeddedAwsError
from local.algorithms.inputs import recordio
from local.algorithms.serving.predictor import CSV, JSON, JSON_LINES, LIBSVM, RECORDIO, Predictor

_UNSUPPORTED_MEDIA_TYPE = 415
_BAD_REQUEST = 400
_ALIASES = {"text/x-libsvm": LIBSVM}
# What the readers meet in payloads of another form: an instance that is no object, a number that no float holds.
_FAULTS = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)


class RefusedPayloadError(EmbeddedAwsError):
    """The request cannot be answered; `status` is that of the container's answer."""

    def __init__(self, message: str, status: int = _BAD_REQUEST) -> None:
        super().__init__(message)
        self.status = status


def media_type(header: str) -> str:
    """`text/csv` of `Text/CSV; charset=utf-8`."""
    name = header.split(";")[0].strip().lower()
    return _ALIASES.get(name, name)


def read_features(body: bytes, content_type: str, predictor: Predictor) -> np.ndarray:
    """Rows of features, (rows, predictor.feature_count) in float64. Raises RefusedPayloadError."""
    kind = media_type(content_type)
    if kind not in predictor.content_types:
        raise RefusedPayloadError(
            f"Content-type {content_type or 'none'} not supported. Supported content-type is "
            f"{', '.join(predictor.content_types)}",
            _UNSUPPORTED_MEDIA_TYPE,
        )
    try:
        table = _READERS[kind](body, predictor.feature_count)
    except (*_FAULTS, recordio.BadRecordError) as error:
        raise RefusedPayloadError(f"unable to evaluate payload provided: {type(error).__name__} {error}") from None
    if table.ndim != 2 or table.shape[1] != predictor.feature_count or not len(table):
        raise RefusedPayloadError(
            f"unable to evaluate payload provided: rows of {predictor.feature_count} features are expected, "
            f"got an array of shape {table.shape}"
        )
    if np.isinf(table).any() or (np.isnan(table).any() and not predictor.allows_missing):
        raise RefusedPayloadError("unable to evaluate payload provided: a value is not finite")
    return table


def _csv(body: bytes, _: int) -> np.ndarray:
    lines = [line for line in body.decode().splitlines() if line.strip()]
    return _rectangle([[_number(text) for text in line.split(",")] for line in lines])


def _number(text: str) -> float:
    stripped = text.strip().strip('"')
    return float(stripped) if stripped else float("nan")


def _json(body: bytes, size: int) -> np.ndarray:
    return _rectangle([_vector(instance, size) for instance in json.loads(body)["instances"]])


def _json_lines(body: bytes, size: int) -> np.ndarray:
    return _rectangle([_vector(json.loads(line), size) for line in body.decode().splitlines() if line.strip()])


def _vector(instance: Mapping[str, Any], size: int) -> list[float]:
    features: Any = instance.get("data", instance)["features"]
    if isinstance(features, list):
        return [float(value) for value in features]
    values = [float(value) for value in features["values"]]
    keys = features.get("keys")
    if keys is None:
        return values
    if list(features["shape"]) != [size]:
        raise ValueError(f"a sparse vector of shape {features['shape']} where {size} features are expected")
    return _sparse(zip(keys, values, strict=True), size)


def _sparse(pairs: Any, size: int) -> list[float]:
    vector = [0.0] * size
    for key, value in pairs:
        if not 0 <= int(key) < size:
            raise ValueError(f"feature {key} of a model with {size}")
        vector[int(key)] = float(value)
    return vector


def _libsvm(body: bytes, size: int) -> np.ndarray:
    """Features that a row does not name are missing, not zero."""
    rows = []
    for line in body.decode().splitlines():
        if line.strip():
            vector = [float("nan")] * size
            for pair in line.split():
                key, colon, value = pair.partition(":")
                if colon and not 0 <= int(key) < size:
                    raise ValueError(f"feature {key} of a model with {size}")
                if colon:
                    vector[int(key)] = float(value)
            rows.append(vector)
    return _rectangle(rows)


def _recordio(body: bytes, size: int) -> np.ndarray:
    return _rectangle([_dense(record, size) for record in recordio.records(body)])


def _dense(record: recordio.Record, size: int) -> list[float]:
    if record.keys is not None and (record.dimension > size or record.keys.min(initial=0) < 0):
        raise ValueError(f"a sparse record of {record.dimension} features for a model with {size}")
    return record.dense(size).tolist()


def _rectangle(rows: list[list[float]]) -> np.ndarray:
    if len({len(row) for row in rows}) > 1:
        raise ValueError("the rows differ in their number of features")
    return np.array(rows, dtype=np.float64)


_READERS: Mapping[str, Callable[[bytes, int], np.ndarray]] = {
    CSV: _csv,
    JSON: _json,
    JSON_LINES: _json_lines,
    LIBSVM: _libsvm,
    RECORDIO: _recordio,
}
