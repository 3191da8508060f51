"""Rendering: escapes, paths, pictures, and the check that fails where something differs."""

from pathlib import Path
from typing import Any

import pytest
from stepfunctions.steps import integration_resources

from statemachines import render, retries_page, sql
from statemachines.asl import mark_paths
from statemachines.picture import picture


def test_query_becomes_one_line_whose_values_are_arguments(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    text = (
        "-- what it is for\nSELECT '{', \\n\nFROM t -- here\n"
        "WHERE e = '${execution}' AND y = ${first_year} AND e = '${execution}'\n"
    )
    (tmp_path / "queries" / "q.sql").write_text(text, encoding="utf-8")
    monkeypatch.setattr(sql, "HERE", tmp_path)
    assert sql.query("q") == (
        r"States.Format('SELECT \'\{\', \\n FROM t WHERE e = \'{}\' AND y = {} AND e = \'{}\'', "
        "$.parameters.execution, $.parameters.first_year, $.parameters.execution)"
    )


def test_bucket_is_left_to_cloudformation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "q.sql").write_text("TO 's3://${bucket}/${execution}/'", encoding="utf-8")
    monkeypatch.setattr(sql, "HERE", tmp_path)
    assert sql.query("q") == r"States.Format('TO \'s3://${DataBucket}/{}/\'', $.parameters.execution)"


def test_value_that_no_execution_has_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "q.sql").write_text("SELECT ${nonsense}", encoding="utf-8")
    monkeypatch.setattr(sql, "HERE", tmp_path)
    with pytest.raises(KeyError, match="nonsense"):
        sql.query("q")


def test_stations_are_rows_of_doubles() -> None:
    rows = sql.stations()
    assert rows.count("(") == 4
    assert "('USW00094728', 40.7789E0, -73.9692E0)" in rows


def test_paths_and_intrinsics_are_marked_and_literals_are_not() -> None:
    fields: dict[str, Any] = {
        "a": "$.x",
        "b": "States.UUID()",
        "c": "$5",
        "d": [{"e": "$$.Execution.Name"}],
        "ResultPath": "$.y",
    }
    assert mark_paths(fields) == {
        "a.$": "$.x",
        "b.$": "States.UUID()",
        "c": "$5",
        "d": [{"e.$": "$$.Execution.Name"}],
        "ResultPath": "$.y",
    }


def test_transition_to_no_state_is_named() -> None:
    child = {"StartAt": "C", "States": {"C": {"Type": "Task", "Catch": [{"Next": "Gone"}], "End": True}}}
    definition = {"StartAt": "A", "States": {"A": {"Type": "Map", "ItemProcessor": child, "Next": "B"}}}
    assert list(render.dangling(definition)) == [
        "A leads to 'B', which is no state",
        "C leads to 'Gone', which is no state",
    ]


@pytest.mark.proof
def test_check_fails_on_drift_and_names_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(render, "HERE", tmp_path / "statemachines")
    monkeypatch.setattr(render, "DOCS", tmp_path / "docs")
    # The SDK reads botocore's table of endpoints anew for each state, which takes a tenth of a second.
    monkeypatch.setattr(integration_resources, "get_aws_partition", lambda: "aws")
    (tmp_path / "statemachines").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "tasks.md").write_text("# Tasks\n", encoding="utf-8")
    (tmp_path / "docs" / "retries.md").write_text(retries_page._BEGIN + retries_page._END, encoding="utf-8")
    template = tmp_path / "template.yaml"
    template.write_text("Resource:\n  # <tasks: functions>\n  # </tasks>\nElse: 1\n", encoding="utf-8")
    document = tmp_path / "functions" / "predict" / "openapi.json"
    document.parent.mkdir(parents=True)
    document.write_text(
        (Path(__file__).parents[2] / "functions/predict/openapi.json").read_text(encoding="utf-8"), encoding="utf-8"
    )
    assert render.main([]) == 0
    assert render.main(["--check"]) == 0
    document.write_text(document.read_text(encoding="utf-8").replace("/tasks/pick_duration/", "/tasks/pick/"))
    assert render.main(["--check"]) == 1
    assert "functions/predict/openapi.json differs from functions/wildrydes/tasks.py" in capsys.readouterr().err
    assert render.main([]) == 0
    assert "/tasks/pick/" not in document.read_text(encoding="utf-8")
    asl = tmp_path / "statemachines" / "retrain.asl.json"
    asl.write_text(asl.read_text(encoding="utf-8").replace('"Retrained"', '"Done"', 1), encoding="utf-8")
    assert render.main(["--check"]) == 1
    assert "statemachines/retrain.asl.json differs" in capsys.readouterr().err
    template.write_text(template.read_text(encoding="utf-8").replace("  - !GetAtt PredictFunction.Arn\n", ""))
    assert render.main(["--check"]) == 1
    assert "template.yaml differs from functions/wildrydes/tasks.py" in capsys.readouterr().err
    assert render.main([]) == 0
    assert template.read_text(encoding="utf-8") == (
        "Resource:\n  # <tasks: functions>\n  - !GetAtt PredictFunction.Arn\n"
        "  - !GetAtt PredictServiceRequestedFunction.Arn\n  - !GetAtt PredictMagicPointsFunction.Arn\n"
        "  - !GetAtt PredictPickDurationFunction.Arn\n  # </tasks>\nElse: 1\n"
    )


def test_picture_shows_each_state_and_where_it_leads() -> None:
    states = {
        "Ask": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.plan.chunks", "NumericGreaterThan": 0, "Next": "Do"}],
            "Default": "End",
        },
        "Do": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "End"},
        "End": {"Type": "Succeed"},
    }
    lines = picture("retrain", {"StartAt": "Ask", "States": states}).splitlines()
    assert '  s0{"Ask"}' in lines
    assert '  s1["Do<br/><small>lambda invoke</small>"]' in lines
    assert '  s0 -- "chunks > 0" --> s1' in lines
    assert '  s0 -- "otherwise" --> s2' in lines
    assert "  s1 --> s2" in lines
