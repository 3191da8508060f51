"""The reference pages of alarms, metrics and the model card: all that the code has is on them."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from aws_lambda_powertools.metrics import MetricUnit

from docs.site.reference.template import text_of
from reference_pages import ROOT, first_cells, of_type, page, section
from wildrydes.evaluation.classifier_metrics import ClassifierMetrics
from wildrydes.evaluation.feature_moments import Moments
from wildrydes.evaluation.feature_profiles import FeatureProfile
from wildrydes.evaluation.gate import Champion, Comparison, Verdict
from wildrydes.evaluation.judgement import Difference
from wildrydes.evaluation.regressor_metrics import RegressorMetrics
from wildrydes.evaluation.score_changes import ScoreChanges
from wildrydes.metric_line import METRICS, directive
from wildrydes.model.card import ModelCard
from wildrydes.model.card_meanings import MEANINGS


@pytest.mark.parametrize("name", of_type("AWS::CloudWatch::Alarm"))
def test_every_alarm_is_there_with_its_threshold_and_what_to_do(name: str) -> None:
    alarm = of_type("AWS::CloudWatch::Alarm")[name]
    title = text_of(alarm["AlarmName"]).replace("${AWS::StackName}", "<stack>")
    (row,) = re.findall(rf"^\| `{title}` \|.*$", page("reference/alarms.md"), re.MULTILINE)
    threshold = alarm["Threshold"]
    assert (f"`{threshold['Ref']}`" if isinstance(threshold, dict) else f" {threshold} in ") in row
    assert f"`{alarm['Namespace']} {alarm['MetricName']}`" in row
    entry = re.findall(r"#([a-z-]+)$", alarm["AlarmDescription"])[0]
    heading = entry.replace("-", " ").capitalize()
    assert f"(../operations.md#{entry})" in section(page("reference/alarms.md"), heading)
    assert row in section(page("reference/alarms.md"), heading)


def added_metrics() -> Iterator[tuple[str, str, str]]:
    """Function, metric and unit of each call of `add_metric`."""
    for path in sorted((ROOT / "functions").glob("*/app.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_metric":
                name, unit = node.args[:2]
                assert isinstance(name, ast.Constant)
                assert isinstance(unit, ast.Attribute)
                yield path.parent.name, str(name.value), getattr(MetricUnit, unit.attr).value


def test_metrics_of_the_functions_are_listed_with_their_units_and_functions() -> None:
    added = list(added_metrics())
    assert len(added) > 15
    assert [each for each in added if each[1] not in METRICS] == []
    assert [each for each in added if METRICS[each[1]].unit != each[2]] == []
    assert [each for each in added if each[0] not in METRICS[each[1]].functions] == []


def test_functions_of_a_metric_exist() -> None:
    named = {function for each in METRICS.values() for function in each.functions}
    assert {name for name in named if not (ROOT / "functions" / name / "app.py").exists()} == set()


def test_metric_that_is_not_listed_is_written_by_nobody() -> None:
    assert directive(["service"], "RidesIn")["Metrics"] == [{"Name": "RidesIn", "Unit": "Count"}]
    with pytest.raises(KeyError):
        directive(["service"], "Luck")


def test_every_metric_is_on_its_page() -> None:
    from wildrydes.edge.metric_data import METRICS as AT_THE_EDGE

    text = page("reference/metrics.md")
    assert first_cells(section(text, "WildRydes")) == list(METRICS)
    assert first_cells(section(text, "WildRydes/Edge")) == list(AT_THE_EDGE)


def test_what_alarms_and_the_dashboard_look_at_is_on_the_page() -> None:
    text = page("reference/metrics.md")
    charts = re.findall(r'^ +\["([\w/]+)", "(\w+)"', page("../statemachines/dashboard.yaml"), re.MULTILINE)
    alarms = [(each["Namespace"], each["MetricName"]) for each in of_type("AWS::CloudWatch::Alarm").values()]
    assert len(charts) > 50
    for namespace, name in {*charts, *alarms}:
        rows = re.findall(rf"^\|.*`{name}` \|.*$", text, re.MULTILINE)
        own = namespace.startswith("WildRydes")
        (row,) = rows if own else [each for each in rows if f"`{namespace}`" in each]
        assert ("the dashboard" in row) == ((namespace, name) in charts), (namespace, name)
        assert ("the alarm" in row) == ((namespace, name) in alarms), (namespace, name)


OF_CARDS: dict[str, Any] = {
    "": ModelCard,
    "live.": Champion,
    "comparison.": Comparison,
    "verdict.": Verdict,
    "differences.*.": Difference,
    "score_changes.": ScoreChanges,
    "training.*.": Moments,
    "feature_profiles.*.": FeatureProfile,
}


@pytest.mark.parametrize("prefix", OF_CARDS)
def test_every_field_of_a_card_is_there(prefix: str) -> None:
    listed = first_cells(page("reference/card.md"))
    assert [each.name for each in fields(OF_CARDS[prefix]) if f"{prefix}{each.name}" not in listed] == []
    assert listed == list(MEANINGS)


def test_metrics_of_a_card_are_those_of_both_kinds_of_tasks() -> None:
    named = {each.name for kind in (ClassifierMetrics, RegressorMetrics) for each in fields(kind)}
    listed = {path.removeprefix("metrics.") for path in MEANINGS if path.startswith("metrics.")}
    assert listed == named
