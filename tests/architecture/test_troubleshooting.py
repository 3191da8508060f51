"""Every message of docs/troubleshooting.md is one that the sources print; `…` stands for what differs."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    each for folder in ("cli", "console", "functions", "local") for each in sorted((ROOT / folder).rglob("*.py"))
]
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


# What no reader looks up here: the message is another service's own, it is caught, or its own page has all of them.
NOT_LISTED = {
    "QueryError",  # Athena's reason
    "TrialError",  # the same, and SageMaker's, of benchmarks and tests
    "UnrecordedValueError",  # caught: `try` lists the values
    "BadValueError",  # docs/weather.md
    "UnreadableDashboardError",  # of a dashboard that was changed by hand
    "NoRecordError",  # the reason why `replay` leaves a message; docs/operations.md
}


def raised_messages() -> Iterator[tuple[str, str]]:
    """Each error of the commands that is made, with the texts that it is made with."""
    for path in sorted((ROOT / "cli").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield from ((node.func.id, text) for text in strings_of(ast.unparse(node)) if len(text) > 10)


def test_every_error_of_the_commands_has_a_message_on_the_page() -> None:
    tree = (ROOT / "cli/errors.py").read_text(encoding="utf-8")
    errors = set(re.findall(r"^(?:│  )?[├└]─ (\w+Error)", tree, re.MULTILINE))
    texts: dict[str, list[str]] = {}
    for name, text in raised_messages():
        texts.setdefault(name, []).append(text.replace("\n", " "))
    assert len(errors & set(texts)) > 20
    patterns = ["[^\n]*".join(re.escape(part) for part in message.split("…") if part.strip()) for message in MESSAGES]
    without = {
        name
        for name in errors & set(texts) - NOT_LISTED
        if not any(re.search(pattern, text) for pattern in patterns for text in texts[name])
    }
    assert without == set()
