"""Charts of series over time, as SVG within a page: no script, light and dark by the page's own colours.

A series is a mapping with a `label` and `points`, pairs of seconds since the epoch and a value.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from reports.html import Table, folded

Series = Mapping[str, Any]

WIDTH, HEIGHT = 460, 200
"""The chart's own units, which the page scales."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 10, 26
_DASHES = ("", "6 3", "2 3", "9 3 2 3")
_COLORS = 6
_TIME_TICKS = 4
_HOUR, _DAY = 3600, 86_400
_UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))

STYLE = """
:root { --s0: #0072b2; --s1: #d55e00; --s2: #009e73; --s3: #cc79a7; --s4: #a06a00; --s5: #3f8fc4 }
svg { display: block; width: 100%; height: auto } svg text { font: 11px system-ui, sans-serif; fill: currentColor }
svg .grid { stroke: var(--line) } svg polyline { fill: none; stroke-width: 1.8; stroke: var(--color) }
svg circle { fill: var(--color) }
.legend { font-size: .8rem; margin: .3rem 0 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap }
.legend li { margin-right: 1rem } .legend svg { display: inline; width: 1.6rem; height: .6rem }
@media screen and (prefers-color-scheme: dark) {
:root { --s0: #56b4e9; --s1: #ff9c4a; --s2: #3ecf9f; --s3: #e6a3c6; --s4: #f0c04a; --s5: #9ad0f5 }
}
"""
"""Rules beside those of all pages, whose `--line` is the colour of the grid."""
STYLE += "".join(f".c{place} {{ --color: var(--s{place}) }}\n" for place in range(_COLORS))


def chart(series: Sequence[Series], start: float, end: float, period: float) -> str:
    """The chart of series from `start` to `end`, whose points are `period` seconds apart, and its legend."""
    drawn = [each for each in series if each["points"]]
    values = [value for each in drawn for _, value in each["points"]]
    low, high = bounds(values)
    body = "".join((*_grid(low, high), *_times(start, end)))
    lines = "".join(_line(place, each, start, end, low, high, period) for place, each in enumerate(series))
    note = "" if drawn else f'<text x="{WIDTH / 2}" y="{HEIGHT / 2}" text-anchor="middle">no points in this time</text>'
    label = ", ".join(str(each["label"]) for each in drawn) or "no points"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">{body}{lines}{note}</svg>\n'
        f"{_legend(series)}\n{_conclusion(drawn)}{_numbers(label, drawn)}"
    )


def _conclusion(series: Sequence[Series]) -> str:
    """What was highest when, of each series."""
    texts = [_highest(each) for each in series]
    return f'<p class="quiet">{escape("; ".join(texts))}.</p>\n' if texts else ""


def _highest(series: Series) -> str:
    values = [value for _, value in series["points"]]
    highest = max(values)
    if highest == min(values):
        return f"{series['label']}: {number(highest)} at all times"
    return f"{series['label']}: highest {number(highest)} at {_moment(series['points'][values.index(highest)][0])}"


def _numbers(label: str, series: Sequence[Series]) -> str:
    """The points as a table, the last first."""
    if not series:
        return ""
    columns = [dict(each["points"]) for each in series]
    moments = sorted({moment for column in columns for moment in column}, reverse=True)
    rows = [
        (_moment(moment), *(number(column[moment]) if moment in column else "" for column in columns))
        for moment in moments
    ]
    return folded(f"Numbers: {label}", [Table(("time (UTC)", *(str(each["label"]) for each in series)), rows)])


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %H:%M")


def bounds(values: Sequence[float]) -> tuple[float, float]:
    """The least and the largest value of the axis: round, and zero between or at one end.

    >>> bounds([3.2, 7.1]), bounds([-4.0, 2.0]), bounds([])
    ((0.0, 8.0), (-4.0, 2.0), (0.0, 1.0))
    """
    low, high = min(values, default=0.0), max(values, default=0.0)
    step = _step(max(high, 0.0) - min(low, 0.0))
    low, high = math.floor(min(low, 0.0) / step) * step, math.ceil(max(high, 0.0) / step) * step
    return low, high if high > low else low + 1.0


def _step(span: float) -> float:
    """A round distance of which some four are in the span."""
    if span <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / 4))
    return next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= 5)


def number(value: float) -> str:
    """A value in few characters.

    >>> number(1234567), number(0.01234), number(42.0), number(-1500)
    ('1.23M', '0.0123', '42', '-1.5k')
    """
    for size, letter in _UNITS:
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT - _BOTTOM - (value - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM)


def _x(moment: float, start: float, end: float) -> float:
    share = (moment - start) / (end - start)
    return _LEFT + min(1.0, max(0.0, share)) * (WIDTH - _LEFT - _RIGHT)


def _grid(low: float, high: float) -> Iterator[str]:
    step = _step(high - low)
    for place in range(round((high - low) / step) + 1):
        value = low + place * step
        y = _y(value, low, high)
        yield f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{number(value)}</text>'


def _times(start: float, end: float) -> Iterator[str]:
    form = "%H:%M" if end - start <= 2 * _DAY else "%d %b"
    for place in range(_TIME_TICKS + 1):
        moment = start + place * (end - start) / _TIME_TICKS
        anchor = "start" if place == 0 else "end" if place == _TIME_TICKS else "middle"
        text = datetime.fromtimestamp(moment, UTC).strftime(form)
        yield f'<text x="{_x(moment, start, end):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{text}</text>'


def _line(place: int, series: Series, start: float, end: float, low: float, high: float, period: float) -> str:
    """The runs of points without a gap as lines, and each point with its time and value for whoever points at it."""
    dashes = _dashes(place)
    lines, marks, run, last = [], [], [], None
    for moment, value in series["points"]:
        x, y = _x(moment, start, end), _y(value, low, high)
        if last is not None and moment - last > 1.5 * period:
            lines.append(run)
            run = []
        run.append(f"{x:.1f},{y:.1f}")
        last = moment
        title = f"<title>{escape(str(series['label']))}: {number(value)} at {_moment(moment)}</title>"
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_radius(place)}">{title}</circle>')
    lines.append(run)
    drawn = "".join(f'<polyline points="{" ".join(each)}"{dashes}/>' for each in lines if len(each) > 1)
    return f'<g class="c{place % _COLORS}">{drawn}{"".join(marks)}</g>'


def _radius(place: int) -> float:
    """Smaller from series to series, so that a mark that lies on another leaves a ring of it."""
    return max(1.6, 3.6 - 0.7 * place)


def _dashes(place: int) -> str:
    dashes = _DASHES[place // _COLORS % len(_DASHES)]
    return f' stroke-dasharray="{dashes}"' if dashes else ""


def _legend(series: Sequence[Series]) -> str:
    """Of each series its line, its name and its last value."""
    entries = []
    for place, each in enumerate(series):
        last = f" {number(each['points'][-1][1])}" if each["points"] else " –"
        line = f'<svg viewBox="0 0 24 8" aria-hidden="true"><polyline points="0,4 24,4"{_dashes(place)}/></svg>'
        entries.append(f'<li class="c{place % _COLORS}">{line} {escape(str(each["label"]))}{last}</li>')
    return f'<ul class="legend">\n{"".join(entries)}\n</ul>'
