"""How every picture looks: one size, one type, colours that the colour-blind tell apart, and never by colour alone.

Colours are of Okabe and Ito's palette (Color Universal Design, 2008); lines differ in dashes, fields in hatching.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from textwrap import wrap
from typing import Any

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

WIDTH, HEIGHT = 1440, 1200
"""Pixels of a picture."""

_DPI = 260
"""So many that a picture can be read where it is 340 CSS pixels wide, on a telephone."""

_LINE = 78
"""Characters of a subtitle's line."""


@dataclass(frozen=True)
class Look:
    """A model's line and its marks: thick and filled below, thin and hollow above, so that equal ones are both seen."""

    color: str
    dashes: str
    width: float
    mark: str
    mark_size: float
    mark_fill: str
    hatch: str


MODELS = (Look("#0072B2", "-", 3.4, "o", 9, "#0072B2", ""), Look("#E69F00", "--", 1.8, "s", 6, "white", "////"))
"""The candidate's, and the champion's."""

LABELS = (("#56B4E9", ""), ("#D55E00", "////"))
"""Colour and hatching of the labels 0 and 1."""

BELOW_HEAD = (0, 0, 1, 0.855)
"""The part of a picture that its head leaves, as constrained layout takes it."""

INK, QUIET, GRID = "#1f2933", "#5f6b76", "#e3e7eb"

_RC = {
    "figure.figsize": (WIDTH / _DPI, HEIGHT / _DPI),
    "figure.dpi": _DPI,
    "savefig.dpi": _DPI,
    "font.size": 9.5,
    "font.family": "DejaVu Sans",
    "text.color": INK,
    # Names come from outside: a dollar sign is a dollar sign.
    "text.parse_math": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    # Six names of features fit beside each other.
    "xtick.labelsize": 8,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
}


def draw_points(axes: Axes, x: Sequence[float], y: Sequence[float], errors: Any, look: Look, label: str) -> None:
    """Draw a model's points, joined by its line; `errors` as matplotlib's `yerr` takes them."""
    axes.errorbar(
        x,
        y,
        yerr=errors,
        color=look.color,
        linestyle=look.dashes,
        linewidth=look.width / 2,
        elinewidth=look.width / 2,
        capsize=3,
        marker=look.mark,
        markersize=look.mark_size,
        markerfacecolor=look.mark_fill,
        label=label,
    )


@contextmanager
def style() -> Iterator[None]:
    """Draw like this for the length of the block, whatever the user's own settings are."""
    with matplotlib.style.context(["default", _RC]):
        yield


def board(title: str, subtitle: str, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty picture with axes one above the other. To be called and drawn on within `style`."""
    figure = Figure(layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1, rect=BELOW_HEAD))
    FigureCanvasAgg(figure)
    head(figure, title, subtitle)
    return figure, list(figure.subplots(rows, 1, sharex=True, sharey=True, squeeze=False)[:, 0])


def head(figure: Figure, title: str, subtitle: str) -> None:
    """Write the title of a picture, and below it its subtitle in one or two lines."""
    figure.text(0.025, 0.945, drawable(title), size=14, weight="bold")
    lines = "\n".join(wrap(drawable(subtitle), _LINE))
    figure.text(0.025, 0.93, lines, size=8.5, color=QUIET, verticalalignment="top")


def drawable(text: str) -> str:
    """`text` without what the font has no glyph for."""
    return text.encode("latin-1", "replace").decode("latin-1")


def png(figure: Figure) -> bytes:
    """The picture as PNG, the same bytes for the same data."""
    stream = BytesIO()
    with style():
        figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
