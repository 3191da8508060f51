"""Answers -> bodies, by what the caller accepts.

JSON is {"predictions": [{"score": 0.4, "predicted_label": 0}]}, JSON Lines an object of it a line, RecordIO a Record a
row whose label map has the members as float32 tensors. CSV has one number a row.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/LL-in-formats.html, kNN-inference-formats.html, and
https://github.com/aws/sagemaker-xgboost-container for XGBoost.
"""

import json
from dataclasses import dataclass

import numpy as np

from local.algorithms.inputs.recordio import field, frame
from local.algorithms.serving.predictor import CSV, JSON, JSON_LINES, RECORDIO, Columns, Predictor
from local.algorithms.serving.requests import RefusedPayloadError, media_type

_NOT_ACCEPTABLE = 406
_ANYTHING = ("", "*/*")
_SUPPORTED = (JSON, JSON_LINES, CSV, RECORDIO)


@dataclass(frozen=True)
class Answer:
    """A body and its content type."""

    body: bytes
    content_type: str


@dataclass(frozen=True)
class Format:
    """What a caller accepts: a media type, and whether the answer is to be verbose."""

    media_type: str
    verbose: bool


def choose_format(accept: str, predictor: Predictor) -> Format:
    """The first supported one of an Accept header. Raises RefusedPayloadError (406) where there is none."""
    for choice in accept.split(","):
        name = media_type(choice)
        if name in _ANYTHING:
            return Format(predictor.default_accept, verbose=False)
        if name in _SUPPORTED:
            return Format(name, verbose="verbose=true" in choice.replace(" ", "").lower())
    raise RefusedPayloadError(
        f"Accept type {accept} not supported. Supported accept types are {', '.join(_SUPPORTED)}", _NOT_ACCEPTABLE
    )


def write_answer(columns: Columns, chosen: Format, predictor: Predictor, *, batch: bool) -> Answer:
    """`columns` as a body. In a batch transform every row ends in a line feed."""
    if chosen.media_type == CSV:
        return Answer(_csv(columns[predictor.csv_member], predictor, batch=batch), "text/csv; charset=utf-8")
    if chosen.media_type == RECORDIO:
        return Answer(b"".join(_record(row) for row in _rows(columns)), RECORDIO)
    rows = _rows(columns)
    if chosen.media_type == JSON_LINES:
        return Answer("".join(json.dumps(row) + "\n" for row in rows).encode(), JSON_LINES)
    return Answer(json.dumps({"predictions": rows}).encode(), JSON)


def _rows(columns: Columns) -> list[dict[str, object]]:
    names = list(columns)
    lists = [columns[name].tolist() for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*lists, strict=True)]


def _csv(values: np.ndarray, predictor: Predictor, *, batch: bool) -> bytes:
    joined = predictor.joined_csv and not batch
    texts = [repr(value) for value in values.tolist()]
    return ",".join(texts).encode() if joined else "".join(f"{text}\n" for text in texts).encode()


def _record(row: dict[str, object]) -> bytes:
    """A Record in its frame."""
    entries = (field(2, field(1, name.encode()) + field(2, _tensor(value))) for name, value in row.items())
    return frame(b"".join(entries))


def _tensor(value: object) -> bytes:
    """A Value that holds a Float32Tensor."""
    values = np.atleast_1d(np.asarray(value, dtype="<f4")).tobytes()
    return field(2, field(1, values))
