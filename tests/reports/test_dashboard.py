"""The page of a dashboard, and its charts: what is in them, what is said where there is nothing, what is escaped."""

import doctest
import re
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from reports import charts, dashboard_page
from reports.charts import axis, lines, parts, values

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


def test_series_that_are_0_are_named_and_not_drawn() -> None:
    zeros = charts.chart([series("in", 0, 0), series("out", 0, 0), series("absent")], START, END, 300)
    assert "<svg" not in zeros
    assert "0 each time from 14 Nov 22:13 to 14 Nov 22:18: in and out." in zeros
    assert "0 at 14 Nov 22:13: in." in charts.chart([series("in", 0)], START, END, 300)
    some = charts.chart([series("in", 0, 0), series("out", 0, 1)], START, END, 300)
    assert "0 each time: in." in some
    assert some.count("<polyline") == 1


def test_points_of_one_moment_are_bars_with_the_highest_first() -> None:
    drawn = charts.chart([series("low", 2), series("high", 8), series("less", -4)], START, END, 300)
    assert re.findall(r"<span>(\w+)</span> <strong>(-?\d)</strong>", drawn) == [
        ("high", "8"),
        ("low", "2"),
        ("less", "-4"),
    ]
    assert re.findall(r'<rect(?: class="(\w+)")? width="([\d.]+)"', drawn) == [
        ("", "460.0"), ("", "115.0"), ("less", "230.0"),
    ]  # fmt: skip
    assert "Of the 5 minutes from 14 Nov 22:13: no other one has points." in drawn
    # One has nothing to be compared with.
    alone = charts.chart([series("only", 2)], END - 3600, START + 60, 300)
    assert "<rect" not in alone
    assert "from 14 Nov 22:13, which is not over yet: no other one" in alone


def test_few_series_are_lines_of_colours_and_marks_of_their_own() -> None:
    drawn = charts.chart([series(str(place), 1, place + 2) for place in range(4)], START, END, 300)
    lines = re.findall(r'<g class="(s\d)"><polyline.*?<path class="mark" d="([^"]+)"', drawn)
    assert [color for color, _ in lines] == ["s0", "s1", "s2", "s3"]
    assert len({mark for _, mark in lines}) == 4
    assert "A point for each 5 minutes.</p>" in drawn
    assert "3: highest 5 at 14 Nov 22:18; 2: highest 4" in drawn


def test_lines_that_are_one_and_marks_that_lie_on_each_other_are_said() -> None:
    drawn = charts.chart([series("a", 1, 2), series("b", 1, 2), series("c", 1, 4)], START, END, 300)
    assert drawn.count('<g class="s') == 2
    assert "a and b have the same values: they are one line. a and c have the same value at one time" in drawn
    assert drawn.count(" scale(1.7)") == 1


def test_many_series_are_a_row_each_eight_at_most() -> None:
    drawn = charts.chart([series(f"n{place}", 1, place + 2) for place in range(10)], START, END, 300)
    rows = re.findall(r"<li><span>(n\d)</span>.*?highest <strong>(\d+)</strong>", drawn)
    assert rows == [(f"n{place}", str(place + 2)) for place in range(9, 1, -1)]
    assert "And, lower: n1 3, n0 2." in drawn
    assert "All on one scale, from 0 to 11." in drawn
    apart = charts.chart([series(f"n{place}", 1, 10.0**place) for place in range(1, 6)], START, END, 300)
    assert "Each on a scale of its own, from 0 to its highest." in apart


def test_line_is_broken_where_points_are_missing() -> None:
    gap = {"label": "in", "points": [(START, 1.0), (START + 300, 1.0), (START + 1200, 1.0), (START + 1500, 1.0)]}
    drawn = charts.chart([gap], START, END, 300)
    assert len(re.findall(r'<polyline points="[\d., ]+"/>', drawn)) == 2
    assert drawn.count('<path class="mark"') == 4


def test_points_are_where_their_time_and_value_are() -> None:
    drawn = charts.chart([series("in", 0.0, 10.0, step=3600)], START, END, 3600)
    marks = [(float(x), float(y)) for x, y in re.findall(r'transform="translate\(([\d.]+) ([\d.]+)\)"', drawn)]
    (left, bottom), (right, top) = marks
    assert (left, right) == (52.0, axis.WIDTH - 10.0)
    assert (bottom, top) == (lines.HEIGHT - 26.0, 10.0)


def test_point_of_a_period_that_is_not_over_is_hollow() -> None:
    drawn = charts.chart([series("in", 1, 2)], START, START + 400, 300)
    assert re.findall(r'class="(mark[^"]*)"', drawn) == ["mark", "mark open"]
    assert "The period of a hollow one is not over yet." in drawn


def test_charts_begin_with_the_first_point_where_it_is_late() -> None:
    late = {"label": "in", "points": [(END - 600, 1.0), (END - 300, 2.0)]}
    text = page(widget(series=[late]), widget(series=[series("0", 0, 0)]))
    assert "Charts over time begin with the first point, at 2023-11-14 23:03." in text
    assert 'transform="translate(52.0 ' in text
    assert "Charts over time begin" not in page(widget(series=[series("in", 1, 2)]))


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [([0.0], (0.0, 1.0)), ([5.0, 5.0], (0.0, 5.0)), ([-3.0], (-3.0, 0.0)), ([0.0004], (0.0, 0.0004)), ([97], (0, 100))],
)
def test_axis_is_round_and_holds_zero(numbers: list[float], expected: tuple[float, float]) -> None:
    assert axis.bounds(numbers) == pytest.approx(expected)


@pytest.mark.parametrize("module", [axis, parts, values])
def test_examples_give_what_they_say(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0
