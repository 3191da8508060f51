"""Every message of docs/troubleshooting.md is one that the sources print; `…` stands for what differs."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [each for folder in ("cli", "functions", "local") for each in sorted((ROOT / folder).rglob("*.py"))]
PAGE = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
MESSAGES = re.findall(r"^\| `([^`]+)`(?: \(\d+\))? \|", PAGE, re.MULTILINE)


@cache
def texts() -> str:
    """All strings of the sources and the Makefile, a line each, with `…` for each value that is put in."""
    strings = [text for path in SOURCES for text in strings_of(path.read_text(encoding="utf-8"))]
    makefile = re.sub(
        r"\$+\([^()]*(?:\([^()]*\))*[^()]*\)|\$\(PYTHON\)", "…", (ROOT / "Makefile").read_text(encoding="utf-8")
    )
    return "\n".join([*(each.replace("\n", " ") for each in strings), makefile])


def strings_of(source: str) -> list[str]:
    """The strings of a module, those with values in them too; marks of code are left out."""
    texts = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            parts = [str(each.value) if isinstance(each, ast.Constant) else "…" for each in node.values]
            texts.append("".join(parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(node.value)
    return [each.replace("`", "") for each in texts]


def is_printed(message: str) -> bool:
    """Whether a source has the message: its fixed parts, one after the other in one text."""
    parts = [re.escape(part) for part in message.split("…") if part.strip()]
    return re.search("[^\n]*".join(parts), texts()) is not None


@pytest.mark.parametrize("message", MESSAGES)
def test_message_is_printed(message: str) -> None:
    assert is_printed(message)


def test_message_that_nothing_prints_is_noticed() -> None:
    assert len(MESSAGES) > 30
    assert not is_printed("No embedded AWS was running: …")
    assert strings_of('f"Port {port} of {host!r} is" " taken: `make up`."')[0] == "Port … of … is taken: make up."
