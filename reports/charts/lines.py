"""A few series as lines in one picture."""

from collections.abc import Iterator, Sequence
from html import escape

from reports.charts.axis import WIDTH, Axis, bounds, polylines, step_of
from reports.charts.parts import Group, coincidences, summary
from reports.charts.values import moment, number

HEIGHT = 200
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 10, 26

_SHAPES = (
    "M-3,0a3,3 0 1,0 6,0a3,3 0 1,0 -6,0z",
    "M-2.7,-2.7h5.4v5.4h-5.4z",
    "M0,-3.6L3.4,2.6H-3.4z",
    "M0,-3.9L3.9,0L0,3.9L-3.9,0z",
)
_HIDDEN = 4
"""Units within which one mark hides another."""

_LARGER = 0.7
"""How much larger than the next the outer one of marks on each other is."""


def draw(groups: Sequence[Group], axis: Axis) -> str:
    """The picture, its legend and what it says in words."""
    low, high = bounds([value for group in groups for _, value in group.points])
    body = "".join(_line(place, groups, axis, low, high) for place in range(len(groups)))
    words = summary(groups)
    notes = ". ".join([words, *coincidences(groups)])
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(words)}">'
        f"{''.join(_grid(low, high))}{axis.times(HEIGHT - 8, LEFT, RIGHT)}{body}</svg>\n"
        f'{_legend(groups)}<p class="quiet">{escape(notes)}.</p>\n'
    )


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)


def _grid(low: float, high: float) -> Iterator[str]:
    step = step_of(high - low)
    for place in range(round((high - low) / step) + 1):
        value = low + place * step
        y = _y(value, low, high)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{number(value)}</text>'


def _line(place: int, groups: Sequence[Group], axis: Axis, low: float, high: float) -> str:
    """A line, and each point as a mark. Where another line's mark will lie on a mark, it is the larger."""
    group, above = groups[place], [dict(each.points) for each in groups[place + 1 :]]
    runs = (
        [(axis.x(seconds, LEFT, RIGHT), _y(value, low, high)) for seconds, value in run]
        for run in axis.runs(group.points)
    )
    marks = []
    for seconds, value in group.points:
        x, y = axis.x(seconds, LEFT, RIGHT), _y(value, low, high)
        hidden = sum(seconds in each and abs(_y(each[seconds], low, high) - y) < _HIDDEN for each in above)
        size = f" scale({1 + _LARGER * hidden:.1f})" if hidden else ""
        title = f"<title>{escape(group.name)}: {number(value)} at {moment(seconds)}</title>"
        marks.append(
            f'<path class="{axis.mark_class(seconds)}" d="{_SHAPES[place]}" '
            f'transform="translate({x:.1f} {y:.1f}){size}">{title}</path>'
        )
    return f'<g class="s{place}">{polylines(runs)}{"".join(marks)}</g>'


def _legend(groups: Sequence[Group]) -> str:
    """Of each group its line, its mark and its names; a picture of a single series needs none."""
    if len(groups) == 1 and len(groups[0].names) == 1:
        return ""
    entries = [
        f'<li class="s{place}"><svg viewBox="0 0 30 10" aria-hidden="true"><polyline points="0,5 30,5"/>'
        f'<path class="mark" d="{_SHAPES[place]}" transform="translate(15 5)"/></svg> {escape(group.name)}</li>'
        for place, group in enumerate(groups)
    ]
    return f'<ul class="legend">\n{"".join(entries)}\n</ul>\n'
