"""The interpreters that run another project's functions.

Each Python of this machine, and Node.js, gets an environment of its own, with what AWS's managed runtime brings and
nothing else: a function has the packages of its own build.
"""

import logging
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cli.errors import CommandError

log = logging.getLogger(__name__)

_RUNTIME = re.compile(r"\b(?:python3\.\d+|nodejs\d+\.x)\b")
_MINORS = range(9, 15)
_PYTHON_LOCK = "runtime.txt"
# awslambdaric and boto3 of this project's own lock need a later Python.
_PYTHON_LOCKS = {"python3.9": "runtime-3.9.txt"}
_NODE_LOCK = "node/package-lock.json"
_VERSION = "import sys; print(sys.executable, sys.version_info[1], sep='\\n')"
_SECONDS = 60


class InterpreterError(CommandError):
    """The environment of an interpreter could not be made; the message says why."""


def runtimes_in(templates: Sequence[Path]) -> frozenset[str]:
    """The runtimes of Python and Node.js that templates name anywhere."""
    texts = (template.read_text(encoding="utf-8", errors="replace") for template in templates)
    return frozenset(name for text in texts for name in _RUNTIME.findall(text))


def pythons() -> dict[str, Path]:
    """The Pythons of this machine, by the names of their runtimes: `python3.12`. Those of pyenv are found too."""
    return {f"python3.{minor}": path for minor in _MINORS if (path := _python(minor)) is not None}


def _python(minor: int) -> Path | None:
    candidates = (
        shutil.which(f"python3.{minor}"),
        *Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3.{minor}"),
    )
    for candidate in filter(None, candidates):
        # A shim of pyenv is there for every version, and runs those that are chosen alone.
        lines = _output([str(candidate), "-I", "-c", _VERSION]).splitlines()
        if len(lines) == 2 and lines[1] == str(minor):
            return Path(lines[0])
    return None


def node() -> dict[str, Path]:
    """The Node.js of this machine by the name of its runtime, `nodejs20.x`; empty where there is none."""
    program = shutil.which("node")
    major = re.match(r"v(\d+)\.", _output([program, "--version"])) if program else None
    return {f"nodejs{major[1]}.x": Path(program).resolve()} if program and major else {}


def _output(command: Sequence[str]) -> str:
    """What a program prints; nothing where it fails."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout if run.returncode == 0 else ""


def programs(root: Path, wanted: frozenset[str], installed: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    """Of the wanted runtimes those that this machine has, each with its program, whose environment is made if need be.

    Raises InterpreterError.
    """
    for runtime in sorted(wanted & set(installed)):
        yield runtime, _environment(root, runtime, installed[runtime])


def _environment(root: Path, runtime: str, program: Path) -> Path:
    """The program of a runtime in its environment below .venvs/runtimes, which is made where it is not there."""
    is_node = runtime.startswith("nodejs")
    lock = root / "requirements" / (_NODE_LOCK if is_node else _PYTHON_LOCKS.get(runtime, _PYTHON_LOCK))
    folder = root / ".venvs" / "runtimes" / runtime
    own, marker = folder / "bin" / ("node" if is_node else "python"), folder / ".installed"
    if not (marker.exists() and marker.stat().st_mtime >= lock.stat().st_mtime and own.exists()):
        shutil.rmtree(folder, ignore_errors=True)
        (_make_node if is_node else _make_python)(root, folder, program, lock)
        marker.touch()
    return own


def _make_python(root: Path, folder: Path, program: Path, lock: Path) -> None:
    uv = str(root / ".venv" / "bin" / "uv")
    _run([uv, "venv", "--quiet", "--python", str(program), str(folder)], root)
    python = str(folder / "bin" / "python")
    _run([uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", str(lock)], root)


def _make_node(_root: Path, folder: Path, program: Path, lock: Path) -> None:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "node").symlink_to(program)
    for name in ("package.json", lock.name):
        shutil.copy(lock.parent / name, folder)
    _run([str(program.parent / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)


def _run(command: Sequence[str], folder: Path) -> None:
    """Run a package manager with a lock of this project. Raises InterpreterError."""
    try:
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError as missing:
        raise InterpreterError(f"{command[0]} is missing.") from missing
    if run.returncode:
        raise InterpreterError(f"`{' '.join(command)}` failed:\n{run.stderr.strip()}")
