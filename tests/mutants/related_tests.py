"""Which tests a module has: those of the folder that mirrors its own, the ones that name it first.

functions/wildrydes/evaluation/gate.py   tests/unit/evaluation, a package within it the same
functions/aws/athena.py                  tests/functions
functions/predict/app.py                 tests/functions
statemachines/promote.py                 tests/statemachines
local/stepfunctions/redrive.py           tests/local/stepfunctions
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

# It compares the rendered workflows with the sources: it notices every change, and tells nothing.
_DRIFT = "tests/statemachines/test_render.py"


def related_tests(path: str, root: Path) -> list[str]:
    """The test files of a module, in the order in which they are run. Paths are from the top of the project."""
    files = [file for folder in _folders(PurePosixPath(path), root) for file in sorted(folder.rglob("test_*.py"))]
    names = [str(file.relative_to(root)) for file in dict.fromkeys(files)]
    words = _words(PurePosixPath(path))
    return sorted((name for name in names if name != _DRIFT), key=lambda name: -_nearness(root / name, words))


def _folders(path: PurePosixPath, root: Path) -> Iterator[Path]:
    tests = root / "tests"
    match path.parts:
        case ("functions", "wildrydes", wing, *_, _):
            yield tests / "unit" / wing
        case ("functions", "wildrydes", _):
            yield tests / "unit"
        case ("functions", *_):
            yield tests / "functions"
        case ("statemachines", *_):
            yield tests / "statemachines"
        case ("local", service, *_):
            yield tests / "local" / service


def _words(path: PurePosixPath) -> tuple[str, ...]:
    """What a test that is about the module has in its name, and what one that uses it imports."""
    name = path.parent.name if path.stem == "app" else path.stem
    return (name, f"{path.parent.name}.{name}", f"{name} import", f"import {name}")


def _nearness(test: Path, words: tuple[str, ...]) -> int:
    text = test.read_text(encoding="utf-8")
    return 8 * (test.stem == f"test_{words[0]}") + 4 * (words[0] in test.stem) + sum(word in text for word in words[1:])
