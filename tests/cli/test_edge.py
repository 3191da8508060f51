"""`wildrydes edge` and `leaderboard`, on the CloudWatch and S3 of the embedded AWS, and an API that a test serves."""

import gzip
import io
import uuid
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from api_server import serve
from cli import edge, leaderboard, standings
from cli.api import Api
from cli.edge import Edge
from cli.models import NoModelError
from cli.stack import Stack
from local.account import EmbeddedAws

FEATURES = ("distance", "TMIN", "TMAX", "PRCP")
QUIET = Console(file=io.StringIO())


@pytest.fixture
def stack(server: EmbeddedAws) -> Stack:
    bucket = f"edge-{uuid.uuid4().hex[:8]}"
    server.client("s3").create_bucket(Bucket=bucket)
    return Stack("wildrydes", {"DataBucketName": bucket}, server.client)


def caller(stack: Stack, url: str, execution: str) -> Edge:
    return Edge(stack, Api(f"{url}/", "a-key"), "magic_points", execution, FEATURES)


def of_models(stack: Stack, *names: str) -> list[Any]:
    return [each for each in leaderboard.ranking(stack, "magic_points") if each.model in names]


def test_what_edge_publishes_is_what_the_leaderboard_ranks(stack: Stack) -> None:
    good, bad = (f"run-{uuid.uuid4().hex[:8]}" for _ in range(2))
    rows = b"800,10,100,200,0\n900,20,100,200,0\n"
    stack.client("s3").put_object(
        Bucket=stack.bucket, Key=f"training-sets/{good}/split=test/a.gz", Body=gzip.compress(rows)
    )
    answers = [(200, {"value": 840.0, "unit": "points", "model": good}), (500, {})]
    with serve([*answers, (200, {"value": 950.0, "unit": "points", "model": bad})]) as (url, served):
        asker = caller(stack, url, good)
        # Two batches: one of ten seconds, in which each of its requests is sent at once, and one of five.
        tally = edge.run(
            asker, asker.rows(None), 1, 15, QUIET, send=lambda rows, ask, rate, span: [*map(ask, rows * 2)]
        )
    assert len(served.requests) == 8
    assert {path for path, _, _ in served.requests} == {"/tasks/magic_points/predictions"}
    assert served.requests[0][1]["x-api-key"] == "a-key"
    assert served.requests[0][2] == {"distance": 10.0, "TMIN": 100.0, "TMAX": 200.0, "PRCP": 0.0}
    first, second = of_models(stack, good, bad)
    assert (first.model, first.requests, first.errors, first.loss) == (good, 2, 1, 1600.0)
    assert (second.model, second.requests, second.errors) == (bad, 6, 0)
    assert second.loss == pytest.approx((3 * 150**2 + 3 * 50**2) / 6)
    assert second.p50 is not None
    assert second.p99 is not None
    assert 0 < second.p50 <= second.p99
    measured = {each.model: each for each in tally.standings("magic_points")}
    for each in (first, second):
        by_caller = measured[each.model]
        assert (each.p50, each.p99) == (pytest.approx(by_caller.p50), pytest.approx(by_caller.p99))
    assert {each.model for each in tally.standings("magic_points")} == {good, bad}
    as_json = leaderboard.to_json([first], stack)
    assert (as_json[0]["rmse"], as_json[0]["live"]) == (40.0, False)


def test_the_api_is_told_what_came_true_and_a_refusal_ends_nothing(stack: Stack) -> None:
    execution, console = f"run-{uuid.uuid4().hex[:8]}", Console(file=io.StringIO(), width=200)
    answer = {"value": 840.0, "unit": "points", "model": execution, "request_id": "id-1"}
    row = edge.EdgeRow(800.0, {"distance": 10.0})
    with serve([(200, answer), (403, {"detail": "there is no such path"})]) as (url, served):
        edge.run(caller(stack, url, execution), [row], 1, 1, console, send=lambda rows, ask, rate, span: [ask(rows[0])])
    assert served.requests[1][0] == "/outcomes"
    assert served.requests[1][2] == [{"request_id": "id-1", "place": 0, "value": 800.0, "task": "magic_points"}]
    assert isinstance(console.file, io.StringIO)
    assert "The API does not take what came true: The API answered 403" in console.file.getvalue()


def test_rows_may_come_from_a_file_and_bad_ones_are_named(stack: Stack, tmp_path: Path) -> None:
    asker = caller(stack, "http://127.0.0.1:9", "run-of-nothing")
    file = tmp_path / "rows.csv"
    file.write_text("800,10,100,200,0\n")
    assert [row.truth for row in asker.rows(file)] == [800.0]
    file.write_text("800,10,100\n")
    with pytest.raises(edge.NoRowsError, match=r"rows\.csv, line 1 is not a truth and 4 finite numbers"):
        asker.rows(file)
    with pytest.raises(edge.NoRowsError, match="The test split of run-of-nothing has no rows to send"):
        asker.rows(None)
    outcome = asker.ask(edge.EdgeRow(800.0, {"distance": 10.0}))
    assert (outcome.model, outcome.prediction) == ("run-of-nothing", None)


def test_without_a_champion_there_is_nobody_to_ask(stack: Stack) -> None:
    with pytest.raises(NoModelError, match=r"magic_points has no champion: `wildrydes retrain --task magic_points`"):
        Edge.of(stack, "magic_points")


def test_table_names_the_measure_of_the_task_and_the_live_model() -> None:
    output = io.StringIO()
    fields = {"task": "magic_points", "requests": 1500, "errors": 2, "p50": 4.25, "p99": None}
    measured = [
        standings.Standing(model="run-1", loss=1600.0, **fields),
        standings.Standing(model="run-2", loss=None, **fields),
    ]
    standings.show(measured, Console(file=output, width=120), {"magic_points": "run-1"})
    head, *rows = [line.split() for line in output.getvalue().splitlines()[1:]]
    assert " ".join(head) == "model requests errors RMSE (points) p50 (ms) p99 (ms)"
    assert rows == [
        ["1", "run-1", "(live)", "1,500", "2", "40.00", "4.2", "–"],
        ["2", "run-2", "1,500", "2", "–", "4.2", "–"],
    ]
