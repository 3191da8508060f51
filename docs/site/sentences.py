"""The prose of a page, and its sentences."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_WORDS = 40
"""Of a sentence. Good ones have under 20: this refuses what nobody can follow."""

_NO_PROSE = re.compile(
    r"^(?P<fence>```|~~~)[^\n]*\n.*?^(?P=fence)[`~]*[ ]*$"  # fenced code
    r"|<!--.*?-->"
    r"|(?<=\n\n)(?: {4}[^\n]*(?:\n|\Z))+"  # indented code
    r"|(?P<ticks>`+).+?(?P=ticks)"
    r"|(?<=\]\()[^)\s]+(?=\))"  # where a link leads
    r"|https?://[^\s)>]+"
    r"|<[a-z/][^>]*>",
    re.MULTILINE | re.DOTALL,
)
_BREAK = re.compile(
    r"\n[ ]*\n"
    r"|(?<=[.!?:])[*_)\"']*\s+(?=[*_(\[\"']*[A-Z_0-9])"  # the end of a sentence
    r"|\n(?=[ ]*(?:[-*+]|\d+\.)[ ])"  # an item of a list
    r"|^#.*$|^\|.*$",  # a heading, a row of a table
    re.MULTILINE,
)
_WORD = re.compile(r"[^\W_][\w'’-]*|_+")


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong at a place of a text: `start` counts characters."""

    start: int
    message: str


def prose_of(markdown: str) -> str:
    """The page with what is no prose blanked: every character keeps its place. Code in a sentence stays one word."""

    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", "_" if match["ticks"] else " ", match[0])

    return _NO_PROSE.sub(blank, markdown)


def long_sentences(prose: str) -> Iterator[Fault]:
    """The sentences of more than `MOST_WORDS`. Headings and rows of tables are none."""
    start = 0
    for match in [*_BREAK.finditer(prose), None]:
        end = match.start() if match else len(prose)
        words = list(_WORD.finditer(prose, start, end))
        if len(words) > MOST_WORDS:
            yield Fault(words[0].start(), f"a sentence of {len(words)} words: part it, {MOST_WORDS} at most")
        start = match.end() if match else end


def place(text: str, start: int) -> tuple[int, int]:
    """The line and column of a character, from 1."""
    before = text[:start]
    return before.count("\n") + 1, start - before.rfind("\n")
