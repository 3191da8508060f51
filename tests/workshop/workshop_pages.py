"""The pages of the workshop as a program reads them: modes, their blocks of commands, and the outputs below these."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "docs/workshop"

FIGURE_IT_OUT = "Figure It Out"
HOLD_MY_HAND = "Hold My Hand"
DO_IT_FOR_ME = "Do It for Me"
GUIDED = (HOLD_MY_HAND, DO_IT_FOR_ME)

_HEADING = re.compile(r"## (.*)")
_FENCE = re.compile(r"```(\w*)")
COMMANDS, OUTPUT = "sh", "text"


@dataclass(frozen=True)
class Output:
    """Lines that a page shows, without those of the fence; the first of them is line `line` of the page."""

    line: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """Commands as they are fenced, from line `line` of the page on, and what they print, where the page shows it."""

    page: str
    line: int
    text: str
    output: Output | None = None


def page_paths(root: Path = ROOT) -> list[Path]:
    """The modules' pages, in their order. The README is none of them."""
    return sorted((root / FOLDER).glob("[0-9]*.md"), key=lambda path: int(path.name.partition("-")[0]))


def sections(text: str) -> dict[str, tuple[int, list[str]]]:
    """By heading: the number of the first line below it, and the lines down to the next heading.

    >>> sections("# Page\\n## Goal\\nA model.\\n## Questions\\n")
    {'Goal': (3, ['A model.']), 'Questions': (5, [])}
    """
    sections: dict[str, tuple[int, list[str]]] = {}
    heading, fenced = "", False
    for number, line in enumerate(text.splitlines(), 1):
        fenced ^= line.startswith("```")
        if not fenced and (match := _HEADING.fullmatch(line)):
            heading = match[1]
            sections[heading] = (number + 1, [])
        elif heading:
            sections[heading][1].append(line)
    return sections


def blocks(path: Path, mode: str) -> list[Block]:
    """The blocks of commands of a mode, in their order, each with the output that follows before the next one."""
    start, lines = sections(path.read_text(encoding="utf-8"))[mode]
    listed: list[Block] = []
    for language, line, content in _fences(lines, start):
        if language == COMMANDS:
            listed.append(Block(path.name, line, "\n".join(content) + "\n"))
        elif language == OUTPUT and listed and listed[-1].output is None:
            last = listed[-1]
            listed[-1] = Block(last.page, last.line, last.text, Output(line, tuple(content)))
    return listed


def _fences(lines: list[str], start: int) -> list[tuple[str, int, list[str]]]:
    """The fences: language, number of the first line within, and the lines."""
    fences: list[tuple[str, int, list[str]]] = []
    opened = False
    for number, line in enumerate(lines, start):
        match = _FENCE.fullmatch(line)
        if match:
            opened = not opened
            if opened:
                fences.append((match[1], number + 1, []))
        elif opened:
            fences[-1][2].append(line)
    return fences
