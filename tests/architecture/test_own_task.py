"""The page on tasks: it has those that there are, and "add a task of your own" works as it is written."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from wildrydes.tasks import TASKS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")
STEPS = PAGE.partition("## Add a task of your own\n")[2]

# What the commands of the page come to, in a process that knows the copy alone.
CHECKS = """
import json, sys
from statemachines import render
from cli import deploy, options
from wildrydes.parameters import check_parameters

assert render.main([]) == 0
assert render.main(["--check"]) == 0
print(json.dumps({
    "parameters": check_parameters("run-1", options.validate_input({"task": sys.argv[1]}), 2026),
    "ssm": deploy.parameters_of_champions("/wildrydes"),
}))
"""


def test_page_has_a_section_for_each_task() -> None:
    assert re.findall(r"^## (\w+)\n", PAGE, re.MULTILINE) == list(TASKS)


@pytest.fixture
def copy_of_the_project(tmp_path: Path) -> Path:
    for name in ("functions", "statemachines", "docs", "cli", "local"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("template.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_task_of_ones_own_is_added_by_the_steps_of_the_page(copy_of_the_project: Path) -> None:
    (block,) = re.findall(r"```text\n(.*?)```", STEPS, re.DOTALL)
    (name,) = re.findall(r'name="(\w+)"', block)
    source = copy_of_the_project / "functions" / "wildrydes" / "tasks.py"
    text = source.read_text(encoding="utf-8")
    end = '        )\n    }\n)\n"""Every task by its name'
    assert text.count(end) == 1
    source.write_text(text.replace(end, textwrap.indent(textwrap.dedent(block), " " * 12) + end), encoding="utf-8")
    assert re.findall(r"^ +make (render|check)$", STEPS, re.MULTILINE) == ["render", "check"]
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHECKS, name],
        cwd=copy_of_the_project,
        env=os.environ | {"PYTHONPATH": f"{copy_of_the_project}:{copy_of_the_project / 'functions'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    words = "".join(map(str.capitalize, name.split("_")))
    assert f'"label": "{name.replace("_", "")}"' in ran.stdout
    assert f'"models_prefix": "models/{name}/"' in ran.stdout
    (parameter,) = re.findall(r"SSM parameter of its champion, `(\S+)`", STEPS)
    assert f'"{words}ModelPathParameterName": "{parameter}"' in ran.stdout
    template = (copy_of_the_project / "template.yaml").read_text(encoding="utf-8")
    assert re.findall(rf"^  (\w*{words}\w*):$", template, re.MULTILINE) == [
        f"{words}ModelPath", f"{words}ModelPathParameterName", f"Predict{words}Function", f"Predict{words}Logs",
        f"Predict{words}Capture", f"Predict{words}Errors", f"Predict{words}Unavailable", f"{words}ApiPermission",
        f"Drift{words}", f"Quality{words}", f"Predict{words}FunctionName",
    ]  # fmt: skip
    for workflow in ("retrain", "promote", "restore"):
        asl = (copy_of_the_project / "statemachines" / f"{workflow}.asl.json").read_text(encoding="utf-8")
        assert f'"Serve {name}": {{' in asl
    assert f"\n## {name}\n" in (copy_of_the_project / "docs" / "tasks.md").read_text(encoding="utf-8")
