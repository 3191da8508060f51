"""A chart has the form in which its series are read: bars of a moment, few lines, many rows, or a sentence."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from console import charts
from consoles import Console, show_page
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
    expect(figure).to_contain_text(re.compile(r"Of the test only one hour has values: .* to \d\d:00"))
    expect(figure).to_contain_text("none: 0.")


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


def test_row_of_one_point_is_a_number_without_a_picture(show: Show) -> None:
    figure = show({"long": [1, 2]} | {f"f{number}": [10 * number] for number in range(1, 6)})
    rows = figure.get_by_role("listitem")
    expect(rows.first).to_have_text(re.compile(r"^f5 .*\d\d:00.*: 50$"))
    expect(figure.get_by_role("img")).to_have_count(1)
    expect(rows.last).to_contain_text("long highest 2")
    expect(figure).to_contain_text("All on one scale, from 0 to 2.")


def test_time_after_the_last_point_is_said_to_be_without_records(page: Page, console: Console) -> None:
    now = console.stack.command_stack.now()
    series = [{"label": "one", "points": [[now - 1800, 4], [now - 1740, 5]]}]
    chart = {"kind": "metric", "title": "Requests", "view": "timeSeries", "period": 60, "series": series}
    reply = {"name": "d", "start": now - 3600, "end": now, "widgets": [charts.widget(chart)]}
    page.route("**/api/operations/widgets*", lambda route: route.fulfill(json=reply))
    page.get_by_role("button", name="Operations").click()
    figure = page.get_by_role("figure").filter(has_text="Requests")
    expect(figure).to_contain_text(re.compile(r"Nothing was recorded after .*\d\d:\d\d"))
    # A value each minute up to now leaves nothing to say.
    points = [[now - 60 * back, back] for back in range(30, 0, -1)]
    reply["widgets"] = [charts.widget(chart | {"series": [{"label": "one", "points": points}]})]
    page.get_by_label("The dashboard", exact=True).get_by_role("button", name="Look again").click()
    expect(figure).to_contain_text("highest 30")
    expect(figure).not_to_contain_text("Nothing was recorded after")


def test_rows_that_would_not_be_seen_on_the_scale_of_others_have_their_own(show: Show) -> None:
    figure = show({f"f{number}": [10.0**number, 1] for number in range(1, 6)})
    expect(figure).to_contain_text("Each on a scale of its own, from 0 to its highest.")


def test_row_with_values_below_nought_has_them_below_its_line(show: Show) -> None:
    figure = show({f"f{number}": [-number, 2 * number] for number in range(1, 6)})
    row = figure.get_by_role("listitem").first
    expect(row).to_contain_text("f5 highest 10, lowest −5")
    line = float(row.locator("line.grid").get_attribute("y1") or "")
    below, above = (float(each.get_attribute("cy") or "") for each in row.locator("circle").all())
    # Pixels are counted from above; −5 is half as far from 0 as 10 is.
    assert 2 * (below - line) == pytest.approx(line - above)
    expect(figure).to_contain_text("All on one scale, from −5 to 10.")


def test_value_that_is_no_number_is_left_out_and_counted(page: Page, console: Console) -> None:
    now = console.stack.command_stack.now()
    series = [
        {"label": "odd", "points": [[now - 120, 4], [now - 60, None]]},
        {"label": "none", "points": [[now - 60, None]]},
    ]
    widgets = [
        charts.widget({"kind": "metric", "title": title, "view": view, "period": 60, "series": each})
        for title, view, each in (("Lines", "timeSeries", series), ("Sole", "singleValue", series[1:]))
    ]
    reply = {"name": "d", "start": now - 3600, "end": now, "widgets": widgets}
    page.route("**/api/operations/widgets*", lambda route: route.fulfill(json=reply))
    page.get_by_role("button", name="Operations").click()
    figure = page.get_by_role("figure").filter(has_text="Lines")
    expect(figure).to_contain_text("odd 4")
    expect(figure).to_contain_text("2 points are left out: no number.")
    expect(page.get_by_label("The dashboard", exact=True).locator(".scores")).to_contain_text("no number")


@pytest.mark.parametrize(
    ("points", "form", "groups", "zeros"),
    [
        ([[(0, 1)], [(0, 2)], [(0, 0)]], "bars", [[0], [1]], [2]),
        ([[(0, 1), (60, 2)], [(0, 3)], [(0, 1), (60, 2)], []], "lines", [[0, 2], [1]], []),
        ([[(0, number), (60, 1)] for number in range(2, 7)], "rows", [[0], [1], [2], [3], [4]], []),
        ([[(0, 0), (60, 0)], []], "sentence", [], [0]),
        # What is no number is no moment, and makes no line.
        ([[(0, 1), (60, float("nan"))], [(60, None)]], "bars", [[0]], []),
    ],
)
def test_form_is_decided_by_the_server_and_names_series_by_their_places(
    points: Sequence[Sequence[tuple[float, float]]], form: str, groups: list[list[int]], zeros: list[int]
) -> None:
    series = [{"label": "alike", "points": each} for each in points]
    assert charts.chart(series)["outline"] == {"form": form, "groups": groups, "zeros": zeros}


def test_page_draws_the_form_that_the_server_sends(page: Page, console: Console) -> None:
    now = console.stack.command_stack.now()
    points = [[now - 120, 4], [now - 60, 5]]
    widget = {"kind": "metric", "title": "Few", "view": "timeSeries", "period": 60}
    sent = charts.widget(widget | {"series": [{"label": "one", "points": points}]})
    reply = {"name": "d", "start": now - 3600, "end": now, "widgets": [sent]}
    page.route("**/api/operations/widgets*", lambda route: route.fulfill(json=reply))
    figure = page.get_by_role("figure").filter(has_text="Few")
    page.get_by_role("button", name="Operations").click()
    expect(figure.locator("polyline")).to_have_count(1)
    expect(figure.get_by_role("listitem")).to_have_count(0)
    sent["outline"]["form"] = "rows"
    page.get_by_label("The dashboard", exact=True).get_by_role("button", name="Look again").click()
    expect(figure.get_by_role("listitem")).to_have_text([re.compile("one highest 5")])


def test_chart_without_a_number_says_so(page: Page, console: Console) -> None:
    now = console.stack.command_stack.now()
    series = [{"label": "none", "points": [[now - 60, None]]}]
    chart = {"kind": "metric", "title": "Empty", "view": "timeSeries", "period": 60, "series": series}
    reply = {"name": "d", "start": now - 3600, "end": now, "widgets": [charts.widget(chart)]}
    page.route("**/api/operations/widgets*", lambda route: route.fulfill(json=reply))
    page.get_by_role("button", name="Operations").click()
    expect(page.get_by_role("figure").filter(has_text="Empty")).to_contain_text("No points in this time.")


def test_title_of_many_letters_keeps_the_page_in_its_width(page: Page, console: Console) -> None:
    now, word = console.stack.command_stack.now(), "x" * 250

    def of(points: Sequence[Sequence[float]]) -> dict[str, object]:
        return {"series": [{"label": word, "points": points}]}

    widgets = [
        charts.widget({"kind": "metric", "title": word, "view": view, "period": 60} | of(points))
        for view, points in (("timeSeries", [[now - 120, 1], [now - 60, 2]]), ("singleValue", [[now - 60, 1]]))
    ]
    reply = {"name": "d", "start": now - 3600, "end": now, "widgets": widgets}
    page.route("**/api/operations/widgets*", lambda route: route.fulfill(json=reply))
    page.set_viewport_size({"width": 390, "height": 850})
    page.get_by_role("button", name="Operations").click()
    expect(page.get_by_role("figure").filter(has_text=word)).to_be_visible()
    page.get_by_role("figure").filter(has_text=word).get_by_text("The numbers").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_labels_of_an_axis_keep_apart(page: Page, console: Console, width: int) -> None:
    now = console.stack.command_stack.now()
    points = [[now - 360, 1], [now - 300, 2], [now - 60, 3]]
    widgets = []
    for number in range(4):
        series = [{"label": f"{each}", "points": [[at, y + each] for at, y in points]} for each in range(2 + number)]
        widgets.append(
            {"kind": "metric", "title": f"Chart {number}", "view": "timeSeries", "period": 60, "series": series}
        )
    reply = {"name": "d", "start": now - 360, "end": now, "widgets": [charts.widget(each) for each in widgets]}
    page.route("**/api/operations/widgets*", lambda route: route.fulfill(json=reply))
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_role("button", name="Operations").click()
    expect(page.get_by_role("figure").filter(has_text="Chart 3")).to_be_visible()
    gaps = page.locator("figure.lines").evaluate_all(
        """(figures) => figures.map((figure) => {
             const texts = [...figure.querySelectorAll("line.grid + text.tick")];
             const axis = texts.filter((text) => text.textContent.includes(":"));
             const boxes = axis.map((text) => text.getBoundingClientRect());
             return [boxes.length, ...boxes.slice(1).map((box, place) => box.left - boxes[place].right)];
           })"""
    )
    assert [count for count, *_ in gaps if count == 0] == []
    assert len(gaps) == 4
    assert min([8, *(gap for _, *apart in gaps for gap in apart)]) > 7


def test_charts_are_asked_for_anew_once_the_dashboard_may_be_another(page: Page, console: Console) -> None:
    stack = console.stack.command_stack
    cloudwatch, name = console.stack.client("cloudwatch"), stack.output("DashboardName")
    body = cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]
    cloudwatch.delete_dashboards(DashboardNames=[name])
    try:
        page.get_by_role("button", name="Operations").click()
        said = page.get_by_label("The dashboard", exact=True).get_by_role("alert")
        expect(said).to_contain_text("has no dashboard")
    finally:
        cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body)
    # The stream of changes begins anew, as after a deployment.
    for hidden in (True, False):
        show_page(page, hidden=hidden)
    expect(said).to_have_count(0)


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
