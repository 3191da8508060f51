"""The browser's history leads through the views, a reload stays in one, and a token that is made up ends no visit."""

import re

import pytest
from playwright.sync_api import Page, expect

from consoles import Console

pytestmark = pytest.mark.proof


def current(page: Page) -> str | None:
    return page.locator("nav.views [aria-current=page]").text_content()


def test_back_and_a_reload_lead_to_the_view_that_was_there(page: Page) -> None:
    for view in ("Data", "Models"):
        page.get_by_role("button", name=view, exact=True).click()
    expect(page).to_have_title(re.compile("^Models,"))
    page.go_back()
    expect(page).to_have_title(re.compile("^Data,"))
    page.reload()
    expect(page.get_by_label("Upload a ride file")).to_be_visible()
    assert current(page) == "Data"
    page.go_back()
    expect(page).to_have_title(re.compile("^Workflows,"))
    page.go_forward()
    expect(page).to_have_title(re.compile("^Data,"))


def test_token_that_is_made_up_takes_no_good_one_away(page: Page, console: Console) -> None:
    head = page.get_by_role("heading", name="Wild Rydes").locator("xpath=..")
    expect(head).to_contain_text(console.stack.command_stack.name)
    page.goto("about:blank")
    page.goto(f"{console.origin}/#a-token-that-nobody-gave")
    expect(head).to_contain_text(console.stack.command_stack.name)
    page.reload()
    expect(head).to_contain_text(console.stack.command_stack.name)


def test_list_of_retrainings_that_is_refused_once_is_asked_for_again(page: Page) -> None:
    page.route("**/api/data/retrainings?*", lambda route: route.abort(), times=1)
    page.get_by_role("button", name="Data", exact=True).click()
    alert = page.get_by_role("main").get_by_role("alert")
    expect(alert).to_contain_text("does not answer")
    page.get_by_role("main").get_by_role("button", name="Ask again").click()
    expect(alert).to_have_count(0)
