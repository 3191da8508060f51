"""No value, function or class is called by a participle that says nothing: a noun or a verb stands there instead."""

import ast
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORDS = frozenset({"told", "found", "given", "known", "kept", "asked", "wish", "beside", "judged", "answered"})
"""Refused as a name, as a part of one between underscores, and with a capital."""

EXCEPTIONS = {
    "hypothesis.given": "Hypothesis calls its decorator so",
}
"""Names that others dictate, each with its reason: `<module>.<name>` of an import, `<path>:<name>` of anything else."""


def code(path: Path) -> str:
    """The Python in a file: a module as it is, the code cells of a notebook without the lines of IPython's own."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = [cell["source"] for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    lines = [line for cell in cells for line in "".join(cell).splitlines()]
    return "\n".join(line for line in lines if not line.startswith(("%", "!")))


def names(tree: ast.AST) -> Iterator[str]:
    """Every name that code gives to something; with its module if imported. Names of tests are sentences: left out."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name.startswith("test_"):
                pass
            case ast.FunctionDef(name=str(name)) | ast.AsyncFunctionDef(name=str(name)) | ast.ClassDef(name=str(name)):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name
            case ast.Import() | ast.ImportFrom():
                module = getattr(node, "module", None)
                yield from (each.asname or f"{module}.{each.name}" for each in node.names)


def refused(name: str) -> bool:
    parts = name.rsplit(".", 1)[-1].lower().split("_")
    return not WORDS.isdisjoint(parts)


def test_names_are_nouns_and_verbs() -> None:
    listing = subprocess.run(
        ["git", "ls-files", "*.py", "*.ipynb"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    paths = listing.stdout.splitlines()
    assert len(paths) > 100
    faults = {
        name if "." in name else f"{path}:{name}"
        for path in paths
        for name in names(ast.parse(code(ROOT / path)))
        if refused(name)
    }
    assert faults - EXCEPTIONS.keys() == set()
    # An exception that nothing needs any more goes.
    assert EXCEPTIONS.keys() - faults == set()


@pytest.mark.parametrize(
    "text",
    [
        "def found(): pass",
        "async def _asked(): pass",
        "class Wish: pass",
        "class Card:\n    kept: int",
        "told = 1",
        "live_judged, _ = 1, 2",
        "card.known = 1",
        "lambda given: given",
        "def read(*, beside=1): pass",
        "for answered in (): pass",
        "[1 for found in ()]",
        "if found := 1: pass",
        "with open('x') as kept: pass",
        "try: pass\nexcept OSError as told: pass",
        "match 1:\n    case [told, *_]: pass",
        "from somewhere import found",
        "import somewhere as known",
    ],
)
def test_a_name_is_seen_wherever_it_is_given(text: str) -> None:
    assert [name for name in names(ast.parse(text)) if refused(name)] != []


def test_what_only_uses_a_name_or_is_another_word_is_no_fault() -> None:
    text = "def test_what_is_told(unknown): return unknown.found(wish=[match.told for match in unknown])"
    assert [name for name in names(ast.parse(text)) if refused(name)] == []
