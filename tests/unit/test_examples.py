"""The examples in the docstrings of the domain, run."""

import doctest
from importlib import import_module
from pathlib import Path

import wildrydes

PACKAGE = Path(wildrydes.__file__).parent
PATHS = [path.relative_to(PACKAGE.parent).with_suffix("") for path in sorted(PACKAGE.rglob("*.py"))]
MODULES = [".".join(path.parts) for path in PATHS if path.name != "__init__"]
DENSE = ("gap_chance", "json_window", "loss_difference", "ranking", "tallies")


def test_examples_give_what_they_say() -> None:
    results = {name: doctest.testmod(import_module(name)) for name in MODULES}
    assert {name: result.failed for name, result in results.items() if result.failed} == {}
    for dense in DENSE:
        assert [result.attempted for name, result in results.items() if name.endswith(f".{dense}")] > [1], dense
