"""A ride file that is dropped on the page is taken once its key was said, and of several none is."""

import json

import pytest
from playwright.sync_api import Page, expect

from consoles import Console
from machines import unique

pytestmark = pytest.mark.proof

RIDE = {"Name": "Bucephalus", "StatusTime": "2018-06-01 12:00:00.000", "Latitude": 40.7, "Longitude": -73.9}


def drop(page: Page, names: list[str]) -> None:
    """Drop files of these names, with a ride each, on the place for them."""
    transfer = page.evaluate_handle(
        """([names, text]) => {
            const transfer = new DataTransfer();
            for (const name of names) transfer.items.add(new File([text], name));
            return transfer;
        }""",
        [names, json.dumps([RIDE])],
    )
    page.get_by_label("Upload a ride file").dispatch_event("drop", {"dataTransfer": transfer})


def test_file_is_dropped_and_of_several_none_is_taken(page: Page, console: Console) -> None:
    page.get_by_role("button", name="Data", exact=True).click()
    section = page.get_by_label("Upload a ride file")
    names = [f"{unique(each)}.json" for each in ("first", "second")]
    drop(page, names)
    expect(section.get_by_role("alert")).to_contain_text("One file at a time")
    expect(page.get_by_role("dialog")).to_have_count(0)
    drop(page, names[:1])
    expect(page.get_by_role("dialog")).to_contain_text(f"raw/{names[0]}")
    expect(section.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Upload it").click()
    expect(section.get_by_role("status")).to_contain_text(f"raw/{names[0]} is there")
    assert json.loads(console.stack.read(f"raw/{names[0]}")) == [RIDE]
    assert f"raw/{names[1]}" not in console.stack.keys("raw/")
