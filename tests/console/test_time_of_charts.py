"""What chooses the time of charts or of costs says that it asks; beside a refusal there is nothing of another time."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

pytestmark = pytest.mark.proof

WIDGETS = "**/api/operations/widgets?*"


@pytest.fixture(name="charts")
def charts_of_operations(page: Page) -> Iterator[Locator]:
    page.get_by_role("button", name="Operations").click()
    time = page.get_by_label("Time of ")
    expect(time).to_be_visible()
    yield page.locator("section.sheet").filter(has=time)


def expect_status_until_answer(page: Page, path: str, begin: Callable[[], Any], status: Locator, words: str) -> None:
    """What `begin` asks `path` has no answer until the status has said so."""
    held = list[Route]()
    page.route(path, lambda route: held.append(route), times=1)
    with page.expect_request(path):
        begin()
    expect(status).to_contain_text(words)
    held[0].continue_()


def test_time_is_in_words_beside_the_control_and_asking_is_said(page: Page, charts: Locator) -> None:
    expect(charts).to_contain_text("by the dashboard")
    time, status = charts.get_by_label("Time of "), charts.get_by_role("status").first
    expect_status_until_answer(page, WIDGETS, lambda: time.select_option("720"), status, "Asking CloudWatch")
    expect(charts).to_contain_text("The last 30 days until")
    expect(charts.get_by_role("status").first).to_be_empty()


def test_look_again_says_that_it_asks(page: Page, charts: Locator) -> None:
    expect(charts).to_contain_text("by the dashboard")
    again, status = charts.get_by_role("button", name="Look again"), charts.get_by_role("status").first
    expect_status_until_answer(page, WIDGETS, again.click, status, "Asking CloudWatch")
    expect(charts.get_by_role("status").first).to_be_empty()


def test_refused_time_leaves_the_control_and_no_charts_of_another_time(page: Page, charts: Locator) -> None:
    expect(charts).to_contain_text("by the dashboard")
    page.route(WIDGETS, lambda route: route.abort(), times=1)
    charts.get_by_label("Time of ").select_option("720")
    expect(charts.get_by_role("alert")).to_contain_text("does not answer")
    expect(charts).not_to_contain_text("by the dashboard")
    expect(charts.get_by_label("Time of ")).to_have_value("720")
    charts.get_by_role("button", name="Ask again").click()
    expect(charts).to_contain_text("The last 30 days until")


def test_month_that_is_added_up_is_said_to_be(page: Page) -> None:
    page.get_by_role("button", name="Operations").click()
    costs = page.get_by_label("Cost of a month", exact=True)
    costs.get_by_role("button", name="Add up").click()
    expect(costs).to_contain_text("at list prices of")
    month, status = costs.get_by_label("Month"), costs.get_by_role("status").first
    path = "**/api/operations/cost?*"
    expect_status_until_answer(page, path, lambda: month.fill("2024-01"), status, "Adding up executions")
    expect(costs).to_contain_text("In 2024-01, at list prices of")
    expect(costs.get_by_role("status").first).to_be_empty()
