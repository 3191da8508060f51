"""The site of the pages: each page has its kind, links follow their pages, and what leads nowhere is refused."""

import json
from base64 import b64encode
from pathlib import Path

import pytest

from docs.site.build import ROOT, markdown_sources
from docs.site.links import faults_of
from docs.site.navigation import KINDS, navigation, title_of
from docs.site.notebook import page_of
from docs.site.pages import list_of_decisions, listing, place_of, with_links_moved

LISTED = [each for pages in KINDS.values() for each in pages]
RECORDS = ["docs/decisions/README.md", "docs/decisions/0002-b.md", "docs/decisions/0001-a.md"]


def kinds_of(*sources: str) -> dict[str, list[str]]:
    every = [*LISTED, *RECORDS, "docs/README.md", "README.md", *sources]
    return {kind: [each for _, each in pages] for kind, pages in navigation(every, {each: each for each in every})}


def test_every_page_of_the_repository_has_its_kind() -> None:
    pages = markdown_sources()
    titles = {each: title_of(text) for each, text in pages.items()}
    listed = [each for _, entries in navigation(pages, titles) for _, each in entries]
    assert sorted(listed) == sorted(set(pages) - {"docs/README.md"})


def test_workshop_is_among_the_lessons_where_there_is_one() -> None:
    assert list(kinds_of()) == ["Tutorial", "How-to", "Reference", "Explanation", "Troubleshooting", "Decisions"]
    pages = ["10-clean-up.md", "1-set-up.md", "README.md", "2-ingest.md"]
    kinds = kinds_of(*(f"docs/workshop/{page}" for page in pages))
    assert kinds["Tutorial"] == [
        "README.md",
        "docs/workshop/README.md",
        "docs/workshop/1-set-up.md",
        "docs/workshop/2-ingest.md",
        "docs/workshop/10-clean-up.md",
    ]
    assert kinds["Decisions"] == ["docs/decisions/README.md", "docs/decisions/0001-a.md", "docs/decisions/0002-b.md"]


def test_page_of_no_kind_and_page_that_is_not_there_are_refused() -> None:
    with pytest.raises(LookupError, match=r"of no kind .*: docs/new\.md$"):
        kinds_of("docs/new.md")
    with pytest.raises(LookupError, match=r"not there: docs/api\.md$"):
        sources = [each for each in ["README.md", *LISTED, *RECORDS] if each != "docs/api.md"]
        navigation(sources, {each: each for each in sources})


def test_title_is_the_heading_without_marks() -> None:
    assert title_of("text\n\n# The `retrain` workflow\n\n## Else\n") == "The retrain workflow"
    with pytest.raises(ValueError, match="no heading"):
        title_of("## No heading\n")


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("docs/api.md", "api.md"),
        ("docs/README.md", "index.md"),
        ("docs/workshop/README.md", "workshop/index.md"),
        ("docs/calibration.png", "calibration.png"),
        ("README.md", "readme.md"),
        ("data/README.md", "data.md"),
        ("CONTRIBUTING.md", "contributing.md"),
        ("docs/site/words.toml", "sources/docs/site/words.toml.md"),
        ("functions/wildrydes/tasks.py", "sources/functions/wildrydes/tasks.py.md"),
    ],
)
def test_place_in_the_site(source: str, place: str) -> None:
    assert place_of(source) == place


def test_links_are_moved_with_their_pages() -> None:
    page = (
        "[a](../api.md#x) [d](../../data/README.md) [s](../../cli/up.py) [gone](gone.md) [here](#h) [w](https://a.b/c.md)"
        " `[code](../api.md)`\n\n```\n[fence](../api.md)\n```\n[`c`](../decisions/)\n"
    )
    there = {"docs/api.md", "data/README.md", "cli/up.py"}

    def file_of(path: str) -> str | None:
        return "docs/decisions/README.md" if path == "docs/decisions" else path if path in there else None

    assert with_links_moved(page, "docs/workshop/1.md", file_of) == (
        "[a](../api.md#x) [d](../data.md) [s](../sources/cli/up.py.md) [gone](gone.md) [here](#h) [w](https://a.b/c.md)"
        " `[code](../api.md)`\n\n```\n[fence](../api.md)\n```\n[`c`](../decisions/index.md)\n"
    )


def test_pictures_with_a_width_are_moved_with_their_pages() -> None:
    page = '[<img src="docs/a.png" width="300">](docs/api.md) <img src="https://a.b/c.png"> `<img src="docs/a.png">`\n'
    assert with_links_moved(page, "README.md", lambda path: path) == page.replace(
        '"docs/a.png" width', '"a.png" width'
    ).replace("docs/api.md", "api.md")


def test_markdown_in_folded_answers_is_read() -> None:
    page = "<details>\n<summary>Answer</summary>\n\n**Yes**\n\n</details>\n\n```\n<details>\n```\n"
    assert with_links_moved(page, "docs/a.md", lambda _: None) == page.replace("<details>", '<details markdown="1">', 1)


def test_listing_and_decisions_show_what_they_are_of() -> None:
    assert listing("cli/up.py", "x = 1\n\n") == "# `cli/up.py`\n\n~~~~~~python\nx = 1\n~~~~~~\n"
    page = list_of_decisions({"docs/decisions/0002-b.md": "0002: B", "docs/decisions/0001-a.md": "0001: A"})
    assert page.splitlines()[-2:] == ["- [0001: A](0001-a.md)", "- [0002: B](0002-b.md)"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="other.html#there">', None),
        ('<a href="#own">', None),
        ('<a href="https://example.org/x">', None),
        ('<link rel="canonical" href="https://example.org/">', None),
        ('<a href="gone.html">', "page.html: gone.html leads nowhere"),
        ('<a href="other.html#gone">', "page.html: other.html#gone leads nowhere"),
        ('<a href="#gone">', "page.html: #gone leads nowhere"),
        ('<img src="gone.png">', "page.html: gone.png is missing"),
        ('<script src="https://example.org/a.js"></script>', "page.html: https://example.org/a.js is at another host"),
        ('<link rel="stylesheet" href="//example.org/a.css">', "page.html: //example.org/a.css is at another host"),
    ],
)
def test_what_leads_nowhere_or_to_another_host_is_a_fault(tmp_path: Path, body: str, fault: str | None) -> None:
    (tmp_path / "other.html").write_text('<h1 id="there">', encoding="utf-8")
    (tmp_path / "page.html").write_text(f'<h1 id="own">{body}', encoding="utf-8")
    assert faults_of(tmp_path) == ([] if fault is None else [fault])


def test_pages_are_those_of_this_repository() -> None:
    assert markdown_sources()["docs/api.md"] == (ROOT / "docs/api.md").read_text(encoding="utf-8")


def test_notebook_is_shown_with_its_outputs_and_left_out_of_the_search() -> None:
    style = "<style scoped>\nth { color: grey }\n</style>"
    table = f'<div>\n{style}\n<table border="1" id="a">\n  <tr><th></th></tr>\n</table></div>'
    outputs = [
        {"data": {"image/png": b64encode(b"first").decode()}, "metadata": {"image/png": {"alt": "Where?"}}},
        {"data": {"text/html": [table], "text/plain": ["a"]}},
        {"text": ["one\n", "two\n"]},
        {"data": {"image/png": b64encode(b"second").decode()}},
    ]
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "\n", "Text"]},
        {"cell_type": "code", "source": ["draw()"], "outputs": outputs},
    ]
    page = page_of(json.dumps({"cells": cells}), "explore")
    assert page.pictures == {"explore-1.png": b"first", "explore-2.png": b"second"}
    assert page.markdown == (
        "---\nsearch:\n  exclude: true\n---\n\n\n# Title\n\nText\n\n"
        "~~~~~~python\ndraw()\n~~~~~~\n\n![Where?](explore-1.png)\n\n"
        "<table>\n<tr><td></td></tr>\n</table>\n\n~~~~~~text\none\ntwo\n~~~~~~\n\n"
        "![A chart, which the text describes](explore-2.png)\n"
    )
