"""Writes a report: report.html, and in a folder beside it its pictures and the card that they are drawn of."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports import bars, curves
from reports.page import page
from reports.style import png


@dataclass(frozen=True)
class Written:
    """Where the page is, its pictures, and the card."""

    page: Path
    pictures: list[Path]
    card: Path


def pictures(card: Mapping[str, Any]) -> dict[str, bytes | None]:
    """By name the PNGs of a card, None where it lacks what to draw."""
    drawn = {
        "roc": curves.roc(card),
        "calibration": curves.calibration(card),
        "score_distribution": bars.score_distribution(card),
        "weights": bars.weights(card),
    }
    return {name: png(figure) if figure else None for name, figure in drawn.items()}


def write(card: Mapping[str, Any], folder: Path) -> Written:
    """Write the report on a card: `folder`/report.html, and `folder`/report/ anew with pictures and card."""
    drawn = pictures(card)
    whole = page(card, drawn)
    beside = folder / "report"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    files = {beside / f"{name}.png": picture for name, picture in drawn.items() if picture}
    for path, picture in files.items():
        path.write_bytes(picture)
    written = Written(folder / "report.html", list(files), beside / "card.json")
    written.page.write_text(whole, encoding="utf-8")
    written.card.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return written
