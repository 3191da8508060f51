# pyright: reportMissingImports=false
"""One change, in a copy of the project, and whether the tests of its module notice it."""

import difflib
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.mutating import mutate_code

from mutations import Mutation, operator_of
from related_tests import related_tests

# A change can make a loop endless.
TIMEOUT_SECONDS = 600
# Nobody may set a mark on, or keep, what a change left behind; the order is that of the files.
_OPTIONS = ("-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider", "-m", "not proof and not loop and not faults")
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".venvs", "build", ".aws-sam", "__pycache__", ".*_cache")
_NO_TESTS = 5


@dataclass(frozen=True)
class Trial:
    """What came of a change: `killed`, `survived`, or `untested` where its module has no tests of its own."""

    mutation: Mutation
    outcome: str
    diff: str
    seconds: float = 0.0


def copy_project(root: Path, copy: Path) -> None:
    """Copy the project for a worker. Its environments are the project's own."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root, copy, ignore=_LEFT_OUT, symlinks=True)
    for environment in (".venv", ".venvs"):
        (copy / environment).symlink_to(root / environment)


def try_mutation(copy: Path, mutation: Mutation) -> Trial:
    """Make the change, run the tests, and take it back.

    Raises:
        ValueError: the operator has no such place in the file.
    """
    module = copy / mutation.path
    source = module.read_text(encoding="utf-8")
    mutated = mutate_code(source, operator_of(mutation.operator), mutation.occurrence)
    if mutated is None:
        raise ValueError(f"{mutation} cannot be made")
    module.write_text(mutated, encoding="utf-8")
    try:
        outcome = _outcome(copy, mutation.path)
    finally:
        module.write_text(source, encoding="utf-8")
        if mutation.path.startswith("statemachines/"):
            _render(copy)
    return Trial(mutation, outcome, _diff(source, mutated, mutation.path))


def _outcome(copy: Path, path: str) -> str:
    if path.startswith("statemachines/") and _render(copy) != 0:
        return "killed"
    tests = related_tests(path, copy)
    if not tests:
        return "untested"
    code = _run(copy, [".venv/bin/python", "-m", "pytest", *_OPTIONS, *tests])
    return {0: "survived", _NO_TESTS: "untested"}.get(code, "killed")


def _render(copy: Path) -> int:
    return _run(copy, [".venv/bin/python", "-W", "ignore", "-m", "statemachines.render"])


def _run(copy: Path, command: list[str]) -> int:
    """The exit code; -1 where time ran out. Whatever the command started ends with it."""
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    with (copy / "output.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=copy, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            return process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            return -1
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _diff(source: str, mutated: str, path: str) -> str:
    lines = difflib.unified_diff(source.splitlines(), mutated.splitlines(), path, path, lineterm="", n=0)
    return "\n".join(lines)
