"""The report as one HTML page: no script, no network, its pictures inside. Whatever comes from the card is escaped."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from reports import callers, tables, wording
from reports.formats import words
from reports.html import Caption, document, figure, table
from reports.kinds import kind_of
from reports.sides import Comparison

_RIDE_UNITS = {"TMIN", "TMAX", "PRCP", "distance"}
_UNITS_OF_RIDES = (
    "<p>Temperatures are in tenths of °C, rain in tenths of mm, distances in miles as the producer sends them.</p>"
)


def page(
    comparison: Comparison, pictures: Mapping[str, bytes | None], standings: Sequence[Mapping[str, Any]] = ()
) -> str:
    """The report on a card; `pictures` are PNGs by name, in the order to show them, None where there is none.

    `standings` are what callers measured of the task's models (`reports.callers`).
    """
    card = comparison.card
    title = f"Model {card['execution']}"
    sections = (
        _head(card, title),
        _verdict(comparison),
        _metrics(comparison),
        _candidates(card),
        _changes(card),
        callers.section(standings, card["execution"]),
        _pictures(comparison, pictures),
        _next(card),
        _training_set(comparison),
        _cost(card),
        _lineage(card),
    )
    return document(title, sections)


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
    constant = card.get("constant", card.get("constant_log_loss"))
    note = (
        f"<p>Answering the same for every row has {kind_of(card).measure} {constant:.4f}. The intervals are of a "
        f"bootstrap over the {card['rows']:,} test rows, always of both models on the same ones.</p>"
        if constant is not None
        else ""
    )
    return f"<h2>Metrics</h2>\n{table(head, rows)}\n{note}{_at_threshold(comparison)}"


def _at_threshold(comparison: Comparison) -> str:
    rows = tables.threshold_rows(comparison)
    if not rows:
        return ""
    head = ("at the model's threshold", *(side.name for side in comparison.sides))
    return f"\n<h2>At the threshold</h2>\n{table(head, rows)}"


def _candidates(card: Mapping[str, Any]) -> str:
    rows = tables.candidate_rows(card)
    if not rows:
        return ""
    head = ("algorithm", *(name for name, _ in kind_of(card).metrics.values()), "outcome")
    return f"<h2>Candidates</h2>\n{table(head, rows)}"


def _changes(card: Mapping[str, Any]) -> str:
    """What changes for callers; a sentence where it is not known, nothing of a card of before it was."""
    changes = card.get("score_changes")
    if not changes:
        return ""
    title = "<h2>What changes for callers</h2>"
    rows = tables.change_rows(card)
    if not rows:
        return f"{title}\n<p>Answers were not compared: {escape(changes['reason'])}.</p>"
    head = ("captured requests", "rows", "mean change", "without its sign", "labels that flip")
    note = (
        "<p>The candidate answered the last captured requests too. A change is its answer less the champion's; the "
        "groups are quarters of the rows by each feature.</p>"
    )
    return f"{title}\n{table(head, rows)}\n{note}"


def _pictures(comparison: Comparison, pictures: Mapping[str, bytes | None]) -> str:
    figures = [
        _figure(comparison, name, picture)
        if picture
        else f"<p>{escape(wording.REASONS_WITHOUT_PICTURE.get(name, 'There is no such picture.'))}</p>"
        for name, picture in pictures.items()
    ]
    return '<h2>Pictures</h2>\n<div class="pictures">\n' + "\n".join(figures) + "\n</div>"


def _figure(comparison: Comparison, name: str, picture: bytes) -> str:
    kind = kind_of(comparison.card)
    drawn = kind.pictures[name]
    caption = Caption(words(name), drawn.conclusion(comparison), *kind.captions(comparison.card)[name])
    return figure(caption, picture, drawn.numbers(comparison))


def _training_set(comparison: Comparison) -> str:
    card = comparison.card
    head = (
        "train split, units as trained on",
        "mean",
        "deviation",
        *(f"weight, {side.name}" for side in comparison.sides),
    )
    return (
        f"<h2>Training set</h2>\n{table(('rides and rows', 'count'), tables.count_rows(card))}\n"
        f"<h2>Features</h2>\n{table(head, tables.feature_rows(comparison))}\n"
        f"{_UNITS_OF_RIDES if set(card['features']) & _RIDE_UNITS else ''}"
    )


def _next(card: Mapping[str, Any]) -> str:
    steps = "".join(f"<li>{escape(step)}</li>" for step in wording.next_steps(card))
    return f"<h2>What next</h2>\n<ul>{steps}</ul>"


def _cost(card: Mapping[str, Any]) -> str:
    cost = card.get("cost") or {}
    if not cost.get("lines"):
        return ""
    head = ("service", "unit", "quantity", "USD")
    note = f"At AWS's list prices of {cost['region']}, as of {cost['prices']}."
    return f'<h2>Cost</h2>\n{table(head, tables.cost_rows(cost))}\n<p class="quiet">{escape(note)}</p>'


def _lineage(card: Mapping[str, Any]) -> str:
    return f"<h2>Lineage</h2>\n{table(('made from', 'value'), tables.lineage_rows(card), 'lineage')}"
