"""Markdown: tables whose cells may hold anything, and the frame that all reference pages have."""

import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, its rows in the order given. A column with nothing in it is left out.

    A cell is one line, and its bars are no ends of cells.

    >>> print(table(["name", "matches", "why"], [["a", "`x|y`", ""]]), end="")
    | name | matches |
    |---|---|
    | a | `x\\|y` |
    """
    rows = list(rows)
    filled = [place for place in range(len(head)) if any(row[place] for row in rows)]
    lines = [_row([row[place] for place in filled]) for row in (head, *rows)]
    return f"{lines[0]}|{'---|' * len(filled)}\n{''.join(lines[1:])}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |\n"


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


def code(text: object) -> str:
    """Text as code: in as many ticks as it takes. Nothing at all stays nothing.

    >>> code("a`b"), code("")
    ('`` a`b ``', '')
    """
    plain = str(text)
    if not plain:
        return ""
    return f"`` {plain} ``" if "`" in plain else f"`{plain}`"


def codes(names: Iterable[object]) -> str:
    """Names as code, with commas between."""
    return ", ".join(map(code, names))


def number(value: float) -> str:
    """A number, with commas where it has five digits or more.

    >>> number(2009), number(67108864), number(0.1), number(1e9)
    ('2009', '67,108,864', '0.1', '1,000,000,000')
    """
    value = int(value) if value == int(value) else value
    return f"{value:,}" if abs(value) >= 10_000 else f"{value}"


def sentence(text: str) -> str:
    """The text with a capital letter and a full stop.

    >>> sentence("when to retrain")
    'When to retrain.'
    """
    text = re.sub(r"\s+", " ", text).strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) or not text else '.'}"


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub names it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def page(title: str, introduction: str, body: str, source: str) -> str:
    """A reference page: what it is, its tables, and where to change what it says. `source` is prose with links."""
    return (
        f"<!-- Written by `make render`. -->\n# {title}\n\n{introduction.strip()}\n\n{body.strip()}\n\n"
        f"## Where to change it\n\n{source.strip()}\n"
    )


def with_part(text: str, name: str, part: str) -> str:
    """The page with the part between the two comments of that name written anew. Raises LookupError without them."""
    begin, end = f"<!-- {name}, by `make render`. -->\n", f"<!-- The end of {name}. -->\n"
    before, begun, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise LookupError(f"the page has no part {name!r} between two comments")
    return f"{before}{begin}\n{part.strip()}\n\n{end}{after}"
