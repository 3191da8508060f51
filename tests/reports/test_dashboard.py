"""The page of a dashboard, and its charts: what is in them, what is said where there is nothing, what is escaped."""

import doctest
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from reports import charts, dashboard_page

START = 1_700_000_000.0
END = START + 3600


def series(label: str, *values: float, step: float = 300) -> dict[str, Any]:
    return {"label": label, "points": [(START + place * step, value) for place, value in enumerate(values)]}


def widget(**members: Any) -> dict[str, Any]:
    chart = {"kind": "metric", "width": 12, "title": "Requests", "view": "timeSeries", "period": 300, "series": []}
    return chart | members


def page(*widgets: dict[str, Any]) -> str:
    return dashboard_page.page({"name": "rydes", "start": START, "end": END, "widgets": widgets})


class Tags(HTMLParser):
    """The names of the elements of a page that are open at its end, and how many of each there were."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.counts: dict[str, int] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.handle_starttag(tag, attrs)
        self.open.remove(tag)


def test_page_has_the_widgets_in_their_widths_and_is_well_formed(tmp_path: Path) -> None:
    dashboard = {
        "name": "rydes",
        "start": START,
        "end": END,
        "widgets": [
            {"kind": "text", "width": 24, "title": "", "text": "## Rides\nof today"},
            widget(series=[series("in", 3, 5), series("rejected", 0, 1)]),
            widget(width=6, view="singleValue", title="Age", series=[series("days", 4, 9)]),
            widget(view="pie", title="Shares", series=[series("one", 1.5)]),
            {"kind": "log", "width": 6, "title": "Lines", "text": ""},
        ],
    }
    text = dashboard_page.write(dashboard, tmp_path / "new" / "dashboard.html").read_text(encoding="utf-8")
    tags = Tags(text)
    assert (tags.open, tags.counts["section"], tags.counts["polyline"]) == ([], 4, 4)
    assert "2023-11-14 22:13 to 2023-11-14 23:13, UTC" in text
    assert "<h2>Rides</h2><p>of today</p>" in text
    assert '<p class="big">9</p><p class="quiet">days</p>' in text
    assert "A widget of the kind log is not drawn here." in text
    assert [int(span) for span in re.findall(r'class="widget[^"]*span(\d+)"', text)] == [24, 12, 6, 12, 6]


def test_page_is_dark_where_the_reader_prefers_it_and_needs_no_network() -> None:
    text = page(widget(series=[series("in", 1)]))
    assert "@media screen and (prefers-color-scheme: dark)" in text
    assert "<script" not in text
    assert re.findall(r"(?:src|href|url)\s*[=(]", text) == []


def test_names_from_outside_are_escaped() -> None:
    evil = '<script>"x"</script>'
    text = page(
        widget(title=evil, series=[series(evil, 1, 2)]),
        {"kind": "text", "width": 24, "title": "", "text": f"# {evil}"},
        {"kind": evil, "width": 6, "title": evil, "text": ""},
        widget(view="table", series=[series(evil, 1)]),
        widget(view="singleValue", series=[series(evil, 1)]),
    )
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 7


@pytest.mark.parametrize("empty", [[], [series("absent")]])
def test_chart_without_points_says_so(empty: list[dict[str, Any]]) -> None:
    assert "no points in this time" in page(widget(series=empty))


def test_value_of_a_chart_without_points_is_a_dash() -> None:
    assert '<p class="big">–</p>' in page(widget(view="singleValue", series=[series("days")]))


def test_line_is_broken_where_points_are_missing() -> None:
    gap = {"label": "in", "points": [(START, 1.0), (START + 300, 1.0), (START + 1200, 1.0), (START + 1500, 1.0)]}
    drawn = charts.chart([gap], START, END, 300)
    assert len(re.findall(r'<polyline points="[\d., ]+"/>', drawn)) == 2 + 1
    assert drawn.count("<circle") == 4


def test_points_are_where_their_time_and_value_are() -> None:
    drawn = charts.chart([series("in", 0.0, 10.0, step=3600)], START, END, 3600)
    marks = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', drawn)]
    (left, bottom), (right, top) = marks
    assert (left, right) == (52.0, charts.WIDTH - 10.0)
    assert (bottom, top) == (charts.HEIGHT - 26.0, 10.0)


def test_series_differ_by_color_and_then_by_dashes() -> None:
    drawn = charts.chart([series(str(place), 1, 2) for place in range(8)], START, END, 300)
    assert drawn.count('class="c0"') == 4
    assert drawn.count("stroke-dasharray") == 4


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0.0], (0.0, 1.0)), ([5.0, 5.0], (0.0, 5.0)), ([-3.0], (-3.0, 0.0)), ([0.0004], (0.0, 0.0004)), ([97], (0, 100))],
)
def test_axis_is_round_and_holds_zero(values: list[float], expected: tuple[float, float]) -> None:
    assert charts.bounds(values) == pytest.approx(expected)


def test_examples_give_what_they_say() -> None:
    assert doctest.testmod(charts).failed == 0
