"""The page of a dashboard: its widgets in their rows, as CloudWatch lays them out. What it shows is escaped."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from reports import charts
from reports.charts.values import number
from reports.html import document, table
from reports.whole_files import write_whole

_COLUMNS = 24
_HEADING = "#"
_OVER_TIME = "timeSeries"
_LEAST_EMPTY = 0.2
"""The share of the time without a point from which on charts begin with the first one."""

_STYLE = (
    """
main { max-width: 96rem }
.widgets { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); gap: .75rem }
.widget { background: var(--panel); padding: .6rem .75rem; min-width: 0; grid-column: span 24 }
.widget h3 { margin: 0 0 .3rem; font-size: .95rem } .widget.text { background: none; padding: .5rem 0 0 }
.widget.text h2 { margin: 0 } .big { font-size: 2rem; margin: 0; line-height: 1.2 } .big + p { margin: 0 }
@media (min-width: 60rem) { """
    + "".join(f".span{columns} {{ grid-column: span {columns} }} " for columns in range(1, _COLUMNS + 1))
    + "}\n"
    + charts.STYLE
)

Widget = Mapping[str, Any]


def write(dashboard: Mapping[str, Any], path: Path) -> Path:
    """Write the page of a dashboard as `wildrydes dashboard` reads it. Returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, page(dashboard))
    return path


def page(dashboard: Mapping[str, Any]) -> str:
    """The page as HTML: no script, no network."""
    start, end = dashboard["start"], dashboard["end"]
    span = f"{_time(start)} to {_time(end)}, UTC"
    first = _first(dashboard["widgets"], start, end)
    late = f" Charts over time begin with the first point, at {_time(first)}." if first > start else ""
    widgets = "\n".join(_widget(each, first, end) for each in dashboard["widgets"])
    notes = f"{span}.{late} Point at a mark for its time and value."
    head = f'<h1>{escape(dashboard["name"])}</h1>\n<p class="quiet">{notes}</p>'
    return document(dashboard["name"], (head, f'<div class="widgets">\n{widgets}\n</div>'), _STYLE)


def _first(widgets: Sequence[Widget], start: float, end: float) -> float:
    """Where charts begin: at the first point of all that is drawn over time, where that is late.

    What is but a corner of the time would be a few dots at the edge.
    """
    parts = (
        charts.parts_of((str(each["label"]), each["points"]) for each in widget["series"])
        for widget in widgets
        if widget["kind"] == "metric" and widget["view"] == _OVER_TIME
    )
    moments = [seconds for each in parts if each.is_over_time for group in each.groups for seconds, _ in group.points]
    first = min(moments, default=start)
    return first if (end - start) * _LEAST_EMPTY < first - start < end - start else start


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def _widget(widget: Widget, start: float, end: float) -> str:
    columns = min(_COLUMNS, max(1, int(widget["width"])))
    if widget["kind"] == "text":
        return f'<div class="widget text span{columns}">{"".join(_text(widget["text"]))}</div>'
    title = f"<h3>{escape(widget['title'])}</h3>\n" if widget["title"] else ""
    content = _chart(widget, start, end)
    return f'<section class="widget span{columns}">{title}{content}</section>'


def _chart(widget: Widget, start: float, end: float) -> str:
    if widget["kind"] != "metric":
        return f"<p>A widget of the kind {escape(widget['kind'])} is not drawn here.</p>"
    series = widget["series"]
    if widget["view"] == _OVER_TIME:
        return charts.chart(series, start, end, widget["period"])
    if widget["view"] in ("singleValue", "gauge"):
        return "".join(_number(each) for each in series)
    return table(("metric", "last value"), ((str(each["label"]), _last(each)) for each in series))


def _number(series: Mapping[str, Any]) -> str:
    return f'<p class="big">{_last(series)}</p><p class="quiet">{escape(str(series["label"]))}</p>'


def _last(series: Mapping[str, Any]) -> str:
    points: Sequence[tuple[float, float]] = series["points"]
    return number(points[-1][1]) if points else "–"


def _text(markdown: str) -> Iterator[str]:
    """Headings and paragraphs; whatever else Markdown has is shown as it is written."""
    for line in filter(None, (line.strip() for line in markdown.splitlines())):
        text = escape(line.lstrip(_HEADING).strip())
        yield f"<h2>{text}</h2>" if line.startswith(_HEADING) else f"<p>{text}</p>"
