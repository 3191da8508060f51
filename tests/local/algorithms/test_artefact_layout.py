"""The linear learner's artefact: MXNet reads it as the model that was written; its layout is the container's."""

import io
import json
import tarfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from local.algorithms.linear_learner.artefact import Model, write
from local.algorithms.linear_learner.hyperparameters import parse

REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "linear-learner"
FOLDERS = {
    "binary_classifier": REAL / "binary_classifier_5_features.model.tar.gz",
    "regressor": REAL / "regressor_513_features.model.tar.gz",
}


def mxnet() -> Any:
    """MXNet, whose import warns of what newer NumPys deprecate."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mxnet as module
    return module


def members(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
        assert {entry.compress_type for entry in zipped.infolist()} == {zipfile.ZIP_STORED}
        return {name: zipped.read(name) for name in zipped.namelist()}


def real(predictor_type: str) -> dict[str, bytes]:
    path = FOLDERS[predictor_type]
    if not path.exists():
        pytest.skip(f"{path} is not there")
    with tarfile.open(path) as archive:
        assert archive.getnames() == ["model_algo-1"]
        content = archive.extractfile("model_algo-1")
        assert content is not None
        return members(content.read())


def ours(tmp_path: Path, predictor_type: str, model: Model) -> dict[str, bytes]:
    path = write(tmp_path, model, parse({"predictor_type": predictor_type}))
    assert path == tmp_path / "model_algo-1"
    return members(path.read_bytes())


def a_model(features: int, threshold: float = 0.4) -> Model:
    weights = np.random.default_rng(3).normal(0, 0.3, features)
    return Model.rounded(weights, -0.75, threshold)


def written_by_mxnet(tmp_path: Path, predictor_type: str, model: Model) -> dict[str, bytes]:
    """MXNet's own two files of a linear module."""
    mx = mxnet()
    weight = mx.sym.Variable("fc0_weight", shape=(len(model.weights), 1))
    bias = mx.sym.Variable("fc0_bias", shape=(1, 1), lr_mult=10.0)
    label = mx.sym.Variable("out_label")
    # Names count up within a process.
    with mx.name.NameManager():
        linear = mx.sym.broadcast_add(mx.sym.dot(mx.sym.Variable("data"), weight), bias)
        outputs = {"binary_classifier": mx.sym.LogisticRegressionOutput, "regressor": mx.sym.LinearRegressionOutput}
        outputs[predictor_type](linear, label).save(str(tmp_path / "mx-mod-symbol.json"))
    arrays = {"arg:fc0_weight": model.weights.reshape(-1, 1), "arg:fc0_bias": [[model.bias]]}
    named = {name: mx.nd.array(values, dtype=np.float32) for name, values in arrays.items()}
    mx.nd.save(str(tmp_path / "mx-mod-0000.params"), named)
    return {name: (tmp_path / name).read_bytes() for name in ("mx-mod-symbol.json", "mx-mod-0000.params")}


def predicted(artefact: dict[str, bytes], features: np.ndarray, tmp_path: Path) -> np.ndarray:
    """What MXNet's Module makes of (rows, features), (rows,)."""
    for name in ("mx-mod-symbol.json", "mx-mod-0000.params"):
        (tmp_path / name).write_bytes(artefact[name])
    mx = mxnet()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        symbol, arguments, auxiliary = mx.model.load_checkpoint(str(tmp_path / "mx-mod"), 0)
        module = mx.mod.Module(symbol, data_names=["data"], label_names=["out_label"])
        module.bind(data_shapes=[("data", features.shape)], for_training=False)
        module.set_params(arguments, auxiliary)
        return module.predict(mx.io.NDArrayIter(features, batch_size=len(features))).asnumpy().ravel()


def parameters(artefact: dict[str, bytes], tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "params").write_bytes(artefact["mx-mod-0000.params"])
    return {name: array.asnumpy() for name, array in mxnet().nd.load(str(tmp_path / "params")).items()}


@pytest.mark.parametrize("predictor_type", ["binary_classifier", "regressor"])
@pytest.mark.parametrize("features", [1, 6, 513])
def test_graph_and_parameters_are_the_bytes_that_mxnet_writes(tmp_path: Path, predictor_type: str, features: int):
    model = a_model(features)
    artefact = ours(tmp_path, predictor_type, model)

    written = written_by_mxnet(tmp_path, predictor_type, model)

    assert {name: artefact[name] for name in written} == written


def test_mxnet_predicts_what_the_model_says(tmp_path: Path):
    model = a_model(6)
    features = np.random.default_rng(4).normal(0, 2, (50, 6)).astype(np.float32)

    classified = predicted(ours(tmp_path, "binary_classifier", model), features, tmp_path)
    regressed = predicted(ours(tmp_path, "regressor", model), features, tmp_path)

    assert classified == pytest.approx(model.probabilities(features.astype(float)), abs=1e-6)
    assert regressed == pytest.approx(model.outputs(features.astype(float)), abs=1e-5)


@pytest.mark.parametrize(("predictor_type", "features"), [("binary_classifier", 5), ("regressor", 513)])
def test_the_layout_is_the_containers(tmp_path: Path, predictor_type: str, features: int):
    theirs, mine = real(predictor_type), ours(tmp_path, predictor_type, a_model(features))

    assert sorted(mine) == sorted(theirs)
    assert json.loads(mine["manifest.json"]) == json.loads(theirs["manifest.json"])
    their_graph, my_graph = (json.loads(artefact["mx-mod-symbol.json"]) for artefact in (theirs, mine))
    assert [node["op"] for node in my_graph["nodes"]] == [node["op"] for node in their_graph["nodes"]]
    assert [node["inputs"] for node in my_graph["nodes"]] == [node["inputs"] for node in their_graph["nodes"]]
    assert [node.get("attrs") for node in my_graph["nodes"]] == [node.get("attrs") for node in their_graph["nodes"]]
    named = [node["name"] for node in their_graph["nodes"] if node["op"] == "null"]
    assert [node["name"] for node in my_graph["nodes"] if node["op"] == "null"] == named
    assert (my_graph["heads"], my_graph["arg_nodes"]) == (their_graph["heads"], their_graph["arg_nodes"])


@pytest.mark.parametrize(("predictor_type", "features"), [("binary_classifier", 5), ("regressor", 513)])
def test_parameters_are_named_and_shaped_as_the_containers(tmp_path: Path, predictor_type: str, features: int):
    theirs = parameters(real(predictor_type), tmp_path)
    mine = parameters(ours(tmp_path, predictor_type, a_model(features)), tmp_path)

    assert {name: (array.shape, array.dtype) for name, array in mine.items()} == {
        name: (array.shape, array.dtype) for name, array in theirs.items()
    }


@pytest.mark.parametrize("predictor_type", ["binary_classifier", "regressor"])
def test_additional_parameters_have_the_containers_keys_and_values(tmp_path: Path, predictor_type: str):
    theirs = json.loads(real(predictor_type)["additional-params.json"])
    mine = json.loads(ours(tmp_path, predictor_type, a_model(3, theirs["threshold"]))["additional-params.json"])

    assert mine == theirs


def test_the_same_model_gives_the_same_bytes(tmp_path: Path):
    settings = parse({"predictor_type": "binary_classifier"})
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, a_model(6), settings)

    assert (tmp_path / "first/model_algo-1").read_bytes() == (tmp_path / "second/model_algo-1").read_bytes()
