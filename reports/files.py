"""Writes a report: report.html, and a folder with its pictures and the card that they are drawn from."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.kinds import kind_of
from reports.page import page
from reports.sides import Comparison
from reports.style import png
from reports.whole_files import write_whole


@dataclass(frozen=True)
class ReportFiles:
    """The paths of a report: its page, its pictures, and the card."""

    page: Path
    pictures: list[Path]
    card: Path


def pictures(comparison: Comparison) -> dict[str, bytes | None]:
    """By name the PNGs of a card, None where it lacks what to draw."""
    figures = {name: picture.draw(comparison) for name, picture in kind_of(comparison.card).pictures.items()}
    return {name: png(figure) if figure else None for name, figure in figures.items()}


def write(card: Mapping[str, Any], folder: Path, standings: Sequence[Mapping[str, Any]] = ()) -> ReportFiles:
    """Write the report on a card: `folder`/report.html, and `folder`/report/ anew with pictures and card.

    `standings` are what callers measured of the task's models (`reports.callers`).
    """
    comparison = Comparison.of(card)
    images = pictures(comparison)
    whole = page(comparison, images, standings)
    details = folder / "report"
    shutil.rmtree(details, ignore_errors=True)
    details.mkdir(parents=True)
    files = {details / f"{name}.png": picture for name, picture in images.items() if picture}
    for path, picture in files.items():
        write_whole(path, picture)
    report = ReportFiles(folder / "report.html", list(files), details / "card.json")
    write_whole(report.page, whole)
    write_whole(report.card, json.dumps(card, indent=2) + "\n")
    return report
