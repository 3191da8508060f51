"""The page on tasks: it has those that there are, and "add a task of your own" works as it is written."""

import json
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
(BLOCK,) = re.findall(r"```text\n(.*?)```", STEPS, re.DOTALL)
(NAME,) = re.findall(r'name="(\w+)"', BLOCK)

# What the commands of the page come to, in a process that knows the copy alone.
CHECKS = """
import json, sys
from statemachines import render
from docs.site.reference.__main__ import main as write_reference
from cli import deploy, input_options
from wildrydes.parameters import check_parameters

assert render.main([]) == 0
assert render.main(["--check"]) == 0
assert write_reference([]) == 0
assert write_reference(["--check"]) == 0
print(json.dumps({
    "parameters": check_parameters("run-1", input_options.validate_input({"task": sys.argv[1]}), 2026),
    "ssm": deploy.parameters_of_champions("/wildrydes"),
}))
"""


def test_page_has_a_section_for_each_task() -> None:
    assert re.findall(r"^## (\w+)\n", PAGE, re.MULTILINE) == list(TASKS)


@pytest.fixture
def copy_of_the_project(tmp_path: Path) -> Path:
    """The project with the environments of this one, to which the page's first step has been done."""
    for name in ("functions", "statemachines", "docs", "cli", "local", "reports"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("template.yaml", "pyproject.toml", "Makefile"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("data", ".venv", ".venvs"):
        (tmp_path / name).symlink_to(ROOT / name)
    source = tmp_path / "functions" / "wildrydes" / "tasks.py"
    text = source.read_text(encoding="utf-8")
    end = '        )\n    }\n)\n"""Every task by its name'
    assert text.count(end) == 1
    source.write_text(text.replace(end, textwrap.indent(textwrap.dedent(BLOCK), " " * 12) + end), encoding="utf-8")
    return tmp_path


def run_in(folder: Path, *arguments: str) -> str:
    """What a process prints that knows the copy alone."""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": f"{folder}:{folder / 'functions'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.proof
def test_task_of_ones_own_trains_goes_live_and_answers(copy_of_the_project: Path) -> None:
    """The page's last step: `make run` is `wildrydes run`, here on a part of the rides."""
    assert re.findall(r"^ +make run TASK=(\w+)$", STEPS, re.MULTILINE) == [NAME]
    run_in(copy_of_the_project, "-m", "statemachines.render")
    rides = str(ROOT / "data" / "rides" / "2018-2019.lines.json")
    report = json.loads(run_in(copy_of_the_project, "-m", "cli", "run", "--task", NAME, "--rides", rides, "--json"))
    assert report["verdict"]["promoted"], report["verdict"]
    assert report["model_path"].startswith(f"models/{NAME}/")
    answer = report["prediction"]["response"]
    (unit,) = re.findall(r'unit="(\w+)"', BLOCK)
    assert (answer["target"], answer["unit"], answer["model"]) == (NAME, unit, report["execution"]["name"])
    assert answer["value"] > 0


@pytest.mark.proof
def test_task_of_ones_own_is_added_by_the_steps_of_the_page(copy_of_the_project: Path) -> None:
    assert re.findall(r"^ +make (render|check)$", STEPS, re.MULTILINE) == ["render", "check"]
    printed = run_in(copy_of_the_project, "-c", CHECKS, NAME)
    words = "".join(map(str.capitalize, NAME.split("_")))
    (label,) = re.findall(r'label="(\w+)"', BLOCK)
    assert f'"label": "{label}"' in printed
    assert f'"models_prefix": "models/{NAME}/"' in printed
    (parameter,) = re.findall(r"SSM parameter of the new champion,\s+`(\S+)`", STEPS)
    assert f'"{words}ModelPathParameterName": "{parameter}"' in printed
    template = (copy_of_the_project / "template.yaml").read_text(encoding="utf-8")
    assert re.findall(rf"^  (\w*{words}\w*):$", template, re.MULTILINE) == [
        f"{words}ModelPath", f"{words}ModelPathParameterName", f"Predict{words}Function", f"Predict{words}Logs",
        f"Predict{words}Capture", f"Predict{words}Errors", f"Predict{words}Unavailable", f"{words}ApiPermission",
        f"Drift{words}", f"Quality{words}", f"CaptureLost{words}", f"Predict{words}FunctionName",
    ]  # fmt: skip
    for workflow in ("retrain", "promote", "restore"):
        asl = (copy_of_the_project / "statemachines" / f"{workflow}.asl.json").read_text(encoding="utf-8")
        assert f'"Serve {NAME}": {{' in asl
    assert f"\n## {NAME}\n" in (copy_of_the_project / "docs" / "tasks.md").read_text(encoding="utf-8")
