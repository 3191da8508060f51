"""Whether all that a view says is there to be read at a telephone's, a tablet's and a laptop's width."""

import pytest
from playwright.sync_api import Page, expect

from cli.status import champion_path
from consoles import Console

pytestmark = pytest.mark.proof

# Text that is wider than its element is cut, or runs over what is beside it. Whoever can focus a region that has a name
# can scroll it.
_CUT = """() => [...document.querySelectorAll("main *")]
  .filter((each) => each.getClientRects().length && !each.closest("svg") && each.textContent.trim())
  .filter((each) => getComputedStyle(each).display !== "inline" && each.scrollWidth > each.clientWidth + 1)
  .filter((each) => !(each.matches("[tabindex='0'][aria-label]") && getComputedStyle(each).overflowX === "auto"))
  .map((each) => `${each.tagName} ${each.scrollWidth} > ${each.clientWidth}: ${each.textContent.slice(0, 60)}`)"""
# Of a table nothing is beyond its frame, though one could scroll to it: a number that is cut reads as another one.
_SIDEWAYS = """() => [...document.querySelectorAll("main .scroll")]
  .filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.getAttribute("aria-label"))"""

_WIDTHS = (390, 800, 1280)


@pytest.fixture(scope="module")
def champion(console: Console) -> None:
    """A stack with a champion, and thus rides, rows and numbers to show."""
    if not champion_path(console.stack.command_stack):
        console.stack.retrain(hyperparameters={"epochs": 15})


def open_all(page: Page, view: str) -> None:
    """Open a view, and whatever opens in it: what Athena and IAM are asked, and each table below a summary."""
    page.get_by_role("button", name=view, exact=True).click()
    opened = {
        "Data": ("Ask Athena", "Count all rides"),
        "Models": ("Check each digest",),
        "Operations": ("List these permissions", "Add up"),
    }
    for name in opened.get(view, ()):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_text("Asking")).to_have_count(0)
    page.evaluate("document.querySelectorAll('main details').forEach((each) => (each.open = true))")
    expect(page.get_by_text("Asking")).to_have_count(0)


@pytest.mark.parametrize("width", _WIDTHS)
@pytest.mark.parametrize("view", ["Data", "Models", "Serving", "Operations"])
def test_nothing_is_cut_at_any_width(page: Page, champion: None, view: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    open_all(page, view)
    assert page.locator("main table").count() > 0
    assert page.evaluate(_CUT) == []
    assert page.evaluate(_SIDEWAYS) == []


def test_table_that_has_no_room_names_the_column_of_each_number(page: Page, champion: None) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Data", exact=True).click()
    splits = page.get_by_label("Rows by split")
    expect(splits.get_by_role("columnheader").first).to_be_visible()
    # A window that becomes narrow is another width.
    page.set_viewport_size({"width": 390, "height": 900})
    expect(splits.get_by_role("columnheader").first).to_be_hidden()
    rows = splits.get_by_role("row").filter(has_text="train")
    assert "Rows" in rows.aria_snapshot()
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(splits.get_by_role("columnheader").first).to_be_visible()
