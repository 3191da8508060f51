# pyright: reportMissingImports=false
"""One change, in a copy of the project, and whether the tests of its module notice it."""

import difflib
import os
import re
import resource
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cosmic_ray.mutating import mutate_code

from mutations import Mutation, operator_of
from related_tests import related_tests

# A change can make a loop endless, which shows by its CPU time on a busy machine too, or a wait.
CPU_SECONDS = 300
TIMEOUT_SECONDS = 1800
# Nobody may set a mark on, or keep, what a change left behind; the order is that of the files.
_OPTIONS = (
    "-vv",
    "-x",
    "--randomly-dont-reorganize",
    "-p",
    "no:cacheprovider",
    "-m",
    "not proof and not loop and not faults",
)
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".venvs", "build", ".aws-sam", "__pycache__", ".*_cache")
_NO_TESTS = 5
_RENDER = [".venv/bin/python", "-W", "ignore", "-m", "statemachines.render"]
# The test that was under way when pytest ended or was stopped: with -vv its name stands before its outcome.
_TEST = re.compile(
    r"^(?:(tests/\S+::.*?)(?: (?:PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) .*| *)|ERROR (tests/\S+\.py)(?: - .*)?)$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Trial:
    """What came of a change.

    `killed`: the `test` failed, or did not end. `unstable`: it fails without the change too. `survived`: no test of the
    module noticed. `untested`: the module has no tests of its own.
    """

    mutation: Mutation
    outcome: str
    diff: str
    test: str
    seconds: float


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
    start = time.monotonic()
    module.write_text(mutated, encoding="utf-8")
    try:
        outcome, test = _outcome(copy, mutation.path)
    finally:
        module.write_text(source, encoding="utf-8")
        if mutation.path.startswith("statemachines/"):
            _render(copy)
    if outcome == "killed" and not _passes(copy, test):
        outcome = "unstable"
    return Trial(mutation, outcome, _diff(source, mutated, mutation.path), test, round(time.monotonic() - start, 1))


def _outcome(copy: Path, path: str) -> tuple[str, str]:
    """The outcome, and the test that failed, or the file in which none was reached: empty where nothing did."""
    if path.startswith("statemachines/") and _render(copy) != 0:
        return "killed", ""
    tests = related_tests(path, copy)
    if not tests:
        return "untested", ""
    code = _run(copy, _pytest(*tests))
    outcome = {0: "survived", _NO_TESTS: "untested"}.get(code, "killed")
    names = [
        test or file
        for test, file in _TEST.findall((copy / "output.log").read_text(encoding="utf-8", errors="replace"))
    ]
    return outcome, [tests[0], *names][-1] if outcome == "killed" else ""


@cache
def _passes(copy: Path, test: str) -> bool:
    """Whether the test passes where nothing is changed; without one, whether the workflows can be rendered."""
    return _run(copy, _pytest(test) if test else _RENDER) == 0


def _pytest(*tests: str) -> list[str]:
    return [".venv/bin/python", "-m", "pytest", *_OPTIONS, *tests]


def _render(copy: Path) -> int:
    return _run(copy, _RENDER)


def _run(copy: Path, command: list[str]) -> int:
    """The exit code; -1 where time ran out. Whatever the command started ends with it."""
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    with (copy / "output.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=copy, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
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
