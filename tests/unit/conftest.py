"""Hypothesis draws the same examples each time; artefacts are written by MXNet itself, as the container does."""

import io
import json
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

# The same examples each time, however slow the machine is.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")

WriteArtefact = Callable[..., bytes]


@pytest.fixture(scope="session")
def mxnet() -> ModuleType:
    """MXNet, whose import uses what NumPy has deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mxnet
    return mxnet


@pytest.fixture(scope="session")
def write_artefact(mxnet: Any, tmp_path_factory: pytest.TempPathFactory) -> WriteArtefact:
    """A function of weights, bias, threshold and output operator -> the bytes of model.tar.gz."""

    def write(weights: list[float], bias: float, threshold: float, output: str = "LogisticRegressionOutput") -> bytes:
        sym = mxnet.sym
        weight = sym.Variable("fc0_weight", shape=(len(weights), 1))
        total = sym.broadcast_add(sym.dot(sym.Variable("data"), weight), sym.Variable("fc0_bias", shape=(1, 1)))
        graph = getattr(sym, output)(total, sym.Variable("out_label"))
        folder = tmp_path_factory.mktemp("artefact")
        graph.save(str(folder / "mx-mod-symbol.json"))
        arrays = {"arg:fc0_weight": [[w] for w in weights], "arg:fc0_bias": [[bias]]}
        params = {name: mxnet.nd.array(values) for name, values in arrays.items()}
        mxnet.nd.save(str(folder / "mx-mod-0000.params"), params)
        (folder / "additional-params.json").write_text(json.dumps({"threshold": threshold}))
        (folder / "manifest.json").write_text('{"mx-mod": "mxnet_module", "version": 1}')
        return packed(folder)

    return write


def packed(folder: Path) -> bytes:
    """The files of a folder as model.tar.gz: a tar of one stored zip."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    outer = io.BytesIO()
    with tarfile.open(fileobj=outer, mode="w:gz") as tar:
        member = tarfile.TarInfo("model_algo-1")
        member.size = len(inner.getvalue())
        tar.addfile(member, io.BytesIO(inner.getvalue()))
    return outer.getvalue()
