"""The rule by which the workshop's outputs are compared, and how its pages are read."""

import doctest
from pathlib import Path

import pytest
import workshop_outputs as outputs
import workshop_pages as pages
from workshop_outputs import first_wrong, fits
from workshop_pages import Block, Output, blocks


@pytest.mark.parametrize("module", [outputs, pages])
def test_examples_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("  Take turn   SUCCEEDED   0.5 s", "  Take turn SUCCEEDED 12.3 s"),
        ("up for 4 min 35 s", "up for 57 s"),
        ("http://127.0.0.1:4566, up", "http://127.0.0.1:38123, up"),
        ("live from 2026-11-27 05:46:04 to now", "live from 2027-01-01 00:00:00 to now"),
        ("cost  $0.0026 at list prices", "cost  $1,000 at list prices"),
        (
            '"request_id": "82e7c822-f68f-430d-ba57-61d441203c82"',
            '"request_id": "00000000-0000-0000-0000-000000000000"',
        ),
        ("overcharged by 227.3 points", "overcharged by 226.9 points"),
        ("5,048 rides, …", "5,048 rides, 4 files"),
    ],
)
def test_what_differs_from_run_to_run_fits(shown: str, printed: str) -> None:
    assert fits(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("stored 1,254", "stored 1,253"),
        ("verdict  goes live", "verdict  does not go live"),
        ("overcharged by 227.3 points", "overcharged by 127.3 points"),
        ("the difference is -0.0361", "the difference is +0.0361"),
        ("5,048 rides", "5,048 rides, 4 files"),
        ("a.c", "abc"),
    ],
)
def test_what_has_to_be_equal_does_not_fit(shown: str, printed: str) -> None:
    assert not fits(shown, printed)


def test_lines_are_in_the_order_in_which_they_are_shown() -> None:
    printed = ["one", "", "two", "three", "four"]
    assert first_wrong(["one", "…", "three", "…"], printed) is None
    assert first_wrong(["…", "three", "…", "two", "…"], printed) == 3
    assert first_wrong(["…", "two", "four"], printed) == 2


def test_blocks_know_their_lines_and_outputs(tmp_path: Path) -> None:
    page = tmp_path / "1-page.md"
    page.write_text(
        "# Page\n\n## Hold My Hand\nDo:\n```sh\n# a comment\nmake up\n```\nYou see:\n```text\n## up\n```\n"
        "```json\n{}\n```\n```sh\nmake down\n```\n## Do It for Me\n```sh\nmake run\n```\n"
    )
    assert blocks(page, "Hold My Hand") == [
        Block("1-page.md", 6, "# a comment\nmake up\n", Output(11, ("## up",))),
        Block("1-page.md", 17, "make down\n"),
    ]
    assert [block.line for block in blocks(page, "Do It for Me")] == [21]
