"""Channels of the linear learner: csv and recordio-protobuf, label first; what cannot be read is named."""

import functools
import gzip
import importlib.util
import struct
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from local.algorithms.inputs import recordio
from local.algorithms.inputs.decimal_files import LONGEST_LINE
from local.algorithms.inputs.dense_records import read_dense
from local.algorithms.linear_learner.channels import Dataset, read_all
from local.algorithms.linear_learner.errors import CustomerError

CSV = {"ContentType": "text/csv", "TrainingInputMode": "File"}
RECORDIO = {"ContentType": "application/x-recordio-protobuf", "TrainingInputMode": "File"}


def read(base: Path, configuration: dict[str, str], **files: bytes) -> Dataset:
    """The train channel with `files` (name: content) in it."""
    folder = base / "input" / "data" / "train"
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return read_all(base, {"train": configuration})["train"]


def test_csv_has_the_label_first_and_no_header(tmp_path: Path):
    data = read(tmp_path, CSV, part=b'1,2.5,-3\n0,"4",5e2\n')

    assert data.labels.tolist() == [1, 0]
    assert data.features.tolist() == [[2.5, -3], [4, 500]]


def test_files_of_a_channel_follow_each_other_by_path(tmp_path: Path):
    (tmp_path / "input/data/train/nested").mkdir(parents=True)
    (tmp_path / "input/data/train/nested/a.csv").write_bytes(b"1,3\n")

    data = read(tmp_path, CSV, b=b"0,1\r\n0,2\r\n", z=b"1,4", empty=b"\n")

    assert data.features.ravel().tolist() == [1, 2, 3, 4]


def test_gzip_is_unpacked_where_the_channel_says_so(tmp_path: Path):
    data = read(tmp_path, {**CSV, "CompressionType": "Gzip"}, packed=gzip.compress(b"1,2\n0,3\n"))

    assert data.features.ravel().tolist() == [2, 3]


def test_gzip_in_a_channel_that_does_not_say_so_is_no_csv(tmp_path: Path):
    with pytest.raises(CustomerError, match="Unable to parse csv: rows 1-1000, file /opt/ml/input/data/train/packed"):
        read(tmp_path, CSV, packed=gzip.compress(b"1,2\n"))


@pytest.mark.parametrize("first", [b"1,2\n0,3\n", b"1,2\n0,none\n"], ids=["decimals", "other text"])
def test_line_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path, first: bytes):
    size = 256 << 20
    packed = gzip.compress(first) + gzip.compress(b"1" * size, 1)
    place = "Unable to parse csv: rows 1-1000, file /opt/ml/input/data/train/packed: row 3"

    tracemalloc.start()
    try:
        with pytest.raises(CustomerError, match=f"{place}: it has more than 16,777,216 bytes"):
            read(tmp_path, {**CSV, "CompressionType": "Gzip"}, packed=packed)
        assert tracemalloc.get_traced_memory()[1] < size // 4
    finally:
        tracemalloc.stop()


def test_line_of_as_many_bytes_as_a_row_may_have_is_read(tmp_path: Path):
    value = b"7" * 8 + b","
    row = value * (LONGEST_LINE // len(value)) + b"3" * (LONGEST_LINE % len(value))

    assert read(tmp_path, CSV, rows=row + b"\n").features[0, -1] == float(row.rpartition(b",")[2])
    with pytest.raises(CustomerError, match="row 2: it has more than"):
        read(tmp_path, CSV, rows=b"1,2\n3" + row)


def test_truncated_gzip_is_named(tmp_path: Path):
    packed = gzip.compress(b"1,2\n" * 1000)[:-10]

    with pytest.raises(CustomerError, match="Unable to decompress /opt/ml/input/data/train/packed"):
        read(tmp_path, {**CSV, "CompressionType": "Gzip"}, packed=packed)


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (b"1,none\n", "'none' is no number"),
        (b"1,\n", "'' is no number"),
        (b"1,2,3\n", "it has 3 columns, not 2"),
    ],
)
def test_a_bad_row_is_named_with_its_number(tmp_path: Path, bad: bytes, fault: str):
    with pytest.raises(CustomerError) as refusal:
        read(tmp_path, CSV, part=b"0,1\n" * 1200 + bad)

    assert str(refusal.value).startswith(
        f"Unable to parse csv: rows 1001-2000, file /opt/ml/input/data/train/part: row 1201: {fault}"
    )


def test_values_that_are_not_finite_are_refused(tmp_path: Path):
    with pytest.raises(CustomerError, match=r"not finite .* in row 2"):
        read(tmp_path, CSV, part=b"1,2\n0,nan\n")


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({}, "'train' is a required property"),
        ({"train": CSV, "tset": CSV}, "'tset' was unexpected; channels are train, validation, test"),
        ({"train": {"ContentType": "csv"}}, "No iterator has been registered for ContentType 'csv'"),
        ({"train": CSV}, "The train channel holds no rows"),
    ],
)
def test_unusable_channels_are_refused(tmp_path: Path, configuration: dict[str, Any], message: str):
    with pytest.raises(CustomerError, match=message):
        read_all(tmp_path, configuration)


@functools.cache
def record_class() -> Any:
    """The Record message as protobuf's own compiler made it for the SageMaker SDK."""
    root = importlib.util.find_spec("sagemaker")
    if root is None or root.origin is None:
        pytest.skip("the SageMaker SDK is not installed")
    path = Path(root.origin).parent / "amazon" / "record_pb2.py"
    spec = importlib.util.spec_from_file_location("record_pb2", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Record


def framed(tmp_path: Path, messages: list[bytes]) -> bytes:
    """`messages` in RecordIO as MXNet writes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mxnet
    path = tmp_path / "reference.rec"
    writer = mxnet.recordio.MXRecordIO(str(path), "w")
    for message in messages:
        writer.write(message)
    writer.close()
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["float32_tensor", "float64_tensor", "int32_tensor"])
def test_dense_records_are_read(tmp_path: Path, kind: str):
    rows = [[3, -4, 7], [0, 1, -300]]
    messages = []
    for label, row in zip([1, 0], rows, strict=True):
        record = record_class()()
        getattr(record.features["values"], kind).values.extend(row)
        getattr(record.label["values"], kind).values.append(label)
        messages.append(record.SerializeToString())

    data = read(tmp_path / "base", RECORDIO, part=framed(tmp_path, messages))

    assert data.labels.tolist() == [1, 0]
    assert data.features.tolist() == rows


def dense(features: np.ndarray, labels: np.ndarray) -> bytes:
    """Records and frames as the SageMaker SDK's write_numpy_to_dense_tensor makes them."""
    frames = []
    for row, label in zip(features, labels, strict=True):
        record = record_class()()
        getattr(record.features["values"], f"{features.dtype}_tensor").values.extend(row)
        getattr(record.label["values"], f"{labels.dtype}_tensor").values.append(label)
        message = record.SerializeToString()
        frames.append(struct.pack("<II", 0xCED7230A, len(message)) + message + bytes(-len(message) % 4))
    return b"".join(frames)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("label_dtype", ["float32", "float64"])
def test_records_of_the_sdk_are_read_to_the_bit_and_at_once(dtype: str, label_dtype: str):
    features = np.random.default_rng(3).normal(0, 100, (50, 40)).astype(dtype)
    labels = np.random.default_rng(4).normal(0, 1, 50).astype(label_dtype)
    written = dense(features, labels)

    table = read_dense(written)

    assert table is not None
    assert table[:, 1:].astype(dtype).tobytes() == features.tobytes()
    assert table[:, 0].astype(label_dtype).tobytes() == labels.tobytes()
    each = [[record.label, *record.values] for record in recordio.records(written)]
    assert table.tolist() == each


def test_records_of_which_one_is_unlike_the_others_are_read_one_by_one(tmp_path: Path):
    alike = dense(np.array([[1.0, 2.0]] * 3), np.array([0.0, 1.0, 0.0]))
    size = len(alike) // 3
    # The key of the last record's label: the bytes of its features, and of its frame, are as all are.
    other = alike[: 2 * size] + alike[2 * size :].replace(b"values", b"weight")

    assert read_dense(alike) is not None
    assert read_dense(other) is None
    assert read_dense(alike[:-4]) is None
    assert read_dense(b"") is None
    shorter = dense(np.array([[1.0]]), np.array([0.0]))
    with pytest.raises(CustomerError, match="differ in their number of features"):
        read(tmp_path, RECORDIO, part=alike + shorter)


def test_sparse_records_are_read(tmp_path: Path):
    messages = []
    for label, keys, values in [(1, [0, 3], [1.5, -2.0]), (0, [], []), (1, [2], [9.0])]:
        record = record_class()()
        tensor = record.features["values"].float32_tensor
        tensor.keys.extend(keys)
        tensor.values.extend(values)
        tensor.shape.append(5)
        record.label["values"].float32_tensor.values.append(label)
        messages.append(record.SerializeToString())

    data = read(tmp_path / "base", RECORDIO, part=framed(tmp_path, messages))

    assert data.labels.tolist() == [1, 0, 1]
    assert data.features.tolist() == [[1.5, 0, 0, -2, 0], [0, 0, 0, 0, 0], [0, 0, 9, 0, 0]]


def test_a_record_that_holds_the_magic_number_is_joined_again(tmp_path: Path):
    magic = struct.unpack("<f", struct.pack("<I", 0xCED7230A))[0]
    # At a multiple of four the writer splits a record at the magic number.
    for padding in range(4):
        record = record_class()()
        record.features["values"].float32_tensor.values.extend([1.0, magic, 2.0])
        record.label["values"].float32_tensor.values.append(1)
        record.uid = "x" * padding
        data = framed(tmp_path, [record.SerializeToString()] * 2)

        for decoded in recordio.records(data):
            assert decoded.values.astype(np.float32).tolist() == [1.0, magic, 2.0]
            assert decoded.label == 1


def test_recordio_faults_are_named(tmp_path: Path):
    record = record_class()()
    record.features["values"].float32_tensor.values.extend([1.0, 2.0])
    whole = framed(tmp_path, [record.SerializeToString()])

    with pytest.raises(CustomerError, match="A record without a label in /opt/ml/input/data/train/part"):
        read(tmp_path / "a", RECORDIO, part=whole)
    with pytest.raises(CustomerError, match="file /opt/ml/input/data/train/part: no RecordIO at byte 0"):
        read(tmp_path / "b", RECORDIO, part=whole[:-4])
    with pytest.raises(CustomerError, match=r"record 1 is no aialgs\.data\.Record"):
        read(tmp_path / "c", RECORDIO, part=framed(tmp_path, [b"\xff\xff\xff\xff"]))
