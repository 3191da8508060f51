"""The site of the pages in Chromium, opened from the file system: on a telephone, in the dark, and by axe-core."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from browser import NARROW, WIDE, chromium, overflow, serious_faults
from docs.site.build import ROOT

PYTHON = ROOT / ".venvs/docs/bin/python"
BUILD = "import sys, pathlib, docs.site.build as site; sys.exit(site.make(pathlib.Path(sys.argv[1])))"
EXAMPLES = {
    "front page": "index.html",
    "wide table": "applications.html",
    "long tables": "reference/grants.html",
    "drawing": "architecture.html",
    "diagrams": "retrain.html",
    "folded answers": "workshop/3-weather.html",
    "record": "decisions/0001-locks-without-addresses.html",
    "listing": "sources/docs/site/words.toml.html",
    "notebook": "sources/notebooks/explore.ipynb.html",
}
WINDOWS = {"telephone": NARROW, "laptop": WIDE}

# The theme wraps each table in what scrolls, after the page has loaded.
IS_READY = """() => Array.from(document.querySelectorAll('article table:not([class])')).every(
  (each) => each.closest('.md-typeset__scrollwrap')?.tabIndex === 0)"""

STEP = re.compile(r"^([0-9]+)\. ", re.MULTILINE)
SHOWN_NUMBERS = """() => Array.from(document.querySelectorAll('article ol')).flatMap(
  (list) => Array.from(list.children, (_, place) => list.start + place))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not PYTHON.exists():
        pytest.skip("the environment that makes the site is missing: `make docs` installs it")
    folder = tmp_path_factory.mktemp("site")
    ran = subprocess.run([PYTHON, "-c", BUILD, folder], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=list(WINDOWS))
def page(request: pytest.FixtureRequest, browser: Browser, scheme: str) -> Iterator[Page]:
    context = browser.new_context(viewport=WINDOWS[request.param], color_scheme="dark" if scheme == "dark" else "light")
    yield context.new_page()
    context.close()


def faults_of(page: Page, file: Path) -> list[str]:
    """What is wrong with a page of the site, a line each."""
    page.goto(file.as_uri())
    page.wait_for_function(IS_READY)
    wide = [f"it scrolls sideways by {overflow(page)} px"] if overflow(page) else []
    return [f"{file.name}: {fault}" for fault in [*wide, *serious_faults(page)]]


@pytest.mark.proof
def test_page_of_each_kind_shuts_nobody_out_and_fits_its_window(site: Path, page: Page, scheme: str) -> None:
    assert [fault for each in EXAMPLES.values() for fault in faults_of(page, site / each)] == []
    assert page.evaluate("document.body.dataset.mdColorScheme") == {"light": "default", "dark": "slate"}[scheme]


def test_drawing_scrolls_by_itself_on_a_telephone_and_the_keyboard_reaches_it(site: Path, browser: Browser) -> None:
    page = browser.new_page(viewport=NARROW)
    page.goto((site / EXAMPLES["drawing"]).as_uri())
    drawing = page.locator("article p:has(> img)").first
    assert drawing.evaluate("(each) => each.scrollWidth - each.clientWidth") > 300
    drawing.focus()
    assert drawing.evaluate("(each) => each === document.activeElement")
    page.close()


def test_steps_that_code_parts_have_the_numbers_that_their_page_gives_them(site: Path, browser: Browser) -> None:
    page = browser.new_page()
    shown: dict[str, list[int]] = {}
    steps: dict[str, list[int]] = {}
    for source in [*sorted((ROOT / "docs/workshop").glob("[0-9]*.md")), ROOT / "docs/own-data.md"]:
        page.goto((site / source.relative_to(ROOT / "docs")).with_suffix(".html").as_uri())
        shown[source.name] = page.evaluate(SHOWN_NUMBERS)
        steps[source.name] = [int(each) for each in STEP.findall(source.read_text(encoding="utf-8"))]
    page.close()
    assert steps["5-inference.md"] == [1, 2, 3, 4, 5]
    assert shown == steps


def test_no_code_of_the_first_steps_is_cut_on_a_laptop(site: Path, browser: Browser) -> None:
    page = browser.new_page(viewport=WIDE)
    page.goto((site / "readme.html").as_uri())
    blocks = page.locator("article pre code")
    assert blocks.count() == 3
    assert blocks.evaluate_all("(all) => all.map((each) => each.scrollWidth - each.clientWidth)") == [0, 0, 0]
    page.close()


@pytest.mark.loop
@pytest.mark.parametrize(("scheme", "page"), [("dark", "telephone"), ("light", "laptop")], indirect=True)
def test_no_page_shuts_anybody_out(site: Path, page: Page) -> None:
    files = sorted(site.rglob("*.html"))
    assert len(files) > 100
    assert [fault for each in files for fault in faults_of(page, each)] == []
