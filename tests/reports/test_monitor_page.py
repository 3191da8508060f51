"""The page of `monitor`: what it says of a usual day, a day of drift, and a day of which little is known."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from reports import monitor_page, monitor_picture
from simulated_traffic import DATE, card, day, weather
from wildrydes.monitoring.report import Period, report, watch_of

NOW = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)


def documents() -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Of a usual day, of a heat wave whose truth is another, and of a day without predictions."""
    chance = Random(11)
    days = weather(chance)
    champion = card(12, days)
    earlier = list(day(chance, days, 100, date="2026-11-24"))
    usual = earlier + list(day(chance, days, 300))
    hot = earlier + list(
        day(chance, days, 300, lambda row: row | {"TMAX": (row["TMAX"] or 0.0) + 100}, truth=lambda share: 1 - share)
    )
    written = []
    for observations in (usual, hot, []):
        watch = watch_of(champion, Period(DATE, "2026-11-19"))
        for observation in observations:
            watch.add(observation)
        written.append(json.loads(json.dumps(report(champion, Period(DATE, "2026-11-19"), watch, 3, NOW))))
    return written[0], written[1], written[2]


USUAL, HOT, EMPTY = documents()


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<(style|img)[^>]*>([^<]*</style>)?|<[^>]+>", " ", html).split())


def test_a_usual_day_says_that_nothing_drifted_and_has_every_picture(tmp_path: Path) -> None:
    path = monitor_page.write(USUAL, tmp_path / DATE)
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "heavy_utilization-features.png", "heavy_utilization-scores.png", "heavy_utilization-served.png",
        "heavy_utilization.html", "heavy_utilization.json",
    ]  # fmt: skip
    html = path.read_text(encoding="utf-8")
    assert html.count("<img") == 3
    text = text_of(html)
    assert "heavy_utilization on 2026-11-25 champion run-1, 300 predictions" in text
    assert "Nothing has drifted beyond chance." in text
    assert f"Its card promised {USUAL['served']['promised']:.4f}" in text
    assert "missing values: 3, 1.0%" in text
    assert "2026-11-24 run-1 100 100" in text
    assert json.loads(path.with_suffix(".json").read_text(encoding="utf-8")) == USUAL


def test_a_heat_wave_is_named_and_so_is_a_model_that_is_worse() -> None:
    text = text_of(monitor_page.page(HOT, {}))
    assert "Drifted: TMAX, the served measure is worse than promised." in text
    assert re.search(r"TMAX \d\.\d{3} 0\.\d{3} less than 0\.0001 300 \d+ 0 yes", text)


def test_a_day_without_predictions_has_a_page_and_takes_old_pictures_away(tmp_path: Path) -> None:
    monitor_page.write(USUAL, tmp_path)
    page = monitor_page.write(EMPTY, tmp_path)
    assert {file.suffix for file in tmp_path.iterdir()} == {".html", ".json"}
    text = text_of(page.read_text(encoding="utf-8"))
    assert "Too few truths are known to say how good the champion was." in text
    assert "the day has no row to compare with training" in text
    assert "too few, or alike, to say how good it was" in text


def test_what_comes_from_outside_is_escaped() -> None:
    html = monitor_page.page(EMPTY | {"model": "<script>"}, {})
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_lines_of_a_feature_end_below_all_rows() -> None:
    figure = monitor_picture.features(HOT)
    assert figure
    titles = [axes.get_title(loc="left") for axes in figure.axes[:6]]
    assert titles == ["distance", "healthpoints", "magicpoints", "TMIN", "TMAX: drifted", "PRCP"]
    for axes in figure.axes[:6]:
        then, now = (np.asarray(line.get_ydata()).tolist() for line in axes.lines)
        assert then == sorted(then)
        assert 0 <= now[0] <= now[-1] <= 1


def test_a_regressions_scores_have_the_ends_of_their_bins_and_its_unit() -> None:
    numbers = {"kind": "regression", "unit": "points", "task": "magic_points"}
    edges = [0.0, 10.0, 20.0]
    spread = {"rows": 4, "drifted": True, "histogram": {"edges": edges, "then": [1, 2, 1, 0], "now": [0, 0, 3, 1]}}
    figure = monitor_picture.scores(USUAL | numbers | {"scores": spread})
    assert figure
    assert figure.axes[0].get_xlabel() == "Prediction (points)"
    assert figure.axes[0].get_xlim() == pytest.approx((-12.0, 32.0))
    assert monitor_picture.scores(USUAL | {"scores": None}) is None
    served = monitor_picture.served(USUAL | numbers)
    assert served
    assert served.axes[0].get_ylabel() == "RMSE (points)"
