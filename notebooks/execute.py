"""Executes the notebook, and says meanwhile which part it is at.

    python notebooks/execute.py           into build/explore.html
    python notebooks/execute.py --write   into the notebook itself, as it is in git, with smaller pictures

The exit code is 1 where a cell fails; its traceback is printed.
"""

import argparse
import base64
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"
PAGE = ROOT / "build" / "explore.html"
_JUPYTER = ROOT / "build" / "jupyter"
_SECONDS_OF_A_CELL = 600
_WIDTH, _COLORS = 930, 48
_PICTURE, _PLAIN = "image/png", "text/plain"
# Prompts, numbers and operators that are dark enough to be read: nbconvert's have a contrast of 2.2 to 4.4 to 1.
_STYLE = """<style>
:root {
  --jp-cell-prompt-not-active-opacity: 1;
  --jp-mirror-editor-number-color: #006400;
  --jp-mirror-editor-operator-color: #7500bd;
}
</style>
"""
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def main(arguments: list[str] | None = None) -> int:
    """Execute it; returns the exit code."""
    parser = argparse.ArgumentParser(description="Execute notebooks/explore.ipynb.")
    parser.add_argument("--write", action="store_true", help="write the outputs into the notebook, for git")
    writes = parser.parse_args(arguments).write
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    print("Executing notebooks/explore.ipynb: it retrains twice, which takes half a minute or more", flush=True)
    began = time.monotonic()
    executed = execute(notebook, lambda title: print(f"{time.monotonic() - began:4.0f} s  {title}", flush=True))
    if executed is None:
        return 1
    if writes:
        nbformat.write(for_git(executed), NOTEBOOK)
        print("The outputs are in notebooks/explore.ipynb.")
    else:
        PAGE.write_text(page(executed), encoding="utf-8")
        print(
            "The notebook as it ran is build/explore.html. "
            "To go on from there, open it in an editor with .venv as kernel."
        )
    return 0


def execute(notebook: Any, begin: Callable[[str], None], folder: Path = _JUPYTER) -> Any:
    """A copy of the notebook with the outputs of all cells; None where one fails, whose traceback is printed.

    `begin` is called with the title of each part. A kernel of this interpreter executes it, with settings from `folder`
    and not the user's own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        os.environ[name] = str(folder)
    # Jupyter reads these as it is imported.
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from traitlets.config import Config

    executed, titles = deepcopy(notebook), dict(_titles(notebook.cells))
    client = NotebookClient(
        executed,
        timeout=_SECONDS_OF_A_CELL,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(NOTEBOOK.parent)}},
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        on_cell_start=lambda cell_index, **_: begin(titles[cell_index]) if cell_index in titles else None,
    )
    try:
        client.execute()
    except CellExecutionError as failure:
        print(failure, file=sys.stderr)
        return None
    return executed


def _titles(cells: list[Any]) -> Iterator[tuple[int, str]]:
    """Places of code cells that follow a title, with its text.

    >>> text, code = {"cell_type": "markdown", "source": "## Rides"}, {"cell_type": "code", "source": "1"}
    >>> dict(_titles([text, code, code]))
    {1: 'Rides'}
    """
    for place, (before, cell) in enumerate(pairwise(cells), 1):
        title = re.match(r"#+ (.+)", before["source"]) if before["cell_type"] == "markdown" else None
        if title and cell["cell_type"] == "code":
            yield place, title[1]


def for_git(executed: Any) -> Any:
    """An executed notebook as it is in git: nothing of the kernel or of its memory, and smaller pictures."""
    slim = deepcopy(executed)
    slim.metadata.language_info = {"name": "python"}
    for output in (each for cell in slim.cells for each in cell.get("outputs", ())):
        data = output.get("data", {})
        if _PICTURE in data:
            data[_PICTURE] = _smaller(data[_PICTURE])
        if _PLAIN in data:
            data[_PLAIN] = _ADDRESS.sub("", data[_PLAIN])
    return slim


def _smaller(picture: str) -> str:
    with Image.open(BytesIO(base64.b64decode(picture))) as whole:
        scaled = whole.convert("RGB").resize((_WIDTH, round(_WIDTH * whole.height / whole.width)))
    target = BytesIO()
    scaled.quantize(_COLORS, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
    return base64.b64encode(target.getvalue()).decode()


def page(executed: Any) -> str:
    """An executed notebook as one HTML file that loads nothing from elsewhere."""
    from nbconvert import HTMLExporter

    html = HTMLExporter(require_js_url="", mathjax_url="").from_notebook_node(executed)[0]
    return html.replace("</head>", f"{_STYLE}</head>", 1)


if __name__ == "__main__":
    sys.exit(main())
