"""`make` in a fresh clone: what installs nothing, and what a wrong Python leaves behind."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from local.server import ROOT

TARGETS = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone in which nothing has been installed; `bin` comes first on the PATH."""
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    (tmp_path / "bin").mkdir()
    return folder


def make(clone: Path, *arguments: str) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environment["PATH"] = f"{clone.parent / 'bin'}:{environment['PATH']}"
    ran = subprocess.run(["make", *arguments], cwd=clone, capture_output=True, text=True, env=environment)
    return ran.returncode, ran.stdout + ran.stderr


def python_of(clone: Path, name: str, version: tuple[int, int]) -> None:
    """Put a Python of that version, which can say so and nothing else, on the clone's PATH."""
    file = clone.parent / "bin" / name
    text = f"Python {version[0]}.{version[1]}.1"
    code = 0 if version == (3, 11) else 1
    file.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "{text}" && exit 0\n[ "$1" = -c ] && exit {code}\nexit 9\n'
    )
    file.chmod(0o755)


def test_down_in_a_fresh_clone_installs_nothing(clone: Path) -> None:
    before = sorted(clone.rglob("*"))
    assert make(clone, "down") == (0, "No embedded AWS of this clone is running.\n")
    assert sorted(clone.rglob("*")) == before


def test_help_in_a_fresh_clone_installs_nothing(clone: Path) -> None:
    before = sorted(clone.rglob("*"))
    code, output = make(clone)
    assert code == 0
    for command in ("run", "up", "down", "status", "retrain", "watch", "logs", "models", "rollback", "report"):
        assert f"  make {command}\n" in output.expandtabs() or f"  make {command} " in output
    assert sorted(clone.rglob("*")) == before


@pytest.mark.parametrize("target", TARGETS)
def test_recipe_is_a_shell_script_with_its_variables_and_without(clone: Path, target: str) -> None:
    """A comma in a sentence of `$(if …)` would begin what is done without the variable."""
    for variables in ([], [f"{name}=1" for name in ("PORT", "WEATHER", "STATE", "SQL", "FOLDER")]):
        code, recipe = make(clone, "--dry-run", target, *variables)
        assert code == 0, recipe
        checked = subprocess.run(["bash", "-n"], input=recipe, capture_output=True, text=True)
        assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("target", "variable", "is_set", "words"),
    [
        ("run", "PORT", True, "run takes no PORT="),
        ("retrain", "WEATHER", True, "retrain takes no WEATHER="),
        ("try", "STATE", False, "try needs STATE="),
        ("query", "SQL", False, "query needs SQL="),
        ("applications", "FOLDER", False, "applications needs FOLDER="),
    ],
)
def test_variable_that_is_of_no_use_or_is_missing_is_named_and_only_then(
    clone: Path, target: str, variable: str, is_set: bool, words: str
) -> None:
    recipes = {with_it: make(clone, "--dry-run", target, *[f"{variable}=1"] * with_it)[1] for with_it in (True, False)}
    assert words in recipes[is_set]
    assert words not in recipes[not is_set]


@pytest.mark.parametrize("version", [(3, 10), (3, 12)])
def test_wrong_python_is_named_and_leaves_no_environment(clone: Path, version: tuple[int, int]) -> None:
    name = f"python{version[0]}.{version[1]}"
    python_of(clone, name, version)
    for target in ("setup", "up"):
        code, output = make(clone, target, f"PYTHON={name}")
        assert code == 2
        assert f"{name} is Python {version[0]}.{version[1]}.1, and Python 3.11 is needed" in output
    assert not (clone / ".venv").exists()


def test_missing_python_is_named_and_leaves_no_environment(clone: Path) -> None:
    code, output = make(clone, "setup", "PYTHON=python3.11-of-nobody")
    assert code == 2
    assert "python3.11-of-nobody is missing: install Python 3.11, or name it by PYTHON=" in output
    assert not (clone / ".venv").exists()


def test_python_311_is_used_for_the_environment(clone: Path) -> None:
    """The check lets the right one through, to the environment that this stand-in cannot make."""
    python_of(clone, "python3.11", (3, 11))
    code, output = make(clone, "setup")
    assert code == 2
    assert "Installing the locked dependencies into .venv" in output


def test_environment_that_was_interrupted_half_way_is_made_anew(clone: Path) -> None:
    python = clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    leftover = clone / ".venv" / "leftover"
    leftover.touch()
    file = clone.parent / "bin" / "python3.11"
    file.write_text(
        '#!/bin/sh\n[ "$1" = -c ] && exit 0\n[ "$2" = venv ] && mkdir -p .venv && touch .venv/new\nexit 0\n'
    )
    file.chmod(0o755)
    make(clone, ".venv/.installed")
    assert not leftover.exists()
    assert (clone / ".venv" / "new").exists()
