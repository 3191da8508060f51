"""A chart has the form in which its series are read: bars of a moment, few lines, many rows, or a sentence."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from consoles import Console
from machines import unique

HOUR = timedelta(hours=1)
Series = Mapping[str, Sequence[float]]
Show = Callable[[Series], Locator]


@pytest.fixture
def show(page: Page, console: Console) -> Iterator[Show]:
    """Shows series of a value for each of the last hours, the oldest first, as a chart of the stack's dashboard."""
    stack = console.stack.command_stack
    cloudwatch, name = console.stack.client("cloudwatch"), stack.output("DashboardName")
    before = cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]
    now = datetime.fromtimestamp(stack.now(), UTC).replace(minute=0, second=0, microsecond=0)

    def chart(series: Series) -> Locator:
        namespace = unique("charts")
        for label, values in series.items():
            moments = (now - HOUR * back for back in range(len(values), 0, -1))
            data = [
                {"MetricName": label, "Timestamp": moment, "Value": value}
                for moment, value in zip(moments, values, strict=True)
            ]
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
        rows = [[namespace, label, {"label": label}] for label in series]
        properties = {"view": "timeSeries", "stat": "Sum", "period": 3600, "metrics": rows}
        # Below another heading the chart stands once more.
        widgets = [
            {"type": kind, "properties": each}
            for heading, title in (("Executions", "Of the test"), ("Functions", "Elsewhere"))
            for kind, each in (
                ("text", {"markdown": f"## {heading}"}),
                ("metric", properties | {"title": title, "region": "us-east-1"}),
            )
        ]
        cloudwatch.put_dashboard(DashboardName=name, DashboardBody=json.dumps({"widgets": widgets}))
        page.get_by_role("button", name="Operations").click()
        figure = page.get_by_role("figure").filter(has_text="Of the test")
        expect(figure).to_be_visible()
        return figure

    yield chart
    cloudwatch.put_dashboard(DashboardName=name, DashboardBody=before)


def test_values_of_one_moment_are_bars_with_their_numbers_the_highest_first(show: Show) -> None:
    figure = show({"low": [3], "high": [250], "none": [0]})
    expect(figure.get_by_role("listitem")).to_have_text(["high 250", "low 3"])
    expect(figure).to_contain_text("Of the test the hour from ")
    expect(figure).to_contain_text("none: 0 too.")


@pytest.mark.parametrize(
    ("series", "words"),
    [
        ({"small": [0.004], "middle": [0.25], "large": [2.1]}, ["large 2.10", "middle 0.25", "small under 0.01"]),
        ({"many": [10096], "few": [24]}, ["many 10,096", "few 24"]),
    ],
)
def test_values_of_a_chart_have_the_same_decimals_and_thousands_are_set_apart(
    show: Show, series: Series, words: list[str]
) -> None:
    expect(show(series).get_by_role("listitem")).to_have_text(words)


def test_what_failed_has_another_colour(show: Show) -> None:
    figure = show({"failed": [3], "succeeded": [3]})
    colours = figure.locator(".length > span").evaluate_all(
        "(bars) => bars.map((bar) => getComputedStyle(bar).backgroundColor)"
    )
    assert len(set(colours)) == 2


def test_labels_of_an_axis_stand_at_the_moments_that_they_name(page: Page, show: Show) -> None:
    figure = show({"one": [1, 2, 5, 3, 4], "other": [1, 4, 3, 2, 2]})
    marks = figure.locator(".series").first.locator("path.mark")
    points = [float(re.findall(r"[\d.]+", each.get_attribute("transform") or "")[0]) for each in marks.all()]
    labels = [float(each.get_attribute("x") or "nan") for each in figure.locator("text.tick[y='145']").all()]
    apart = points[1] - points[0]
    assert len(labels) > 1
    places = [(label - points[0]) / apart for label in labels]
    assert places == pytest.approx([round(place) for place in places], abs=0.01)


def test_few_series_are_lines_in_one_picture_and_what_lies_on_another_is_said(show: Show) -> None:
    figure = show({"one": [1, 2, 5], "other": [1, 4, 3], "twin": [1, 4, 3], "none": [0, 0, 0]})
    expect(figure.locator(".legend").get_by_role("listitem")).to_have_text(["one", "other and twin"])
    expect(figure.locator("polyline")).to_have_count(2 + 2)
    expect(figure).to_contain_text("other and twin have the same values: they are one line")
    expect(figure).to_contain_text("one and other have the same value at one time")
    # Of two marks on each other the one below is the larger: both are seen.
    (first, *rest) = figure.locator(".series").first.locator("path.mark").all()
    assert "scale(1.7)" in (first.get_attribute("transform") or "")
    assert all("scale(1)" in (each.get_attribute("transform") or "") for each in rest)


def test_many_series_are_a_row_each_and_those_without_room_are_named(show: Show) -> None:
    figure = show({f"f{number}": [number, 2 * number] for number in range(1, 12)} | {"idle": [0, 0]})
    rows = figure.get_by_role("listitem")
    expect(rows).to_have_count(8)
    expect(rows.first).to_contain_text("f11 highest 22")
    assert (figure.get_by_role("img").first.get_attribute("aria-label") or "").startswith("f11: highest 22")
    expect(figure).to_contain_text("All on one scale, from 0 to 22.")
    expect(figure).to_contain_text("And, lower: f3 6, f2 4, f1 2.")
    expect(figure).to_contain_text("idle: 0 each time.")


def test_rows_that_would_not_be_seen_on_the_scale_of_others_have_their_own(show: Show) -> None:
    figure = show({f"f{number}": [10.0**number, 1] for number in range(1, 6)})
    expect(figure).to_contain_text("Each on a scale of its own, from 0 to its highest.")


def test_chart_of_nothing_but_nought_is_a_sentence(show: Show) -> None:
    figure = show({"errors": [0, 0], "retries": [0, 0]})
    expect(figure).to_contain_text("errors and retries: 0 each time from ")
    expect(figure.locator("svg")).to_have_count(0)
    figure.get_by_text("The numbers").click()
    expect(figure.get_by_role("columnheader")).to_have_text(["Time", "errors", "retries"])


def test_axis_begins_where_the_page_says_that_the_charts_begin(page: Page, show: Show) -> None:
    figure = show({"one": [1, 2], "other": [2, 3]})
    said = page.get_by_text("the charts begin there").text_content() or ""
    moment = page.evaluate(
        """(words) => new Date(words).toLocaleString(
             undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })""",
        said.removeprefix("There are no points before ").partition(": the charts")[0],
    )
    expect(figure.locator("text.tick", has_text=moment)).to_have_count(1)


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_charts_fill_their_rows_at_every_width(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_role("button", name="Operations").click()
    rows = page.locator(".section .charts")
    expect(rows.first).to_be_visible()
    free = rows.evaluate_all(
        """(rows) => rows.map((row) =>
             row.getBoundingClientRect().right - row.lastElementChild.getBoundingClientRect().right)"""
    )
    assert free
    assert max(free) < 1


def test_long_view_has_a_list_of_its_parts_that_leads_to_each(page: Page, show: Show) -> None:
    show({"one": [1, 2]})
    jumps = page.get_by_role("navigation", name="Parts of this view")
    for name in jumps.get_by_role("button").all_text_contents():
        jumps.get_by_role("button", name=name).click()
        expect(page.get_by_role("region", name=name, exact=True)).to_be_focused()
    page.get_by_role("navigation", name="Parts of the dashboard").get_by_role("button", name="Functions").click()
    expect(page.locator("#charts-functions")).to_be_focused()
    expect(page.locator("#charts-functions")).to_be_in_viewport()
