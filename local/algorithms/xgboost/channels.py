"""Input channels: which there may be, in which content types and modes, and their files as matrices of the library.

Source: channel_validation.py and data_utils.py of the container. It takes content types letter by letter, so
`text/csv; label_size=1` is none of them.
"""

# pyright: reportAttributeAccessIssue=false

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from local.algorithms.xgboost import tables
from local.algorithms.xgboost.errors import UserError
from local.algorithms.xgboost.library import DMatrix

_CSV, _RECORDIO = ("csv", "text/csv"), ("recordio-protobuf", "application/x-recordio-protobuf")
_LIBSVM = ("libsvm", "text/libsvm", "text/x-libsvm")
_PARQUET = ("parquet", "application/x-parquet")
_DEFAULT = "text/libsvm"
_READERS = {
    **dict.fromkeys(_CSV, tables.read_csv),
    **dict.fromkeys(_RECORDIO, tables.read_recordio),
    **dict.fromkeys(_LIBSVM, tables.read_libsvm),
}

Configuration = Mapping[str, Mapping[str, object]]


def validate(configuration: Configuration) -> None:
    """Raise UserError unless inputdataconfig.json has the channels that the container takes."""
    if "train" not in configuration:
        raise UserError("Missing required channel: train")
    for name, channel in configuration.items():
        if name not in ("train", "validation"):
            raise UserError(f"Extraneous channel found: {name}")
        content_type = str(channel.get("ContentType") or _DEFAULT)
        piped = channel.get("TrainingInputMode") == "Pipe"
        if content_type not in (*_READERS, *_PARQUET) or (piped and content_type in _LIBSVM):
            full = {**channel, "ContentType": content_type}
            raise UserError(f"Channel configuration for '{name}' channel is not supported: {full}")
        if content_type in _PARQUET:
            raise UserError(f"Channel {name}: {content_type} is not implemented by the embedded AWS")


def read(base: Path, name: str, configuration: Configuration, *, weighted: bool) -> DMatrix | None:
    """The channel's rows, or None where it has none. Raises UserError.

    The content type is that of the train channel, whatever the others say. A missing value is NaN; `weighted` takes the
    second column of a CSV for the weights of the rows.
    """
    content_type = str(configuration["train"].get("ContentType") or _DEFAULT)
    folder = base / "input" / "data" / name
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "_")))
    parts = [_READERS[content_type](path) for path in paths if path.stat().st_size]
    parts = [part for part in parts if len(part.labels)]
    if not parts:
        return None
    width = max(part.features.shape[1] for part in parts)
    if content_type not in _LIBSVM and any(part.features.shape[1] != width for part in parts):
        raise UserError(f"Failed to load csv data with exception:\nThe files of {name} differ in their columns")
    features = np.vstack([tables.widen(part.features, width) for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    if not (weighted and content_type in _CSV):
        return DMatrix(features, label=labels)
    return DMatrix(features[:, 1:], label=labels, weight=features[:, 0])
