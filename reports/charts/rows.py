"""Many series as a small picture each, below each other on one axis of time, the highest first."""

from collections.abc import Sequence
from html import escape

from reports.charts.axis import WIDTH, Axis, polylines
from reports.charts.parts import Group, leftover, ranked
from reports.charts.values import moment, number

MOST = 8
_HEIGHT, _EDGE = 28, 4
_AXIS_HEIGHT = 16
_MOST_APART = 12
"""How many times as high as another row one may be, so that both are still read on one scale."""


def draw(groups: Sequence[Group], axis: Axis) -> str:
    """The rows, their axis, and on which scale they are."""
    every = ranked(groups)
    shown = every[:MOST]
    tops = [max(abs(value) for _, value in group.points) for group in shown]
    is_one_scale = max(tops) <= _MOST_APART * min(tops)
    entries = "\n".join(
        _row(group, axis, max(tops) if is_one_scale else top) for group, top in zip(shown, tops, strict=True)
    )
    times = axis.times(_AXIS_HEIGHT - 4, _EDGE, _EDGE)
    scale = (
        f"All on one scale, from 0 to {number(max(tops))}."
        if is_one_scale
        else "Each on a scale of its own, from 0 to its highest."
    )
    notes = "".join(f'<p class="quiet">{escape(text)}</p>\n' for text in (scale, leftover(every[MOST:])) if text)
    return (
        f'<ul class="rows">\n{entries}\n</ul>\n'
        f'<svg viewBox="0 0 {WIDTH} {_AXIS_HEIGHT}" aria-hidden="true">{times}</svg>\n{notes}'
    )


def _row(group: Group, axis: Axis, most: float) -> str:
    seconds, value = group.highest
    places = {
        point: (axis.x(point[0], _EDGE, _EDGE), _HEIGHT - _EDGE - abs(point[1]) / most * (_HEIGHT - 2 * _EDGE))
        for point in group.points
    }
    runs = ([places[point] for point in run] for run in axis.runs(group.points))
    marks = "".join(
        f'<circle class="{axis.mark_class(point[0])}" cx="{x:.1f}" cy="{y:.1f}" r="2">'
        f"<title>{number(point[1])} at {moment(point[0])}</title></circle>"
        for point, (x, y) in places.items()
    )
    base = _HEIGHT - _EDGE
    label = f"{group.name}: highest {number(value)} at {moment(seconds)}"
    return (
        f'<li><span>{escape(group.name)}</span> <span class="quiet">highest <strong>{number(value)}</strong></span>'
        f'<svg viewBox="0 0 {WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)}">'
        f'<line class="grid" x1="0" x2="{WIDTH}" y1="{base}" y2="{base}"/>'
        f'<g class="s0">{polylines(runs)}{marks}</g></svg></li>'
    )
