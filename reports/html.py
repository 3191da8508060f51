"""What pages are made of: a document without script or network, tables, and pictures inside. Texts are escaped."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2933; background: #f4f6f8; margin: 0 }
main { max-width: 70rem; margin: 0 auto; padding: 1.5rem }
h1 { margin: 0 } h2 { margin: 2rem 0 .5rem } p { margin: .5rem 0; max-width: 50rem }
.quiet { color: #55606b }
.verdict { background: #fff; border-left: .5rem solid #8a5a00; padding: .75rem 1rem; margin: 1rem 0 }
.verdict.yes { border-color: #0072b2 } .verdict p { max-width: none }
table { border-collapse: collapse; background: #fff } td, th { padding: .3rem .8rem; border-bottom: 1px solid #e3e7eb }
th { text-align: left; vertical-align: bottom } td, th + th { text-align: right; font-variant-numeric: tabular-nums }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(25rem, 1fr)); gap: 1rem }
figure { margin: 0; background: #fff; padding: .75rem } img { width: 100%; height: auto }
figcaption { font-size: .9rem } .lineage td { text-align: left; font-family: monospace; overflow-wrap: anywhere }
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


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


def figure(alternative: str, picture: bytes, shows: str, beware: str) -> str:
    """A PNG, what it shows, and what not to read into it."""
    source = f"data:image/png;base64,{b64encode(picture).decode()}"
    return (
        f'<figure>\n<img alt="{escape(alternative)}" src="{source}">\n'
        f"<figcaption><p>{escape(shows)}</p><p><em>Beware:</em> {escape(beware)}</p></figcaption>\n</figure>"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "numbers") -> str:
    """A table with a head; the first cell of each row is its name."""
    lines = [
        f'<tr><th scope="row">{escape(first)}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        for first, *cells in rows
    ]
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    return (
        f'<table class="{kind}">\n<thead><tr>{titles}</tr></thead>\n<tbody>\n'
        + "\n".join(lines)
        + "\n</tbody>\n</table>"
    )
