"""The report as one HTML page: no script, no network, its pictures inside. Whatever comes from the card is escaped."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from reports import tables, wording
from reports.sides import Comparison

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


def page(comparison: Comparison, pictures: Mapping[str, bytes | None]) -> str:
    """The report on a card; `pictures` are PNGs by name, in the order to show them, None where there is none."""
    card = comparison.card
    title = f"Model {card['execution']}"
    sections = (
        _head(card, title),
        _verdict(comparison),
        _metrics(comparison),
        _pictures(card, pictures),
        _next(card),
        _training_set(comparison),
        _lineage(card),
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(sections)
        + "\n</main>\n</body>\n</html>\n"
    )


def _head(card: Mapping[str, Any], title: str) -> str:
    about = f"{card['target']} of {', '.join(card['features'])}; judged {card.get('created', '')}"
    return f'<h1>{escape(title)}</h1>\n<p class="quiet">{escape(about)}</p>'


def _verdict(comparison: Comparison) -> str:
    card = comparison.card
    verdict = card.get("verdict", {})
    yes = bool(verdict.get("promote"))
    headline = "Good enough to go live" if yes else "Not to go live"
    lines = [wording.caveat_of_the_score(card), wording.describe_champion(comparison)]
    return (
        f'<section class="verdict{" yes" if yes else ""}">\n<strong>{headline}.</strong> '
        f"{escape(verdict.get('reason', 'The card holds no verdict.'))}\n"
        + "\n".join(f"<p>{escape(line)}</p>" for line in lines if line)
        + "\n</section>"
    )


def _metrics(comparison: Comparison) -> str:
    card = comparison.card
    head = ("on the test split", "candidate", "champion", "difference (95% interval)", "which is")
    rows = [
        (row.name, row.candidate, row.champion, row.difference, row.meaning) for row in tables.metric_rows(comparison)
    ]
    constant = card.get("constant_log_loss")
    note = (
        f"<p>Answering the same for every ride has a log loss of {constant:.4f}. The intervals are of a bootstrap over "
        f"the {card['rows']:,} test rides, always of both models on the same ones.</p>"
        if constant is not None
        else ""
    )
    return f"<h2>Metrics</h2>\n{_table(head, rows)}\n{note}"


def _pictures(card: Mapping[str, Any], pictures: Mapping[str, bytes | None]) -> str:
    captions = wording.captions(card)
    figures = [
        _figure(name, picture, *captions[name])
        if picture
        else f"<p>{escape(wording.REASONS_WITHOUT_PICTURE.get(name, 'There is no such picture.'))}</p>"
        for name, picture in pictures.items()
    ]
    return '<h2>Pictures</h2>\n<div class="pictures">\n' + "\n".join(figures) + "\n</div>"


def _figure(name: str, picture: bytes, shows: str, beware: str) -> str:
    source = f"data:image/png;base64,{b64encode(picture).decode()}"
    return (
        f'<figure>\n<img alt="{escape(tables.words(name))}" src="{source}">\n'
        f"<figcaption><p>{escape(shows)}</p><p><em>Beware:</em> {escape(beware)}</p></figcaption>\n</figure>"
    )


def _training_set(comparison: Comparison) -> str:
    card = comparison.card
    head = (
        "train split, units as trained on",
        "mean",
        "deviation",
        *(f"weight, {side.name}" for side in comparison.sides),
    )
    return (
        f"<h2>Training set</h2>\n{_table(('rides and rows', 'count'), tables.count_rows(card))}\n"
        f"<h2>Features</h2>\n{_table(head, tables.feature_rows(comparison))}\n"
        "<p>Temperatures are in tenths of °C, rain in tenths of mm, distances in miles as the producer sends them.</p>"
    )


def _next(card: Mapping[str, Any]) -> str:
    steps = "".join(f"<li>{escape(step)}</li>" for step in wording.next_steps(card))
    return f"<h2>What next</h2>\n<ul>{steps}</ul>"


def _lineage(card: Mapping[str, Any]) -> str:
    return f"<h2>Lineage</h2>\n{_table(('made from', ''), tables.lineage_rows(card), 'lineage')}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "numbers") -> str:
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
