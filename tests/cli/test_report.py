"""`wildrydes report` on the embedded AWS: which model it takes, and what it writes where."""

import io
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli import __main__ as commands
from cli import models
from cli import report as model_report
from cli.server_record import ServerRecord
from cli.stack import Stack
from local.account import EmbeddedAws

TEMPLATE = {
    "Resources": {"Data": {"Type": "AWS::S3::Bucket"}},
    "Outputs": {"DataBucketName": {"Value": {"Ref": "Data"}}},
}
METRICS = {
    "rows": 2,
    "not_finite": 0,
    "threshold": 0.5,
    "log_loss": 0.25,
    "auc": None,
    "auc_error": 0.0,
    "accuracy": 1.0,
    "precision": None,
    "recall": None,
    "f1": None,
    "calibration_error": 0.0,
    "calibration_gap": 0.0,
    "calibration_chance": 1.0,
    "confusion": {"true_positives": 0, "false_positives": 0, "true_negatives": 2, "false_negatives": 0},
    "roc": [],
    "calibration": [{"rows": 2, "predicted": 0.2, "observed": 0.0}],
    "histogram": {"negatives": [0, 0, 0, 0, 2] + [0] * 15, "positives": [0] * 20},
}


def card(execution: str, created: str) -> dict[str, Any]:
    return {
        "execution": execution,
        "target": "heavy_utilization",
        "features": ["distance"],
        "rows": 2,
        "metrics": METRICS,
        "created": created,
        "training": {"distance": {"mean": 1.0, "deviation": 2.0}},
        "weights": [0.5],
        "verdict": {"promote": False, "reason": f"Of {execution}."},
    }


class Deployed:
    """A stack with a data bucket and nothing else."""

    def __init__(self, server: EmbeddedAws) -> None:
        self.server, self.name = server, f"report-{uuid.uuid4().hex[:6]}"
        stacks = server.client("cloudformation")
        stacks.create_stack(StackName=self.name, TemplateBody=json.dumps(TEMPLATE))
        stacks.get_waiter("stack_create_complete").wait(StackName=self.name, WaiterConfig={"Delay": 0.1})
        self.stack = Stack.on_embedded_aws(server, self.name)

    def put(self, key: str, value: Any) -> None:
        self.server.client("s3").put_object(Bucket=self.stack.bucket, Key=key, Body=json.dumps(value))

    def end(self) -> None:
        self.server.client("cloudformation").delete_stack(StackName=self.name)


@pytest.fixture
def deployed(server: EmbeddedAws) -> Iterator[Deployed]:
    """With the cards of two models, none of which has been live."""
    stack = Deployed(server)
    stack.put("models/one/card.json", card("one", "2026-01-02T00:00:00+00:00"))
    stack.put("models/two/card.json", card("two", "2026-01-01T00:00:00+00:00"))
    yield stack
    stack.end()


def report(deployed: Deployed, model: str | None, folder: Path) -> str:
    output = io.StringIO()
    model_report.report(deployed.stack, model, Console(file=output, soft_wrap=True), folder)
    return output.getvalue()


def test_the_newest_model_is_reported_while_none_is_live_and_any_by_name(deployed: Deployed, tmp_path: Path) -> None:
    output = report(deployed, None, tmp_path)
    build = tmp_path.as_posix()
    assert output.startswith(f"The report on one is {build}/report.html; in {build}/runs/one/report: ")
    assert "calibration.png, score_distribution.png, weights.png, card.json." in output
    assert "Of one." in (tmp_path / "report.html").read_text(encoding="utf-8")
    report(deployed, "two", tmp_path)
    # Each has a folder of its own; what is in `build` is the last one's.
    assert "Of two." in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Of one." in (tmp_path / "runs" / "one" / "report.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "runs" / "two" / "report" / "card.json").read_text())["execution"] == "two"


def test_the_live_model_is_reported_by_default(deployed: Deployed, tmp_path: Path) -> None:
    entry = {
        "time": "2026-01-03T00:00:00Z",
        "execution": "two",
        "model_path": "models/two/m.tar.gz",
        "version": "1",
        "previous": {"model_path": "none"},
        "golden": {},
        "reason": "",
    }
    deployed.put("models/registry/2026-01-03T00:00:00Z-two.json", entry)
    assert report(deployed, None, tmp_path).startswith("The report on two ")


def test_a_model_that_is_not_there_is_named_beside_those_that_are(deployed: Deployed, tmp_path: Path) -> None:
    with pytest.raises(models.NoModelError, match=r"a model 'three' of heavy_utilization; there are: one, two\."):
        report(deployed, "three", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_any_model_the_command_says_how_to_train_one() -> None:
    with pytest.raises(
        models.NoModelError, match="of magic_points yet: `wildrydes retrain --task magic_points` trains"
    ):
        models.choose([], {}, None, "magic_points")
    with pytest.raises(models.NoModelError, match="no card of a model 'one' of magic_points; there are: none yet"):
        models.choose([], {}, "one", "magic_points")


def test_the_command_fails_while_nothing_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ServerRecord, "process", lambda _: None)
    assert commands.main(["report"]) == 1
    assert "No embedded AWS is running: `make up` starts one." in capsys.readouterr().err
