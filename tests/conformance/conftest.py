"""Where the cases run, and what becomes of each.

By default they run on the embedded AWS, as every other contract test, and must pass; those that are marked `differs`
must fail, as docs/conformance.md says. `--place` names another emulator, or AWS; `--record` writes what became of each.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

import emulators
from caller import Caller, FaultError, UnsupportedError, raise_own
from local.account import EmbeddedAws
from places import AWS, EMBEDDED, Place

_CASES = pytest.StashKey[dict]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the cases run, and where what becomes of them is written."""
    parser.addoption(
        "--place", default=EMBEDDED, help="embedded, aws, or an emulator of tests/conformance/emulators.py"
    )
    parser.addoption("--record", help="file for what became of each case")


def pytest_configure(config: pytest.Config) -> None:
    """The marks of the cases."""
    config.addinivalue_line("markers", "document(title): the document of AWS that says what the case expects")
    config.addinivalue_line("markers", "differs(reason): the embedded AWS does otherwise, as docs/conformance.md says")


def pytest_itemcollected(item: pytest.Item) -> None:
    """The cases are of `make proofs`: they take minutes, and tests/local holds what is relied on."""
    if Path(__file__).parent in item.path.parents:
        item.add_marker(pytest.mark.proof)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each case names AWS's document. What the embedded AWS does otherwise fails there, and only there."""
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        if not item.get_closest_marker("document"):
            raise pytest.UsageError(f"{item.nodeid} names no document of AWS")
        differs = item.get_closest_marker("differs")
        if differs and not config.getoption("record", None):
            item.add_marker(pytest.mark.xfail(reason=differs.args[0], strict=True))


@pytest.fixture(scope="session")
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Where the cases run."""
    name = str(request.config.getoption("place", EMBEDDED))
    if name == EMBEDDED:
        server: EmbeddedAws = request.getfixturevalue("server")
        yield Place(name, server.endpoint, server.access_key_id, server.secret_access_key)
    elif name == AWS:
        yield Place(name)
    else:
        with emulators.started(name, tmp_path_factory.mktemp(name)) as started:
            yield started


@pytest.fixture
def caller(place: Place) -> Iterator[Caller]:
    """A caller, whose things are removed at the end. On AWS the case fails where something is left."""
    made = Caller(place)
    try:
        yield made
    finally:
        left = made.end()
    if left and place.name == AWS:
        pytest.fail(f"not removed: {left}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """Write down what became of a case, at once: a run that is interrupted has left what it knows."""
    report = yield
    path = item.config.getoption("record", None)
    marker = item.get_closest_marker("document")
    if path and marker and call.when != "teardown":
        cases = item.config.stash.setdefault(_CASES, {})
        differs = item.get_closest_marker("differs")
        outcome, why = _outcome(call)
        # What is set up has not passed yet.
        if call.when == "call" or outcome != "passed":
            cases[item.nodeid] = {
                "case": item.name,
                "service": item.path.stem.removeprefix("test_"),
                "document": marker.args[0],
                "differs": differs.args[0] if differs else None,
                "outcome": outcome,
                "why": why,
            }
            Path(path).write_text(json.dumps(list(cases.values()), indent=1) + "\n", encoding="utf-8")
    return report


def _outcome(call: pytest.CallInfo) -> tuple[str, str]:
    """What became of a case, and why: passed, failed, not supported, needs Docker, or error."""
    if call.excinfo is None:
        return "passed", ""
    fault = call.excinfo.value
    why = str(fault)[:400]
    if isinstance(fault, ClientError):
        try:
            raise_own(fault)
        except (UnsupportedError, FaultError) as own:
            fault = own
    if isinstance(fault, pytest.skip.Exception):
        return "needs Docker", why
    if isinstance(fault, UnsupportedError):
        return "not supported", why
    if isinstance(fault, FaultError | BotoCoreError | ResponseParserError | OSError | emulators.NoEmulatorError):
        return "error", why
    return "failed", why
