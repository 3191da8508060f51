"""A box that scrolls says what is beyond its edges, scrolls by the keyboard, and opens where it begins or failed."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from consoles import Console, shut_out
from machines import unique, until

_STARTS = "(box) => box.scrollTo(0, 0)"
_ENDS = "(box) => box.scrollTo(0, box.scrollHeight)"
_SAYS_AT_ITS_END = """(box) => {
    box.scrollTo(0, box.scrollHeight);
    return ['::before', '::after'].map((side) => getComputedStyle(box, side).content);
}"""


@pytest.fixture(scope="module")
def retraining(console: Console) -> str:
    """The name of a retraining that has ended well."""
    arn = console.stack.start(unique("edges"), hyperparameters={"epochs": 2}, promote=False)
    assert console.stack.ended(arn)["status"] == "SUCCEEDED"
    return arn.rpartition(":")[2]


@pytest.fixture
def article(page: Page, retraining: str) -> Locator:
    page.get_by_role("button", name=retraining).first.click()
    expect(page.get_by_role("heading", name=retraining)).to_be_visible()
    return page.get_by_role("article")


def box_of(article: Locator) -> Locator:
    box = article.get_by_role("group", name="Output", exact=True).first
    expect(box).to_be_visible()
    return box


def test_text_that_is_cut_says_that_there_is_more(article: Locator) -> None:
    box = box_of(article)
    expect(box).to_have_attribute("data-more", "↓ more below")
    assert box.get_attribute("data-above") is None
    # What the page still writes may make the box longer.
    above, below = until(lambda: box.evaluate(_SAYS_AT_ITS_END), lambda says: says[1] == "none")
    assert "more above" in above
    assert below == "none"


def test_box_that_shows_all_of_itself_says_nothing(page: Page, article: Locator) -> None:
    article.get_by_text("Input", exact=False).last.click()
    box = article.get_by_role("group", name="Input", exact=True).last
    expect(box).to_be_visible()
    assert box.evaluate("(box) => [box.dataset.more, box.dataset.above]") == [None, None]


def test_box_scrolls_by_the_keyboard(page: Page, article: Locator) -> None:
    box = box_of(article)
    box.focus()
    page.keyboard.press("End")
    expect(box).to_have_attribute("data-above", "↑ more above")


def test_graph_of_what_ended_well_opens_at_the_state_that_is_described(page: Page, article: Locator) -> None:
    frame = page.get_by_role("group", name="States and the ways between them")
    expect(page.get_by_role("button", name=re.compile("^Kept the champion, "))).to_be_in_viewport(ratio=0.9)
    expect(frame).to_have_attribute("data-above", "↑ more above")
    expect(page.get_by_role("region", name="The state Kept the champion")).to_contain_text("It was the last one")
    frame.evaluate(_ENDS)
    frame.evaluate(_STARTS)
    expect(frame).to_have_attribute("data-more", re.compile("^↓ more below"))


def test_graph_of_what_failed_opens_where_it_failed(page: Page, console: Console) -> None:
    arn = console.stack.start(unique("edges"), min_training_rows=100_000_000, hyperparameters={"epochs": 2})
    assert console.stack.ended(arn)["status"] == "FAILED"
    name = arn.rpartition(":")[2]
    page.get_by_role("button", name=name).first.click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    origin = page.locator(".state.origin")
    expect(origin).to_be_in_viewport(ratio=0.9)


def test_choices_have_their_answers_at_their_arrows(page: Page, article: Locator) -> None:
    labels = page.locator(".answer-label text")
    expect(labels.filter(has_text="task = heavy_utilization")).to_have_count(1)
    page.get_by_label("only the way taken").uncheck()
    long = page.locator(".answer-label", has_text="train_rows < min")
    expect(long.locator("text")).to_contain_text("…")
    expect(long.locator("title")).to_contain_text("or test_rows = 0")


def test_edges_and_labels_are_no_barrier(sized_page: Page, retraining: str) -> None:
    sized_page.get_by_role("button", name=retraining).first.click()
    expect(sized_page.get_by_role("heading", name=retraining)).to_be_visible()
    expect(sized_page.locator("[data-more]").first).to_be_attached()
    assert shut_out(sized_page) == []
