"""The notebook as it is committed: with the outputs of a run, free of this machine, and it runs from top to bottom."""

import ast
import json
import re
import textwrap
from pathlib import Path
from typing import Any

import nbformat
import pytest

from browser import WIDE, chromium, serious_faults
from notebooks import execute

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"
BEST = json.loads((ROOT / "data" / "best_auc.json").read_text(encoding="utf-8"))["best_auc_on_the_test_split"]


ANSWER = re.compile(r"```python\n(.*?)```", re.DOTALL)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


PICTURES = {
    "map": 1,
    "gaps": 1,
    "labels": 1,
    "heavy": 1,
    "heavy-scores": 2,
    "service-weights": 2,
    "calibration": 2,
}


def committed() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def code_cells() -> list[Any]:
    return [cell for cell in committed().cells if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def parts() -> list[str]:
    """The titles of the parts, as they began."""
    return []


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> dict[str, list[Any]]:
    """What each cell put out, by the cell's id, in a kernel of its own; the answers to the exercises are cells too."""
    notebook = committed()
    for cell in [each for each in notebook.cells if each["id"].startswith("exercise-")]:
        answer = nbformat.v4.new_code_cell(*ANSWER.findall(cell["source"]), id=cell["id"].replace("exercise", "answer"))
        notebook.cells.append(answer)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, "")
        executed = execute.execute(notebook, parts.append, tmp_path_factory.mktemp("jupyter"))
    assert executed is not None
    return {cell["id"]: cell["outputs"] for cell in execute.for_git(executed).cells if cell["cell_type"] == "code"}


def text(outputs: list[Any]) -> str:
    plain = [each["data"]["text/plain"] for each in outputs if "text/plain" in each.get("data", {})]
    return "".join(each["text"] for each in outputs if each["output_type"] == "stream") + "".join(plain)


def test_it_is_committed_with_its_outputs_and_without_a_place() -> None:
    silent = [cell["id"] for cell in code_cells() if not cell["outputs"]]
    assert silent == ["paths", "imports"]
    content = NOTEBOOK.read_text(encoding="utf-8")
    assert not re.search(r"""["'( ](?:/[a-z]+/|~/|[A-Z]:\\)|0x[0-9a-f]{6}""", content)
    assert len(content) < 800_000


def test_every_picture_has_its_title_as_its_text() -> None:
    pictures = [each for cell in code_cells() for each in cell["outputs"] if "image/png" in each.get("data", {})]
    assert len(pictures) == sum(PICTURES.values())
    assert all(each["metadata"]["image/png"]["alt"] for each in pictures)


def test_lines_to_try_belong_into_the_block_that_retrains() -> None:
    sources = {cell["id"]: cell["source"] for cell in committed().cells}
    end, above = (textwrap.indent(textwrap.dedent(code), "    ") for code in ANSWER.findall(sources["next"]))
    block, after = sources["trial"].split("\n\nchosen =")
    before, service = block.split("    service =")
    changed = f"{before}{above}    service ={service}\n{end}\nchosen ={after}"
    ours, theirs = (
        [ast.unparse(line) for each in ast.parse(code).body if isinstance(each, ast.With) for line in each.body]
        for code in (sources["trial"], changed)
    )
    new = [line for line in theirs if line not in ours]
    assert len(theirs) == len(ours) + 3
    assert [line.split("(")[0] for line in new] == ["aws.retrain", "dry = aws.retrain", "print"]
    assert theirs.index(new[0]) == theirs.index(next(each for each in theirs if each.startswith("service ="))) - 1


def test_page_of_it_shuts_nobody_out(tmp_path: Path) -> None:
    file = tmp_path / "explore.html"
    file.write_text(execute.page(committed()), encoding="utf-8")
    with chromium() as browser:
        page = browser.new_page(viewport=WIDE)
        page.goto(file.as_uri())
        assert page.locator(".jp-InputPrompt:visible").count() > 10
        assert serious_faults(page) == []


@pytest.mark.proof
def test_the_committed_outputs_are_those_of_a_run(outputs: dict[str, list[Any]]) -> None:
    for cell in code_cells():
        ours, anew = text(cell["outputs"]), text(outputs[cell["id"]])
        assert NUMBER.sub("#", ours) == NUMBER.sub("#", anew), cell["id"]
        numbers = [float(each) for each in NUMBER.findall(ours)]
        assert numbers == pytest.approx([float(each) for each in NUMBER.findall(anew)], rel=1e-3, abs=1e-4)


@pytest.mark.proof
def test_the_exercises_have_their_answers(outputs: dict[str, list[Any]]) -> None:
    days = dict(line.rsplit(maxsplit=1) for line in text(outputs["answer-pivot"]).splitlines() if line.startswith("US"))
    assert days["US1NYNY0074"] == "0"
    assert int(days["USW00094728"]) > 700
    ((constant, model),) = re.findall(r"log loss ([\d.]+); the model: ([\d.]+)", text(outputs["answer-constant"]))
    assert 0.68 < float(constant) < 0.7
    assert float(model) < float(constant)


@pytest.mark.proof
def test_each_part_is_named_as_it_begins(outputs: dict[str, list[Any]], parts: list[str]) -> None:
    assert parts[:2] == ["Rides, weather, and what a model can learn from them", "Rides: the input files"]
    assert "Retrain" in parts


@pytest.mark.proof
def test_it_counts_the_rides_as_the_sample_says(outputs: dict[str, list[Any]]) -> None:
    assert re.search(r"all +5048 +5000 +36 +12\b", text(outputs["rides"]))
    assert "service_requested: None" in text(outputs["older"])
    assert "5,000 rides, 910 with weather from a neighbour, 0 without any" in text(outputs["filled"])


@pytest.mark.proof
def test_it_shows_where_the_temperatures_of_the_gauge_come_from(outputs: dict[str, list[Any]]) -> None:
    assert "0 of 730 days    0 of 730 days" in text(outputs["weather"])
    (borrowed,) = re.findall(r"^US1NYNY0074 +(\d+) +(\d+) +0$", text(outputs["trial"]), re.MULTILINE)
    assert sum(map(int, borrowed)) == 730


@pytest.mark.proof
def test_the_models_it_trains_find_what_there_is_to_find(outputs: dict[str, list[Any]]) -> None:
    (auc, climb) = re.findall(r"AUC ([\d.]+), .* ([\d.]+) magic points a mile", text(outputs["heavy"]))[0]
    assert float(auc) > 0.999
    assert float(climb) == pytest.approx(50, abs=2)
    ((reached, best),) = re.findall(r"AUC ([\d.]+) of ([\d.]+) that", text(outputs["service"]))
    assert float(best) == pytest.approx(BEST, abs=1e-4)
    assert float(reached) > BEST - 0.01


@pytest.mark.proof
def test_every_picture_is_there(outputs: dict[str, list[Any]]) -> None:
    pictures = {
        name: sum("image/png" in each.get("data", {}) for each in entries)
        for name, entries in outputs.items()
        if any("image/png" in each.get("data", {}) for each in entries)
    }
    assert pictures == PICTURES
