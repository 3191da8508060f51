"""A ride file that is dropped on the page is taken once its key was said, and of several none is."""

import json

import pytest
from playwright.sync_api import Page, Route, expect

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


def test_file_that_is_dropped_on_an_open_question_leaves_it_as_it_is(page: Page, console: Console) -> None:
    page.get_by_role("button", name="Data", exact=True).click()
    names = [f"{unique(each)}.json" for each in ("asked", "extra")]
    drop(page, names[:1])
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"raw/{names[0]}")
    drop(page, names[1:])
    expect(dialog.get_by_role("alert")).to_contain_text(f"Nothing else was taken: this question is about {names[0]}.")
    dialog.get_by_role("button", name="Upload it").click()
    expect(page.get_by_label("Upload a ride file").get_by_role("status")).to_contain_text(f"raw/{names[0]} is there")
    assert [f"raw/{name}" in console.stack.keys("raw/") for name in names] == [True, False]


def test_last_of_two_choices_counts_whichever_answer_comes_first(page: Page) -> None:
    page.get_by_role("button", name="Data", exact=True).click()
    section, held = page.get_by_label("Upload a ride file"), list[Route]()
    first, last = (f"{unique(each)}.json" for each in ("early", "late"))
    page.route("**/api/data/look?*", lambda route: held.append(route), times=1)
    with page.expect_request("**/api/data/look?*"):
        drop(page, [first])
    expect(section.get_by_role("status")).to_contain_text(f"Looking whether the bucket has a file of the name {first}")
    drop(page, [last])
    expect(page.get_by_role("dialog")).to_contain_text(f"raw/{last}")
    with page.expect_response(lambda answer: first in answer.url):
        held[0].continue_()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(page.get_by_role("dialog")).to_contain_text(f"raw/{last}")
    expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text(f"Upload {last}?")


def test_file_that_is_dropped_beside_its_place_is_not_opened_by_the_browser(page: Page) -> None:
    is_stopped = page.evaluate(
        """() => ["dragover", "drop"].map((name) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["x"], "x.json"));
            return !document.body.dispatchEvent(
                new DragEvent(name, {dataTransfer: transfer, bubbles: true, cancelable: true}));
        })"""
    )
    assert is_stopped == [True, True]


def test_page_is_left_during_an_upload_only_where_that_was_confirmed(page: Page) -> None:
    leave = """() => !window.dispatchEvent(new Event("beforeunload", {cancelable: true}))"""
    page.get_by_role("button", name="Data", exact=True).click()
    held = list[Route]()
    page.route("**/api/data/upload?*", lambda route: held.append(route))
    drop(page, [f"{unique('slow')}.json"])
    assert page.evaluate(leave) is False
    with page.expect_request("**/api/data/upload?*"):
        page.get_by_role("button", name="Upload it").click()
    assert page.evaluate(leave) is True
    held[0].continue_()
    expect(page.get_by_label("Upload a ride file").get_by_role("status")).to_contain_text("is there")
    assert page.evaluate(leave) is False
