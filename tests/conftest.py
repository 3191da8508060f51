"""What tests of several folders share.

The embedded AWS is one server a session, on a free port, with nothing deployed; artefacts are written by MXNet itself,
as the container does.
"""

import gc
import io
import json
import signal
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cli import embedded
from local.account import EmbeddedAws

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"

# What takes longest comes first, and the many short tests fill up the end.
FOLDERS_FIRST = ("e2e", "console", "notebooks", "local")

Client = Callable[[str], Any]
WriteArtefact = Callable[..., bytes]


def pytest_addoption(parser: pytest.Parser) -> None:
    """How many requests the API is fuzzed with, which faults are injected, and where what the tests used is written."""
    parser.addoption("--generated-requests", type=int, help="requests to generate from the API's document")
    parser.addoption("--fault-cells", default="", help="regular expression of the cells of `make faults` to run")
    parser.addoption("--fault-part", default="1/1", help="part of the cells of `make faults` to run, such as 2/6")
    parser.addoption("--fault-seconds", type=int, default=840, help="seconds after which `make faults` begins no cell")
    parser.addoption("--transitions", help="folder for the transitions that the executions of all stacks have gone")
    parser.addoption("--used-grants", type=Path, help="folder for what the server noted of the grants that were used")


def pytest_configure() -> None:
    """Be interrupted as usual, also in the background: a shell lets what it starts there ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """What there is now stays until the end: a collection of garbage need not look at it again and again."""
    gc.freeze()


def pytest_unconfigure() -> None:
    """A library that looks for leaks when Python ends would find what was kept."""
    gc.unfreeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the folders. Within one, files and their tests stay as the seed has shuffled them."""
    items.sort(key=folder_place)


def folder_place(item: pytest.Item) -> int:
    """Where a test's folder comes in the order."""
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return FOLDERS_FIRST.index(folder) if folder in FOLDERS_FIRST else len(FOLDERS_FIRST)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """The embedded AWS, with the keys to it. A tenth of the records put to Firehose fail, as where it throttles."""
    log = tmp_path_factory.mktemp("server") / "embedded-aws.log"
    with embedded.temporary_server(log, "--failed-puts", "0.1") as started:
        yield started
        if folder := request.config.getoption("--used-grants"):
            folder.mkdir(parents=True, exist_ok=True)
            used = json.dumps(started.request("/_local/used-grants"))
            (folder / f"{started.port}.json").write_text(used, encoding="utf-8")


@pytest.fixture(scope="session")
def endpoint(server: EmbeddedAws) -> str:
    """Where the embedded AWS listens."""
    return server.endpoint


@pytest.fixture(scope="session")
def client(server: EmbeddedAws) -> Client:
    """Makes boto3 clients of the account's root."""
    return server.client


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real rides, weather and models; what reads them is skipped where they are not."""
    if not SHARED.is_dir():
        pytest.skip("the real data is not beside this checkout (../shared/data)")
    return SHARED


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


@pytest.fixture(scope="session")
def pack_xgboost() -> Callable[..., bytes]:
    """A function of the bytes of XGBoost's model file -> those of model.tar.gz."""

    def pack(model: bytes, name: str = "xgboost-model") -> bytes:
        outer = io.BytesIO()
        with tarfile.open(fileobj=outer, mode="w:gz") as archive:
            info = tarfile.TarInfo(name)
            info.size = len(model)
            archive.addfile(info, io.BytesIO(model))
        return outer.getvalue()

    return pack


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
