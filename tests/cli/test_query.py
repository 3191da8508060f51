"""`wildrydes query`: what it asks, and what it prints of the rows."""

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest

from cli import __main__ as commands
from cli import options
from cli.stack import Stack

ROWS = [["station", "rides"], ["LaGuardia", "1200"], ["", "7.5"]]
OUTPUTS = {"AthenaWorkGroupName": "a-group", "GlueDatabaseName": "a-database"}


class Athena:
    """Answers each statement with these rows, the first of them the columns' names; a cell without a value is null."""

    def __init__(self, rows: Sequence[Sequence[str]]) -> None:
        self.rows = rows
        self.started: list[dict[str, Any]] = []

    def start_query_execution(self, **request: Any) -> Any:
        self.started.append(request)
        return {"QueryExecutionId": "a-query"}

    def get_query_execution(self, **_: Any) -> Any:
        return {"QueryExecution": {"Status": {"State": "SUCCEEDED"}}}

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **_: Any) -> Any:
        cells = [{"Data": [{"VarCharValue": cell} if cell else {} for cell in row]} for row in self.rows]
        return [{"ResultSet": {"Rows": cells}}]


def run(monkeypatch: pytest.MonkeyPatch, athena: Athena, *arguments: str) -> int:
    monkeypatch.setattr(Stack, "describe", lambda *_: Stack("wildrydes", OUTPUTS, lambda _: athena))
    monkeypatch.setattr(options, "account", lambda *_: None)
    return commands.main(["query", *arguments])


def test_rows_are_a_table_with_numbers_to_the_right(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    athena = Athena(ROWS)
    assert run(monkeypatch, athena, "SELECT 1") == 0
    assert capsys.readouterr().out == "station    rides\nLaGuardia   1200\n             7.5\n2 rows\n"
    (request,) = athena.started
    assert (request["QueryString"], request["WorkGroup"]) == ("SELECT 1", "a-group")
    assert request["QueryExecutionContext"] == {"Database": "a-database"}


def test_a_result_without_rows_is_said_to_have_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, Athena(ROWS[:1]), "SELECT 1") == 0
    assert capsys.readouterr().out == "0 rows\n"


def test_statement_is_read_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 2\n"))
    athena = Athena(ROWS[:2])
    assert run(monkeypatch, athena, "-", "--json") == 0
    assert athena.started[0]["QueryString"] == "SELECT 2\n"
    assert json.loads(capsys.readouterr().out) == [{"station": "LaGuardia", "rides": "1200"}]


def test_rows_are_csv_for_other_programs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, Athena(ROWS), "SELECT 1", "--csv") == 0
    assert capsys.readouterr().out == "station,rides\nLaGuardia,1200\n,7.5\n"
    assert run(monkeypatch, Athena(ROWS), "SELECT 1", "--csv", "--json") == 2
    assert "one of --csv and --json" in capsys.readouterr().err


def test_empty_statement_is_wrong_usage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    athena = Athena(ROWS)
    assert run(monkeypatch, athena, " ") == 2
    assert "there is no statement" in capsys.readouterr().err
    assert athena.started == []
