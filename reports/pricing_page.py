"""The page of a pricing study: the answer, a picture, the bands, and how it was compared. What it shows is escaped."""

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from reports import pricing_picture
from reports.html import Caption, Table, document, figure, table
from reports.style import png
from reports.whole_files import write_whole

_NAMES = {"yes": "Yes", "partly": "In part", "no": "No", "noise": "Magic points are noise"}
_HEAD = ("weather", "limits", "rides", "points used", "rule", "model's price")
_DIFFERENCES = {
    "overcharge": "rule less points used",
    "against_price": "rule less model's price",
    "price_error": "model's price less points used",
}

_DRAWN = ("overcharge", "against_price")


def write(card: Mapping[str, Any], study: Mapping[str, Any], folder: Path) -> Path:
    """Write `folder`/pricing.html, pricing.json and, if there is something to draw, pricing.png. Returns the page."""
    drawn = pricing_picture.overcharge(card["execution"], study["bands"])
    picture = png(drawn) if drawn else None
    path = folder / "pricing.html"
    write_whole(path, page(card, study, picture))
    write_whole(path.with_suffix(".json"), json.dumps(study, indent=2) + "\n")
    if picture:
        write_whole(path.with_suffix(".png"), picture)
    else:
        path.with_suffix(".png").unlink(missing_ok=True)
    return path


def page(card: Mapping[str, Any], study: Mapping[str, Any], picture: bytes | None) -> str:
    """The page as HTML: no script, no network."""
    title = f"Prices by {card['execution']}"
    features = ", ".join(card["features"])
    sections = (
        f'<h1>{escape(title)}</h1>\n<p class="quiet">{escape(f"magic_points of {features}")}</p>',
        _answer(study),
        _picture(study["bands"], picture),
        *_bands(study["bands"]),
        _method(study),
    )
    return document(title, sections)


def _answer(study: Mapping[str, Any]) -> str:
    lines = "\n".join(f"<p>{escape(sentence)}</p>" for sentence in study["sentences"])
    return (
        "<p>With the weather known, are customers undercharged in bad weather and overcharged in fine weather?</p>\n"
        f'<section class="verdict{" yes" if study["answer"] == "yes" else ""}">\n'
        f"<strong>{_NAMES[study['answer']]}.</strong>\n{lines}\n</section>"
    )


def _picture(bands: Sequence[Mapping[str, Any]], picture: bytes | None) -> str:
    if picture is None:
        return "<p>There is no picture, since no overcharge is reported.</p>"
    shows = "Right of the line customers pay more than they should, left of it less."
    beware = (
        "the hollow marks take the model's prices as they are. Where they lie apart from the filled ones, the model "
        "misses what the weather costs."
    )
    caption = Caption("overcharge by weather", _conclusion(bands), shows, beware)
    rows = [(band["band"], *(_interval(band[name]) for name in _DRAWN)) for band in bands if band["overcharge"]]
    numbers = Table(("points a ride, 95% interval", *(_DIFFERENCES[name] for name in _DRAWN)), rows)
    return figure(caption, picture, [numbers])


def _conclusion(bands: Sequence[Mapping[str, Any]]) -> str:
    certain = [
        f"{abs(mean):,.1f} points too {'much' if mean > 0 else 'little'} in {band['band']} weather"
        for band in bands
        if band["overcharge"] and band["overcharge"]["certain"]
        for mean in (band["overcharge"]["mean"],)
    ]
    return f"Customers pay {'; '.join(certain)}." if certain else "Beyond chance, nobody pays too much or too little."


def _interval(apart: Mapping[str, Any]) -> str:
    return f"{apart['mean']:+,.1f} ({apart['low']:+,.1f} to {apart['high']:+,.1f})"


def _bands(bands: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not bands:
        return
    rows = [
        (
            band["band"],
            band["limits"],
            f"{band['rides']:,}",
            *(f"{band[name]:,.1f}" for name in ("points", "rule", "price")),
        )
        for band in bands
    ]
    yield f"<h2>Points a ride</h2>\n{table(_HEAD, rows)}"
    differences = [(band["band"], *(_difference(band[name]) for name in _DIFFERENCES)) for band in bands]
    yield f"<h2>Differences</h2>\n{table(('weather', *_DIFFERENCES.values()), differences)}"


def _difference(apart: Mapping[str, Any] | None) -> str:
    if apart is None:
        return "too few rides"
    sign = "" if apart["certain"] else "; may be chance"
    return (
        f"{_interval(apart)}, {apart['percent']:+.1f}% "
        f"({apart['percent_low']:+.1f} to {apart['percent_high']:+.1f}){sign}"
    )


def _method(study: Mapping[str, Any]) -> str:
    rule = study["rule"]
    sentences = (
        f"Today's rule charges {rule['start']:,.2f} points a ride and {rule['a_mile']:,.4f} a mile: the line of least "
        "squares through the train split.",
        "On the test split rule and prices are scaled to the total of the points used: they differ in who pays, not in "
        "how much is paid.",
        "The intervals are the middle 95% of a bootstrap over the test rides. Percent are of what is compared with.",
        "Each ride is in the first band of rain, hot and cold that it fits, else in fine.",
    )
    return "<h2>How it was compared</h2>\n" + "\n".join(f"<p>{escape(each)}</p>" for each in sentences)
