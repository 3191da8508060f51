"""The page of a day's document of `monitor`: what drifted, how good the champion was, pictures. Texts are escaped."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from reports.html import Caption, figure, table
from reports.html import document as html_document
from reports.monitor_numbers import CONCLUSIONS, TABLES
from reports.monitor_picture import PICTURES
from reports.style import png
from reports.whole_files import write_whole

_CAPTIONS = {
    "features": (
        "How far the two lines of a feature are apart, up and down, is its distance.",
        "on few rows lines are apart by chance; a feature that drifted beyond chance is named so.",
    ),
    "scores": (
        "What the champion says, next to what it said of its test split.",
        "scores may stay where they were while it is wrong, and move while it is right.",
    ),
    "served": (
        "The champion's measure on each day's predictions whose truth is known.",
        "the truth comes late, so a day's value may still change; of fewer than 30 there is none.",
    ),
}
_FEATURES = ("feature", "PSI", "distance", "chance", "rows", "that differ", "missing", "drifted")
_DAYS = ("day", "model", "predictions", "truths", "measure", "95% interval", "calibration gap", "its chance")


def write(document: Mapping[str, Any], folder: Path) -> Path:
    """Write `folder`/<task>.html, <task>.json and its pictures, <task>-<picture>.png. Returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    task = document["task"]
    drawings = {name: draw(document) for name, draw in PICTURES.items()}
    pictures = {name: png(drawing) for name, drawing in drawings.items() if drawing}
    path = folder / f"{task}.html"
    write_whole(path, page(document, pictures))
    write_whole(path.with_suffix(".json"), json.dumps(document, indent=2) + "\n")
    for name in PICTURES:
        file = folder / f"{task}-{name}.png"
        if name in pictures:
            write_whole(file, pictures[name])
        else:
            file.unlink(missing_ok=True)
    return path


def page(document: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
    """The page as HTML: no script, no network."""
    title = f"{document['task']} on {document['date']}"
    subtitle = f"champion {document['model']}, {document['predictions']:,} predictions"
    drawings = "\n".join(_figure(document, name, pictures[name]) for name in _CAPTIONS if name in pictures)
    sections = (
        f'<h1>{escape(title)}</h1>\n<p class="quiet">{escape(subtitle)}</p>',
        _verdict(document),
        f'<div class="pictures">\n{drawings}\n</div>',
        f"<h2>Features</h2>\n{table(_FEATURES, _features(document))}",
        f"<h2>Served</h2>\n{_served(document)}\n{table(_DAYS, _days(document))}",
        _method(document),
    )
    return html_document(title, sections)


def _figure(document: Mapping[str, Any], name: str, picture: bytes) -> str:
    caption = Caption(name, CONCLUSIONS[name](document), *_CAPTIONS[name])
    return figure(caption, picture, TABLES[name](document))


def _verdict(document: Mapping[str, Any]) -> str:
    """What is wrong, if anything is, and what could not be looked at."""
    worse = bool(document["served"] and document["served"]["worse"])
    faults = [*document["drifted"], *(["the served measure is worse than promised"] if worse else [])]
    strong = f"Drifted: {', '.join(faults)}." if faults else "Nothing has drifted beyond chance."
    left_out = (document.get("left_out") or {}).get("remark")
    texts = [*document["remarks"], *([left_out] if left_out else [])]
    remarks = "\n".join(f"<p>{escape(text)}.</p>" for text in texts)
    return (
        f'<section class="verdict{"" if faults else " yes"}">\n<strong>{escape(strong)}</strong>\n{remarks}\n</section>'
    )


def _features(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, each in document["features"].items():
        yield (
            name,
            *_drift(each),
            f"{each['missing']:,}",
            "yes" if each["drifted"] else "",
        )
    if document["scores"]:
        yield "scores", *_drift(document["scores"]), "", "yes" if document["scores"]["drifted"] else ""
    for name in ("missing values", "unknown stations"):
        share = document[name.replace(" ", "_")]
        yield (
            f"{name}: {share['count']:,}, {share['share']:.1%}",
            "",
            "",
            _chance(share["chance"]),
            f"{share['rows']:,}",
            "",
            "",
            "yes" if share["drifted"] else "",
        )


def _drift(each: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    if not each["rows"]:
        return "", "", "", "0", "0"
    numbers = f"{each['psi']:.3f}", f"{each['distance']:.3f}", _chance(each["chance"])
    return *numbers, f"{each['rows']:,}", f"{each['independent_rows']:,.0f}"


def _chance(chance: float) -> str:
    return "less than 0.0001" if chance < 1e-4 else f"{chance:.4f}"


def _served(document: Mapping[str, Any]) -> str:
    served = document["served"]
    if not served:
        return "<p>Too few truths are known to say how good the champion was.</p>"
    text = (
        f"From {document['first_date']} on the truth is known of {served['rows']:,} predictions of the champion: "
        f"{served['measure']:.4f}, 95% interval {served['low']:.4f} to {served['high']:.4f}. "
        f"Its card promised {served['promised']:.4f}. The difference is {served['difference']:+.4f}, and beyond chance "
        f"at least {served['quality_loss']:+.4f}."
    )
    return f"<p>{escape(text)}</p>"


def _days(document: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for each in document["by_day"]:
        is_measured = each["measure"] is not None
        yield (
            each["day"],
            each["model"],
            f"{each['predictions']:,}",
            f"{each['outcomes']:,}",
            f"{each['measure']:.4f}" if is_measured else "",
            f"{each['low']:.4f} to {each['high']:.4f}" if is_measured else "",
            f"{each['calibration_gap']:.4f}" if is_measured else "",
            _chance(each["calibration_chance"]) if is_measured else "",
        )


def _method(document: Mapping[str, Any]) -> str:
    sentences = (
        "Chance is the probability of such a distance, or of such a share, if what is tolerable were all there is. "
        f"A test is an alarm at {document['level']:.1e} or less: so at most 1% of quarters without drift have any.",
        "Rows that differ: rides of a station and day share its weather, and a row that came again says nothing new.",
        "PSI has no such level, and raises no alarm: on few rows it is large by itself.",
    )
    return "<h2>How it was compared</h2>\n" + "\n".join(f"<p>{escape(each)}</p>" for each in sentences)
