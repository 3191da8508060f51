"""The exceptions of the embedded AWS derive from one root, end in `Error`, and stand in the tree of `local`.

The sources are read and not imported: MiniStack and moto would be loaded, and set themselves up.
"""

import ast
import builtins
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

import local

LOCAL = Path(local.__file__).parent
ROOT = local.EmbeddedAwsError.__name__


def classes(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """The names of the bases of each class in the modules of `sources`, by the class' name."""
    return {
        node.name: [base.id if isinstance(base, ast.Name) else ast.unparse(base) for base in node.bases]
        for text in sources.values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
    }


def ancestors(name: str, bases: Mapping[str, list[str]]) -> set[str]:
    """`name` and all that it derives from, by name."""
    return {name}.union(*(ancestors(base, bases) for base in bases.get(name, ())))


def is_builtin_exception(name: str) -> bool:
    value = getattr(builtins, name, None)
    return isinstance(value, type) and issubclass(value, BaseException)


def strays(sources: Mapping[str, str]) -> set[str]:
    """The exceptions in `sources` that have another root, or another ending.

    A class called an error that derives from nothing is none: a squared error is a number.
    """
    bases = classes(sources)
    lines = {name: ancestors(name, bases) for name in bases}
    exceptions = {
        name: line
        for name, line in lines.items()
        if ROOT in line or (bases[name] and name.endswith("Error")) or any(is_builtin_exception(each) for each in line)
    }
    return {name for name, line in exceptions.items() if ROOT not in line or not name.endswith("Error")}


def sources_of_local() -> dict[str, str]:
    return {str(path): path.read_text(encoding="utf-8") for path in LOCAL.rglob("*.py")}


def test_each_exception_of_the_embedded_aws_derives_from_its_root_and_ends_in_error() -> None:
    assert strays(sources_of_local()) == set()


def test_the_tree_in_the_docstring_names_each_of_them_and_no_other() -> None:
    bases = classes(sources_of_local())
    exceptions = {name for name in bases if ROOT in ancestors(name, bases)}
    assert len(exceptions) > 10
    assert set(re.findall(r"\b\w+Error\b", local.__doc__ or "")) == exceptions


@pytest.mark.parametrize(
    "text",
    [
        "class LostError(Exception): pass",
        "class LostError(ValueError): pass",
        "class Lost(EmbeddedAwsError): pass",
        "class LostError(OtherError): pass\nclass OtherError(RuntimeError): pass",
        "class LostError(library.Fault): pass",
        "def make():\n    class LostError(Exception): pass",
    ],
)
def test_another_root_or_ending_is_seen(text: str) -> None:
    assert strays({"module": text}) != set()


def test_an_exception_of_the_tree_is_no_stray_whatever_else_it_derives_from_nor_is_a_number() -> None:
    kinds = "class LostError(EmbeddedAwsError, PermissionError): pass\nclass GoneError(LostError): pass"
    text = f"{kinds}\nclass SquaredError: pass"
    assert strays({"module": text}) == set()
