"""The values of a single moment as bars, the highest first: each has its name and its number beside it."""

from collections.abc import Sequence
from html import escape

from reports.charts.axis import WIDTH, Axis
from reports.charts.parts import Group, leftover, ranked
from reports.charts.values import moment, number, period_name

MOST = 8
_HEIGHT = 7
_LEAST_WIDTH = 1


def draw(groups: Sequence[Group], axis: Axis) -> str:
    """The bars, and of which moment they are."""
    every = ranked(Group((name,), group.points) for group in groups for name in group.names)
    most = max(abs(group.highest[1]) for group in every)
    entries = "\n".join(_bar(group, most if len(every) > 1 else 0) for group in every[:MOST])
    seconds, _ = every[0].highest
    end = ", which is not over yet" if axis.is_open(seconds) else ""
    texts = [
        leftover(every[MOST:]),
        f"Of the {period_name(axis.period)} from {moment(seconds)}{end}: no other one has points.",
    ]
    notes = "".join(f'<p class="quiet">{escape(text)}</p>\n' for text in texts if text)
    return f'<ul class="bars">\n{entries}\n</ul>\n{notes}'


def _bar(group: Group, most: float) -> str:
    """A name and a number, and a bar where there is something to compare it with."""
    value = group.highest[1]
    text = f"<span>{escape(group.name)}</span> <strong>{number(value)}</strong>"
    if not most:
        return f"<li>{text}</li>"
    width, kind = max(_LEAST_WIDTH, abs(value) / most * WIDTH), ' class="less"' if value < 0 else ""
    bar = f'<rect{kind} width="{width:.1f}" height="{_HEIGHT}"/>'
    return (
        f'<li>{text}<svg viewBox="0 0 {WIDTH} {_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">{bar}</svg></li>'
    )
