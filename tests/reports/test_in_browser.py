"""Every page that commands write, in Chromium: on a telephone and a laptop, light, dark, on paper, and by axe-core."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from browser import NARROW, WIDE, chromium, overflow, serious_faults
from reports import dashboard_page, files, html, monitor_page, pricing_page
from simulated_traffic import DATE, card, day, weather
from wildrydes.monitoring.report import Period, report, watch_of
from wildrydes.pricing.study import RideOfSplit, conduct

pytestmark = pytest.mark.proof

MakeCard = Callable[..., dict[str, Any]]
NAMES = ("report", "report_alone", "report_of_regression", "monitor", "pricing", "dashboard")
START = 1_700_000_000.0
WEATHER = {"fine": (100, 200, 0), "hot": (180, 320, 0), "cold": (-60, 10, 0), "rain": (90, 150, 80)}

# Whether each picture can be seen, has its numbers below, and says what to conclude.
FIGURES = """Array.from(document.querySelectorAll('figure'), (each) => [
  each.querySelector('img').naturalWidth > 0, each.querySelectorAll('details tbody tr').length > 0,
  each.querySelector('figcaption strong').textContent.length > 20])"""
# The headings of columns in which no cell has a value.
EMPTY_COLUMNS = """Array.from(document.querySelectorAll('table')).flatMap((table) =>
  Array.from(table.tHead.rows[0].cells).slice(1).filter((head, place) => Array.from(table.tBodies[0].rows).every(
    (row) => ['', '–'].includes(row.cells[place + 1].textContent))).map((head) => head.textContent))"""
SHARE_OF_LIGHT = """(() => { const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g);
  return (Number(red) + Number(green) + Number(blue)) / 765 })()"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory: Any, make_card: MakeCard, make_regression_card: MakeCard) -> dict[str, Path]:
    """A page of each kind, by NAMES; a name from outside is as long as names may be."""
    folder = tmp_path_factory.mktemp("pages")
    standing = {
        "model": "run-new",
        "live": True,
        "requests": 1200,
        "errors": 3,
        "log_loss": 0.41,
        "p50": 3.2,
        "p99": 11,
    }
    whole = make_card(with_champion=True, execution="r" * 74)
    return {
        "report": files.write(whole, folder / "whole", [standing, standing | {"model": "x" * 74}]).page,
        "report_alone": files.write(make_card(), folder / "alone").page,
        "report_of_regression": files.write(make_regression_card(), folder / "regression").page,
        "monitor": monitor_page.write(heat_wave(), folder / "monitor"),
        "pricing": pricing_page.write(whole | {"features": ["distance"]}, study(), folder),
        "dashboard": dashboard_page.write(dashboard(), folder / "dashboard.html"),
    }


def heat_wave() -> dict[str, Any]:
    """A day's document of `monitor`, on which TMAX has drifted and the champion is worse."""
    chance = Random(11)
    days = weather(chance)
    champion = card(12, days)
    watch = watch_of(champion, Period(DATE, "2026-11-19"))
    for observation in day(
        chance, days, 300, lambda row: row | {"TMAX": (row["TMAX"] or 0) + 100}, truth=lambda p: 1 - p
    ):
        watch.add(observation)
    return report(champion, Period(DATE, "2026-11-19"), watch, 3, datetime(2026, 11, 26, 4, tzinfo=UTC))


def study() -> dict[str, Any]:
    """A pricing study in which the weather matters."""
    draw = Random(3)

    def rides(count: int) -> Iterator[RideOfSplit]:
        for _ in range(count):
            distance, (tmin, tmax, rain) = draw.uniform(3, 60), WEATHER[draw.choice(list(WEATHER))]
            price = 500 + 20 * distance + 3 * rain
            yield RideOfSplit(distance, tmin, tmax, rain, price + draw.uniform(-200, 200), price)

    return conduct([(ride.distance, ride.points) for ride in rides(900)], rides(300)).to_json()


def dashboard() -> dict[str, Any]:
    """A widget of each kind, and charts of each form: lines, none, bars, rows, and a sentence."""

    def widget(view: str, *values: float) -> dict[str, Any]:
        points = [(START + 300 * place, value) for place, value in enumerate(values)]
        series = [{"label": "requests of a stage " * 3, "points": points}, {"label": "errors", "points": points[:1]}]
        return {"kind": "metric", "width": 8, "title": view, "view": view, "period": 300, "series": series}

    views = [widget(view, 3, 9, 4) for view in ("timeSeries", "singleValue", "pie")]
    text = {"kind": "text", "width": 24, "title": "", "text": "# Rides\nof today"}
    forms = [widget("timeSeries"), widget("timeSeries", 3), widget("timeSeries", 3, 9), widget("timeSeries", 0, 0)]
    forms[2]["series"] = [
        {"label": f"function {place} " * 4, "points": [(START, 1), (START + 300, place)]} for place in range(2, 12)
    ]
    return {"name": "rydes", "start": START, "end": START + 3600, "widgets": [text, *views, *forms]}


@pytest.fixture
def visit(browser: Browser, pages: dict[str, Path]) -> Iterator[Callable[..., Page]]:
    """Opens a page in a window of its own."""
    contexts = []

    def visit(name: str, size: Any, **options: Any) -> Page:
        contexts.append(browser.new_context(viewport=size, **options))
        page = contexts[-1].new_page()
        page.goto(pages[name].as_uri())
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_shuts_nobody_out_and_fits_a_telephone(name: str, scheme: str, visit: Callable[..., Page]) -> None:
    page = visit(name, NARROW, color_scheme=scheme)
    assert overflow(page) == 0
    assert (page.evaluate(SHARE_OF_LIGHT) > 0.5) == (scheme == "light")
    # Nor with all that is folded.
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert overflow(page) == 0
    assert serious_faults(page) == []


@pytest.mark.parametrize("name", NAMES)
def test_pictures_have_numbers_and_conclusions_and_no_column_is_empty(name: str, visit: Callable[..., Page]) -> None:
    page = visit(name, WIDE)
    assert overflow(page) == 0
    figures = page.evaluate(FIGURES)
    assert len(figures) == {"report_of_regression": 3, "monitor": 3, "pricing": 1, "dashboard": 0}.get(name, 4)
    assert all(map(all, figures))
    assert page.evaluate(EMPTY_COLUMNS) == []


@pytest.mark.parametrize("name", NAMES)
def test_paper_is_white_and_has_what_is_folded_on_the_screen(name: str, visit: Callable[..., Page]) -> None:
    page = visit(name, WIDE, color_scheme="dark")
    row = page.locator("details tbody tr").first
    assert not row.is_visible()
    page.emulate_media(media="print")
    assert row.is_visible()
    assert page.evaluate(SHARE_OF_LIGHT) == 1
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_faults_of_a_page_are_seen(browser: Browser) -> None:
    page = browser.new_page(viewport=NARROW)
    picture = '<img src="data:,"><p style="color: #ddd; background: #fff; width: 500px">pale</p>'
    page.set_content(html.document("A page", [picture]))
    assert [fault.partition(" ")[0] for fault in serious_faults(page)] == ["color-contrast", "image-alt"]
    assert overflow(page) > 100
    page.close()
