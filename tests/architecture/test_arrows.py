"""The lists of `.importlinter` name every function, and the domain imports the packages that it may, and no other."""

import ast
import configparser
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ROOT / "functions"
APPS = {path.parent.name for path in FUNCTIONS.glob("*/app.py")}
DOMAIN_PACKAGES = {"isal", "msgspec"}
"""What reads gzip and JSON faster than the standard library does, and nothing else."""

RULES = configparser.ConfigParser()
RULES.read(ROOT / ".importlinter")


def names(contract: str, option: str) -> set[str]:
    """The modules in a list of a contract, or in the layers of one."""
    return set(RULES[contract][option].replace("|", " ").split())


@pytest.mark.parametrize(
    ("contract", "option"),
    [
        ("importlinter", "root_packages"),
        ("importlinter:contract:functions", "forbidden_modules"),
        ("importlinter:contract:adapters", "layers"),
        ("importlinter:contract:apps", "source_modules"),
        ("importlinter:contract:drawing", "source_modules"),
    ],
)
def test_a_contract_names_every_function(contract: str, option: str) -> None:
    assert "start_retraining" in APPS
    assert (APPS | {"aws"}) - names(contract, option) == set()


def test_every_package_is_a_root() -> None:
    outside = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "docs"}
    inside = {path.parent.name for path in FUNCTIONS.glob("*/__init__.py")}
    assert names("importlinter", "root_packages") == outside | inside


@pytest.mark.parametrize("package", ["bench", "cli", "console", "local", "reports", "statemachines"])
def test_what_stands_outside_the_functions_is_held_to_it(package: str) -> None:
    assert package in names("importlinter:contract:functions", "source_modules")
    assert package in names("importlinter:contract:apps", "forbidden_modules")
    assert package == "reports" or package in names("importlinter:contract:drawing", "source_modules")


def packages(folder: Path) -> Iterator[str]:
    """The top-level packages that the modules in a folder import."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import():
                    yield from (each.name.partition(".")[0] for each in node.names)
                case ast.ImportFrom(module=str(module), level=0):
                    yield module.partition(".")[0]


def test_the_domain_imports_the_standard_library_and_two_packages_alone() -> None:
    assert set(packages(FUNCTIONS / "wildrydes")) - sys.stdlib_module_names == DOMAIN_PACKAGES | {"wildrydes"}
