"""The page: the numbers of the card, its sentences, nothing that runs, and nothing from elsewhere."""

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from reports import files, tables, wording
from reports.page import page
from reports.sides import Comparison

MakeCard = Any
HOSTILE = "</style><script>alert('1')</script><img src=http://example.org/x onerror=a()>\"&"
PICTURES: dict[str, bytes | None] = {
    "roc": b"one",
    "calibration": b"two",
    "score_distribution": b"three",
    "weights": None,
}


class PageReader(HTMLParser):
    """A page's tags, and its text as a browser shows it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def row(card: dict[str, Any], name: str) -> tables.MetricRow:
    (metric,) = (each for each in tables.metric_rows(Comparison.of(card)) if each.name == name)
    return metric


def test_a_metric_is_told_beside_the_live_models_with_the_difference_and_its_interval(make_card: MakeCard) -> None:
    card = make_card(with_champion=True)
    apart = {"difference": -0.02, "low": -0.031, "high": -0.009}
    card["differences"] |= {"log_loss": apart, "auc": {"difference": -0.5, "low": -0.6, "high": -0.4}}
    card["differences"]["accuracy"] = {"difference": 0.01, "low": -0.01, "high": 0.03}
    card["differences"]["recall"] = {"difference": 0.0, "low": 0.0, "high": 0.0}
    del card["differences"]["precision"]
    metric = row(card, "log loss")
    assert (metric.candidate, metric.champion) == tuple(
        f"{each['metrics']['log_loss']:.4f}" for each in (card, card["live"])
    )
    # Less log loss is better, less AUC worse; an interval around zero says neither.
    assert (metric.difference, metric.meaning) == ("−0.0200 (−0.0310 to −0.0090)", "better")
    assert row(card, "AUC").meaning == "worse"
    assert (row(card, "accuracy").difference, row(card, "accuracy").meaning) == (
        "+0.0100 (−0.0100 to +0.0300)",
        "may be chance",
    )
    assert row(card, "recall").meaning == "the same"
    assert (row(card, "precision").difference, row(card, "precision").meaning) == ("–", "–")


def test_a_model_alone_has_nothing_beside_it(make_card: MakeCard) -> None:
    card = make_card()
    assert {(each.champion, each.difference) for each in tables.metric_rows(Comparison.of(card))} == {("–", "–")}
    cells = card["metrics"]["confusion"]
    assert tables.threshold_rows(Comparison.of(card)) == [
        ("threshold", "0.5000"),
        *((name, str(cells[name.replace(" ", "_")])) for name in ("true positives", "false positives")),
        *((name, str(cells[name.replace(" ", "_")])) for name in ("true negatives", "false negatives")),
    ]
    assert wording.describe_champion(Comparison.of(card)) == "There was no champion when this model was judged."
    other = make_card(live={"execution": "run-x", "incomparable": "is of the target heavy_utilization"})
    assert (
        wording.describe_champion(Comparison.of(other))
        == "The champion of that time, run-x, is of the target heavy_utilization."
    )
    assert any('"force": true' in step for step in wording.next_steps(other | {"verdict": {"promote": False}}))


def test_what_is_unknown_of_one_label_is_a_dash(make_card: MakeCard) -> None:
    card = make_card(rows=[(0, (margin, 0.0)) for margin in (-2.0, -1.0, -0.5)])
    assert (row(card, "AUC").candidate, row(card, "F1").candidate) == ("–", "–")
    html = page(Comparison.of(card), {"roc": None, "calibration": b"png"})
    assert "There is no ROC curve: all test rides have the same label." in PageReader(html).text


def test_a_perfect_score_is_said_to_be_no_proof(make_card: MakeCard) -> None:
    perfect = make_card(rows=[(0, (-3.0, -1.0)), (1, (3.0, 1.0))] * 20, target="heavy_utilization")
    assert "An AUC of 1.0000 is no proof" in PageReader(page(Comparison.of(perfect), PICTURES)).text
    assert "at least 50 magic points a mile" in wording.caveat_of_the_score(perfect)
    assert "a feature already knows the label" in wording.caveat_of_the_score(perfect | {"target": "another"})
    assert wording.caveat_of_the_score(make_card()) == ""


def test_the_page_holds_verdict_numbers_counts_weights_and_lineage(make_card: MakeCard) -> None:
    card = make_card(with_champion=True)
    text = PageReader(page(Comparison.of(card), PICTURES)).text
    assert "Good enough to go live. Log loss 0.4 is below that of a constant prediction." in text
    for number in (f"{card['metrics']['auc']:.4f}", f"{card['live']['metrics']['log_loss']:.4f}", "0.6931", "4,012"):
        assert number in text
    for entry in ("train rows", "artefact sha256", "a" * 64, "rides, prefix", "processed/", "-0.002", "run-old"):
        assert entry in text
    rejected = page(Comparison.of(card | {"verdict": {"promote": False, "reason": "Worse."}}), PICTURES)
    assert "Not to go live. Worse." in PageReader(rejected).text


def test_rides_of_other_years_are_named_where_there_are_any(make_card: MakeCard) -> None:
    for count, named in (
        (3_402, ["3,402 rides of other years were not read: the option --years asks for them."]),
        (0, []),
    ):
        card = make_card(lineage={"other_years": {"objects": 2, "rides": count}})
        assert [step for step in wording.next_steps(card) if "other years" in step] == named


def test_a_feature_has_its_own_weight_whatever_the_order_of_the_training_split(make_card: MakeCard) -> None:
    card = make_card()
    card["training"] = dict(reversed(card["training"].items()))
    assert tables.feature_rows(Comparison.of(card)) == [
        ("distance", "20", "10", "+0.05"),
        ("magicpoints", "1200", "700", "-0.002"),
        ("TMAX", "167", "100", "+0.02"),
    ]


def test_lineage_of_any_depth_is_a_row_a_value(make_card: MakeCard) -> None:
    lineage = {"training": {"channels": [{"name": "train"}, {"name": None}]}, "objects": list(range(21))}
    assert tables.lineage_rows(make_card(lineage=lineage))[-3:] == [
        ("training, channels 1, name", "train"),
        ("training, channels 2, name", "–"),
        ("objects", "21 entries, in the card"),
    ]


def test_pictures_are_inside_and_nothing_is_fetched_or_run(make_card: MakeCard) -> None:
    reader = PageReader(page(Comparison.of(make_card()), PICTURES))
    sources = [attributes["src"] or "" for tag, attributes in reader.tags if tag == "img"]
    assert [base64.b64decode(source.removeprefix("data:image/png;base64,")) for source in sources] == [
        b"one",
        b"two",
        b"three",
    ]
    assert not {tag for tag, _ in reader.tags} & {"script", "link", "iframe", "object", "form"}
    policy = [each["content"] for tag, each in reader.tags if tag == "meta" and "http-equiv" in each]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


@pytest.mark.parametrize("place", ["execution", "target", "created", "verdict", "live", "lineage", "features"])
def test_hostile_names_are_text(make_card: MakeCard, place: str) -> None:
    card = make_card()
    plain = [tag for tag, _ in PageReader(page(Comparison.of(card), PICTURES)).tags]
    changed = {
        "verdict": {"promote": True, "reason": HOSTILE},
        "live": {"execution": HOSTILE, "incomparable": "cannot be read"},
        "lineage": {**card["lineage"], "artefact_sha256": HOSTILE},
        "features": [HOSTILE, *card["features"][1:]],
    }
    card["training"][HOSTILE] = card["training"]["distance"]
    html = page(Comparison.of(card | {place: changed.get(place, HOSTILE)}), PICTURES)
    reader = PageReader(html)
    assert [tag for tag, _ in reader.tags] == plain
    assert HOSTILE in reader.text
    assert not re.search(r"<(script|img src=http)", html)


def test_a_report_is_written_anew_with_its_pictures_and_card(make_card: MakeCard, tmp_path: Path) -> None:
    card = make_card(with_champion=True)
    report = files.write(card, tmp_path / "build")
    assert [path.name for path in report.pictures] == [
        "roc.png",
        "calibration.png",
        "score_distribution.png",
        "weights.png",
    ]
    assert json.loads(report.card.read_text()) == card
    html = report.page.read_text(encoding="utf-8")
    for picture in report.pictures:
        assert base64.b64encode(picture.read_bytes()).decode() in html
    # What an earlier report left is not taken for this one's.
    again = files.write(make_card(weights=[]), tmp_path / "build")
    assert sorted(path.name for path in (tmp_path / "build" / "report").iterdir()) == sorted(
        path.name for path in [*again.pictures, again.card]
    )
    assert "weights.png" not in {path.name for path in again.pictures}
    assert "There are no weights" in PageReader(again.page.read_text(encoding="utf-8")).text


def test_what_the_execution_cost_is_told_line_by_line(make_card: MakeCard) -> None:
    card = make_card()
    assert "<h2>Cost</h2>" not in page(Comparison.of(card), PICTURES)
    lines = [{"service": "Athena", "unit": HOSTILE, "quantity": 3e-05, "price": 5.0, "usd": 0.00015}]
    cost = {"total_usd": 0.00015, "lines": lines, "region": "eu-west-1", "prices": "2026-11-26"}
    text = PageReader(page(Comparison.of(card | {"cost": cost}), PICTURES)).text
    assert f"Athena{HOSTILE}3e-050.000150" in text.replace("\n", "")
    assert "At AWS's list prices of eu-west-1, as of 2026-11-26." in text
    unknown = {"total_usd": None, "error": {"Error": "Killed", "Cause": ""}}
    assert "<h2>Cost</h2>" not in page(Comparison.of(card | {"cost": unknown}), PICTURES)


def test_what_changes_for_callers_is_a_table_or_the_reason_why_it_is_not_known(make_card: MakeCard) -> None:
    group = {"feature": "TMAX", "low": -10.0, "high": 250.5, "rows": 9, "mean_change": -0.125}
    group |= {"mean_absolute_change": 0.25, "flipped": 1 / 3}
    whole = {"rows": 12, "mean_change": 0.0, "mean_absolute_change": 0.1, "flipped": None, "groups": [group]}
    card = make_card() | {"score_changes": whole}
    assert tables.change_rows(card) == [
        ("all", "12", "0", "0.1000", "–"),
        ("TMAX -10 to 250.5", "9", "−0.1250", "0.2500", "33.3%"),
    ]
    assert "What changes for callers" in PageReader(page(Comparison.of(card), PICTURES)).text
    unknown = make_card() | {"score_changes": {"rows": 0, "reason": "there is no champion to compare with"}}
    text = PageReader(page(Comparison.of(unknown), PICTURES)).text
    assert "Answers were not compared: there is no champion to compare with." in text
    assert "What changes" not in PageReader(page(Comparison.of(make_card()), PICTURES)).text
