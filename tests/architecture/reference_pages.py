"""How the tests of the reference pages read them, and the template."""

import re
from pathlib import Path
from typing import Any

from cli.template_document import read_template

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = read_template(ROOT / "template.yaml")
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]


def page(name: str) -> str:
    """A page below docs/."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What is below a heading of two marks."""
    return f"\n{text}".partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def first_cells(text: str) -> list[str]:
    """What is in ticks in the first cell of each row."""
    return re.findall(r"^\| `([^`|]+)`", text, re.MULTILINE)


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of the resources of a kind."""
    return {name: each["Properties"] for name, each in RESOURCES.items() if each["Type"] == kind}
