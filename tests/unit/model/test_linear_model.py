import io
import json
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes.errors import BadModel
from wildrydes.model import archive as artefact_archive
from wildrydes.model.linear_model import LinearModel, logistic, read_model

REAL = Path(__file__).parents[4] / "shared" / "data" / "linear-learner"
WEIGHTS = [0.25, -0.003, 0.001, -0.02, 0.015, 0.125]


@pytest.fixture(scope="module")
def good(write_artefact: Any) -> bytes:
    return write_artefact([2.0, 3.0], 1.0, 0.5)


def members(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        inner = tar.extractfile("model_algo-1")
        assert inner
        with zipfile.ZipFile(io.BytesIO(inner.read())) as z:
            return {name: z.read(name) for name in z.namelist()}


def artefact_of(contents: dict[str, bytes], name: str = "model_algo-1", method: int = zipfile.ZIP_STORED) -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", method) as z:
        for member, data in contents.items():
            z.writestr(member, data)
    outer = io.BytesIO()
    with tarfile.open(fileobj=outer, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(inner.getvalue())
        tar.addfile(info, io.BytesIO(inner.getvalue()))
    return outer.getvalue()


def scores_of_mxnet(mx: Any, archive: bytes, rows: list[list[float]], folder: Path) -> list[float]:
    for name, data in members(archive).items():
        (folder / name).write_bytes(data)
    symbol, arguments, auxiliary = mx.model.load_checkpoint(str(folder / "mx-mod"), 0)
    module = mx.module.Module(symbol, data_names=["data"], label_names=["out_label"])
    shapes = [("data", (len(rows), len(rows[0])))], [("out_label", (len(rows), 1))]
    module.bind(*shapes, for_training=False)
    module.set_params(arguments, auxiliary)
    batch = mx.io.NDArrayIter(mx.nd.array(rows), mx.nd.zeros((len(rows), 1)), len(rows), label_name="out_label")
    return [float(score) for (score,) in module.predict(batch).asnumpy()]


def test_a_written_artefact_is_read_back(write_artefact: Any) -> None:
    model = read_model(write_artefact([0.5, -0.25], 1.5, 0.375))
    assert model == LinearModel("binary_classifier", (0.5, -0.25), 1.5, 0.375)
    assert model.margin([2.0, 4.0]) == 1.5
    assert model.score([2.0, 4.0]) == pytest.approx(0.8175744761936437)


def test_a_regressor_gives_the_weighted_sum_itself(write_artefact: Any) -> None:
    model = read_model(write_artefact([0.5, -0.25], 1.5, 0.5, "LinearRegressionOutput"))
    assert (model.kind, model.score([2.0, 4.0])) == ("regressor", 1.5)


@given(rows=st.lists(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=2)), bias=st.floats(-1e9, 1e9))
def test_rows_get_to_the_last_digit_what_each_gets_alone(rows: list[list[float]], bias: float) -> None:
    for kind in ("binary_classifier", "regressor"):
        model = LinearModel(kind, (0.75, -0.1), bias, 0.5)
        assert model.scores(rows) == [model.score(row) for row in rows]


def test_the_logistic_neither_overflows_nor_loses_its_tails() -> None:
    assert (logistic(0.0), logistic(800.0), logistic(-800.0)) == (0.5, 1.0, 0.0)
    assert logistic(-30.0) == pytest.approx(9.357622968839299e-14, rel=1e-12)
    assert logistic(30.0) == pytest.approx(1 - 9.357622968839299e-14, rel=1e-15)


@pytest.mark.parametrize(
    ("name", "kind", "features", "threshold"),
    [
        ("binary_classifier_5_features", "binary_classifier", 5, 0.4020986557006836),
        ("regressor_513_features", "regressor", 513, 0.5),
    ],
)
def test_the_containers_own_artefacts_predict_as_mxnet_does(
    mxnet: Any, tmp_path: Path, name: str, kind: str, features: int, threshold: float
) -> None:
    path = REAL / f"{name}.model.tar.gz"
    if not path.exists():
        pytest.skip(f"{path} is absent: it lies beside the repository, not in it")
    model = read_model(path.read_bytes())
    assert (model.kind, len(model.weights), model.threshold) == (kind, features, threshold)
    rows = [[((7 * row + 3 * column) % 23 - 11) / 8 for column in range(features)] for row in range(64)]
    expected = scores_of_mxnet(mxnet, path.read_bytes(), rows, tmp_path)
    assert [model.score(row) for row in rows] == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert len(set(expected)) > 10


def test_our_own_artefact_predicts_as_mxnet_does_on_raw_features(
    mxnet: Any, tmp_path: Path, write_artefact: Any
) -> None:
    archive = write_artefact(WEIGHTS, -2.5, 0.5)
    rows = [[3.0 + row, 9000.0 - 150 * row, 40.0 * row, 7.0 * row - 60, 9.0 * row, 2.0 * row] for row in range(50)]
    model = read_model(archive)
    expected = scores_of_mxnet(mxnet, archive, rows, tmp_path)
    assert [model.score(row) for row in rows] == pytest.approx(expected, abs=1e-6)
    assert min(expected) < 0.01 and max(expected) > 0.99


def test_other_members_and_deflated_ones_do_no_harm(write_artefact: Any) -> None:
    contents = {"extra.bin": b"\0" * 1000} | members(write_artefact([2.0], 1.0, 0.5))
    assert read_model(artefact_of(contents, "./model_algo-1", zipfile.ZIP_DEFLATED)).weights == (2.0,)


def refused(archive: bytes, message: str) -> None:
    with pytest.raises(BadModel, match=message):
        read_model(archive)


def test_what_is_no_artefact_is_refused_with_a_reason(write_artefact: Any) -> None:
    good = write_artefact([2.0], 1.0, 0.5)
    contents = members(good)
    refused(b"", "cut short")
    refused(b"PK\3\4 not gzip", "no gzip")
    refused(good[:-20], "cut short")
    refused(artefact_of(contents, "model_algo-2"), "has .model_algo-2. where")
    refused(artefact_of({name: data for name, data in contents.items() if "params" not in name}), "lacks a member")
    refused(artefact_of(contents | {"mx-mod-0000.params": contents["mx-mod-0000.params"][:-3]}), "a name of")
    refused(artefact_of(contents | {"mx-mod-0000.params": contents["mx-mod-0000.params"] + b"x"}), "goes on")
    refused(artefact_of(contents | {"mx-mod-0000.params": b"\x13" + contents["mx-mod-0000.params"][1:]}), "0x113")
    refused(artefact_of(contents | {"additional-params.json": b"{}"}), "no number as threshold")
    refused(artefact_of(contents | {"additional-params.json": b'{"threshold": 1.5}'}), "not between 0 and 1")
    refused(artefact_of(contents | {"additional-params.json": b"[]"}), "no JSON object")
    refused(artefact_of(contents | {"additional-params.json": b'{"threshold": NaN}'}), "no number as threshold")


def test_a_graph_that_computes_something_else_is_refused(write_artefact: Any) -> None:
    contents = members(write_artefact([2.0, 3.0], 1.0, 0.5))
    symbol = json.loads(contents["mx-mod-symbol.json"])
    for change, message in (
        (("op", "dot", "FullyConnected"), "FullyConnected"),
        (("op", "LogisticRegressionOutput", "MAERegressionOutput"), "MAERegressionOutput"),
        (("name", "data", "other"), "'other'"),
        (("name", "fc0_weight", "w"), "no arg:w"),
    ):
        field, old, new = change
        nodes = [node | {field: new} if node[field] == old else node for node in symbol["nodes"]]
        changed = json.dumps(symbol | {"nodes": nodes}).encode()
        refused(artefact_of(contents | {"mx-mod-symbol.json": changed}), message)
    transposed = [n | {"attrs": {"transpose_a": "True"}} if n["op"] == "dot" else n for n in symbol["nodes"]]
    changed = json.dumps(symbol | {"nodes": transposed}).encode()
    refused(artefact_of(contents | {"mx-mod-symbol.json": changed}), "transposes")


def test_weights_that_diverged_are_refused(write_artefact: Any) -> None:
    refused(write_artefact([float("nan")], 1.0, 0.5), "not finite")
    refused(write_artefact([1.0], float("inf"), 0.5), "not finite")


def test_an_artefact_that_would_unpack_to_more_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artefact_archive, "MOST_UNPACKED", 1 << 16)
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    refused(compressor.compress(bytes(1 << 17)) + compressor.flush(), "more than 65536 bytes")


def test_a_wrong_number_of_features_is_an_error_not_a_prediction() -> None:
    with pytest.raises(BadModel, match="2 weights and got 1 features"):
        LinearModel("binary_classifier", (1.0, 2.0), 0.0, 0.5).score([1.0])
    with pytest.raises(BadModel, match="2 weights; not all of 2 rows"):
        LinearModel("binary_classifier", (1.0, 2.0), 0.0, 0.5).scores([[1.0, 2.0], [1.0]])


@given(data=st.data())
def test_a_mutated_artefact_is_read_or_refused_as_bad_model_nothing_else(good: bytes, data: Any) -> None:
    contents = members(good)
    name = data.draw(st.sampled_from(sorted(contents)))
    mutated = bytearray(contents[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        mutated[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    read_or_refused(artefact_of(contents | {name: bytes(mutated)}))


@given(data=st.data())
def test_a_mutated_archive_is_read_or_refused_as_bad_model_nothing_else(good: bytes, data: Any) -> None:
    tar = bytearray(zlib.decompress(good, 31))
    tar = tar[: len(tar) - len(tar) % 512]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, 4096))
        tar[at : at + 1] = data.draw(st.binary(min_size=1, max_size=1))
    compressor = zlib.compressobj(1, zlib.DEFLATED, 31)
    read_or_refused(compressor.compress(bytes(tar)) + compressor.flush())


def read_or_refused(archive: bytes) -> None:
    try:
        model = read_model(archive)
    except BadModel as bad:
        assert str(bad)
    else:
        assert all(isinstance(weight, float) for weight in model.weights)
