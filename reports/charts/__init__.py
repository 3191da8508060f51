"""Series over time as a chart within a page: no script, light and dark by the page's own colours.

A series is a mapping with a `label` and `points`, pairs of seconds since the epoch and a value. A chart has the form in
which its series are read best (docs/decisions/0081), as in the console: `parts` chooses it, `bars`, `lines` and `rows`
draw. `axis` has what pictures over time share.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from reports.charts import bars, lines, rows
from reports.charts.axis import Axis
from reports.charts.parts import Form, Parts, enumeration, parts_of
from reports.charts.values import moment, number, period_name
from reports.html import Table, folded

Series = Mapping[str, Any]

_COLORS = 4
_DASHES = ("", "6 3", "2 3", "9 3 2 3")

STYLE = """
:root { --s0: #0072b2; --s1: #b84a00; --s2: #00775a; --s3: #a8527f }
.widget svg { display: block; width: 100%; height: auto }
svg text { font: 11px system-ui, sans-serif; fill: currentColor }
svg .grid { stroke: var(--line) } svg polyline { fill: none; stroke-width: 1.8; stroke: var(--color) }
.mark { fill: var(--color); stroke: var(--color); stroke-width: 1.3; vector-effect: non-scaling-stroke }
.mark.open { fill: var(--panel) } .widget p { margin: .2rem 0 } .widget p.quiet { font-size: .87rem }
.legend { font-size: .8rem; margin: .3rem 0 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap }
.legend li { margin-right: 1rem } .widget .legend svg { display: inline; width: 1.9rem; height: .65rem }
.bars, .rows { list-style: none; margin: .3rem 0; padding: 0; font-size: .87rem }
.bars li, .rows li { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 .75rem }
.bars li, .rows li { margin-bottom: .2rem }
.bars svg, .rows svg { flex: 0 0 100% } .widget .bars svg { height: .45rem }
.bars rect { fill: var(--s0) } .bars rect.less { fill: var(--s1) }
@media screen and (prefers-color-scheme: dark) {
:root { --s0: #56b4e9; --s1: #ff9c4a; --s2: #3ecf9f; --s3: #e6a3c6 }
}
"""
"""Rules beside those of all pages, whose `--line` is the colour of the grid."""
STYLE += "".join(
    f".s{place} {{ --color: var(--s{place}) }} .s{place} polyline {{ stroke-dasharray: {_DASHES[place] or 'none'} }}\n"
    for place in range(_COLORS)
)


def chart(series: Sequence[Series], start: float, end: float, period: float) -> str:
    """The chart of series from `start` to `end`, whose points are `period` seconds apart, and its numbers as a table.

    What a point counts after `end` is to come: it is hollow where its period is not over by then.
    """
    parts = parts_of((str(each["label"]), each["points"]) for each in series)
    if not parts.labels:
        return "<p>There are no points in this time.</p>\n"
    axis = Axis(start, max(end, parts.last), period, now=end)
    draw = {Form.BARS: bars.draw, Form.LINES: lines.draw, Form.ROWS: rows.draw, Form.SENTENCE: lambda *_: ""}
    return f"{draw[parts.form](parts.groups, axis)}{_notes(parts, axis)}{_numbers(parts.labels, series)}"


def _notes(parts: Parts, axis: Axis) -> str:
    """How far apart the points are, which are not over yet, and what is not drawn."""
    texts = []
    if parts.is_over_time:
        is_open = any(axis.is_open(group.points[-1][0]) for group in parts.groups)
        hollow = " The period of a hollow one is not over yet." if is_open else ""
        texts.append(f"A point for each {period_name(axis.period)}.{hollow}")
    if parts.zeros:
        names = enumeration(parts.zeros)
        texts.append(f"0 {_time_of_zeros(parts) if parts.form is Form.SENTENCE else 'each time'}: {names}.")
    return "".join(f'<p class="quiet">{escape(text)}</p>\n' for text in texts)


def _time_of_zeros(parts: Parts) -> str:
    first, last = moment(parts.first), moment(parts.last)
    return f"at {first}" if first == last else f"each time from {first} to {last}"


def _numbers(labels: Sequence[str], series: Sequence[Series]) -> str:
    """The points as a table, the last first."""
    columns = [dict(each["points"]) for each in series if each["points"]]
    moments = sorted({moment for column in columns for moment in column}, reverse=True)
    cells = [
        (moment(seconds), *(number(column[seconds]) if seconds in column else "" for column in columns))
        for seconds in moments
    ]
    return folded("The numbers", [Table(("time (UTC)", *labels), cells)])
