"""The notebook as it is committed: without outputs, free of this machine, and it runs from top to bottom."""

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"
BEST = json.loads((ROOT / "data" / "best_auc.json").read_text(encoding="utf-8"))["best_auc_on_the_test_split"]


def committed() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What each cell put out, by the cell's id, once the notebook has run in a kernel of its own."""
    folder = tmp_path_factory.mktemp("jupyter")
    notebook = committed()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(folder))
        NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    return {cell["id"]: cell["outputs"] for cell in notebook.cells if cell["cell_type"] == "code"}


def text(outputs: list[Any]) -> str:
    plain = [each["data"]["text/plain"] for each in outputs if "text/plain" in each.get("data", {})]
    return "".join(each["text"] for each in outputs if each["output_type"] == "stream") + "".join(plain)


def test_it_is_committed_without_outputs_and_without_a_place() -> None:
    cells = [cell for cell in committed().cells if cell["cell_type"] == "code"]
    assert len(cells) > 10
    assert [cell["id"] for cell in cells if cell["outputs"] or cell["execution_count"] is not None] == []
    assert not re.search(r"""["'( ](?:/[a-z]+/|~/|[A-Z]:\\)""", NOTEBOOK.read_text(encoding="utf-8"))


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
    assert pictures == {
        "map": 1,
        "gaps": 1,
        "labels": 1,
        "heavy": 1,
        "heavy-scores": 2,
        "service-weights": 2,
        "calibration": 2,
    }
