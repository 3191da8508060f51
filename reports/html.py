"""What pages are made of: a document without script or network, tables, and pictures inside. Texts are escaped.

Pages are read on a telephone (390 pixels), in the dark, and on paper: a table that is wider than its page scrolls by
itself, and what is folded on the screen is printed.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

UNKNOWN = "–"
"""What stands in a cell without a value. A column that has nothing else is left out."""

_STYLE = """
:root { color-scheme: light dark; --paper: #f4f6f8; --panel: #fff; --ink: #1f2933; --quiet: #55606b; --line: #e3e7eb;
  --no: #8a5a00; --yes: #0072b2 }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0;
  overflow-wrap: anywhere }
main { max-width: 70rem; margin: 0 auto; padding: 1.5rem }
h1 { margin: 0; line-height: 1.2 } h2 { margin: 2rem 0 .5rem } p { margin: .5rem 0; max-width: 50rem }
.quiet { color: var(--quiet) }
.verdict { background: var(--panel); border-left: .5rem solid var(--no); padding: .75rem 1rem; margin: 1rem 0 }
.verdict.yes { border-color: var(--yes) } .verdict p { max-width: none }
.scroll { overflow-x: auto; max-width: 100%; position: relative }
table { border-collapse: collapse; background: var(--panel); overflow-wrap: normal }
td, th { padding: .3rem .8rem; border-bottom: 1px solid var(--line) }
th { text-align: left; vertical-align: bottom }
tbody th { vertical-align: baseline } td, th + th { text-align: right; font-variant-numeric: tabular-nums }
th:first-child { position: sticky; left: 0; background: var(--panel) }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(25rem, 100%), 1fr)); gap: 1rem }
figure { margin: 0; background: var(--panel); padding: .75rem; min-width: 0; max-width: 45rem }
img { width: 100%; height: auto }
figcaption, details { font-size: .9rem } summary { cursor: pointer; padding: .3rem 0 }
.lineage th + th, .lineage td { text-align: left }
.lineage td { font-family: monospace; overflow-wrap: anywhere; min-width: 12rem }
@media (max-width: 30rem) {
main { padding: 1rem } h1 { font-size: 1.5rem } td, th { padding: .3rem .5rem }
th:first-child { min-width: 8rem; overflow-wrap: anywhere }
}
@media screen and (prefers-color-scheme: dark) {
:root { --paper: #12181d; --panel: #1c242b; --ink: #e4e9ed; --quiet: #9aa6b1; --line: #36424d; --no: #f0c04a;
  --yes: #56b4e9 }
/* A picture's white becomes the panel's colour, and its colours keep their hue. */
img { filter: invert(1) hue-rotate(180deg) brightness(1.25); mix-blend-mode: lighten }
}
@media print {
:root { color-scheme: light; --paper: #fff } body { font-size: 10pt } main { max-width: none; padding: 0 }
h2 { break-after: avoid } tr, figure img, .verdict { break-inside: avoid } figure, .verdict { border: 1px solid #ccc }
.verdict { border-left-width: .5rem } .scroll { overflow: visible } th:first-child { position: static }
td, th { padding: .15rem .4rem } details::details-content { content-visibility: visible; block-size: auto }
}
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Caption:
    """What a picture is called, what to conclude from it, what it shows, and what not to read into it."""

    name: str
    conclusion: str
    shows: str
    beware: str


@dataclass(frozen=True)
class Table:
    """The head of a table, and its rows; the first cell of each row is its name."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def document(title: str, sections: Iterable[str], style: str = "") -> str:
    """A whole page of sections that are HTML already; `style` has rules beside those of all pages."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(sections)
        + "\n</main>\n</body>\n</html>\n"
    )


def figure(caption: Caption, picture: bytes, numbers: Iterable[Table]) -> str:
    """A PNG with its caption, and the numbers that it was drawn from, folded."""
    source = f"data:image/png;base64,{b64encode(picture).decode()}"
    return (
        f'<figure>\n<img alt="{escape(caption.name)}" src="{source}">\n'
        f"<figcaption><p><strong>{escape(caption.conclusion)}</strong></p><p>{escape(caption.shows)}</p>"
        f"<p><em>Beware:</em> {escape(caption.beware)}</p></figcaption>\n"
        f"{folded(f'Numbers: {caption.name}', numbers)}\n</figure>"
    )


def folded(summary: str, tables: Iterable[Table]) -> str:
    """Tables that a reader opens, and that are printed."""
    content = "\n".join(table(each.head, each.rows) for each in tables)
    return f"<details>\n<summary>{escape(summary)}</summary>\n{content}\n</details>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "numbers") -> str:
    """A table with a head; the first cell of each row is its name. A column without any value is left out."""
    rows = list(rows)
    places = [place for place in range(1, len(head)) if not rows or any(_is_value(row[place]) for row in rows)]
    lines = [
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(row[place])}</td>" for place in places)
        + "</tr>"
        for row in rows
    ]
    titles = "".join(f'<th scope="col">{escape(head[place])}</th>' for place in (0, *places))
    # What scrolls has to be reached by the keyboard too.
    return (
        f'<div class="scroll" role="group" tabindex="0" aria-label="Table: {escape(head[0])}">\n'
        f'<table class="{kind}">\n<thead><tr>{titles}</tr></thead>\n<tbody>\n'
        + "\n".join(lines)
        + "\n</tbody>\n</table>\n</div>"
    )


def _is_value(cell: str) -> bool:
    return cell not in ("", UNKNOWN)
