"""What `wildrydes watch` says of executions that are no retrainings."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli import outcome
from cli.executions import Progress
from cli.stack import Stack

EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:rydes"
MACHINE = EXECUTION.replace(":execution:", ":stateMachine:")
PATH = "models/run-5096cabf9005/run-5096cabf9005/output/model.tar.gz"


def refuse(service: str) -> Any:
    raise AssertionError(f"{service} is asked for the files of the retraining of the same name")


STACK = Stack(
    "rydes",
    {"DataBucketName": "data", "StateMachineArn": f"{MACHINE}-retrain", "PromoteStateMachineArn": f"{MACHINE}-promote"},
    refuse,
)


@pytest.mark.parametrize(
    ("machine", "output", "sentence"),
    [
        ("promote", {"execution": "run-1", "version": "3"}, "x has succeeded: run-1 is live."),
        ("restore", {"promoted": True, "model_path": PATH}, f"x has succeeded: the promotion's model is live, {PATH}."),
        (
            "restore",
            {"promoted": False, "model_path": PATH},
            f"x has succeeded: the promotion's model is not live; {PATH} is.",
        ),
        (
            "restore",
            {"promoted": False, "model_path": "none"},
            "x has succeeded: the promotion's model is not live; no model is.",
        ),
        ("of-another-stack", {"answer": 42}, "x has succeeded."),
    ],
)
def test_execution_that_is_no_retraining_is_concluded_by_its_own_output(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, machine: str, output: dict[str, Any], sentence: str
) -> None:
    monkeypatch.setattr(outcome, "run_folder", lambda name: tmp_path / name)
    console = Console(file=io.StringIO(), width=200)
    progress = Progress("SUCCEEDED", output=json.dumps(output))
    assert outcome.conclude(STACK, f"{EXECUTION}-{machine}:x", progress, console) == 0
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == f"{sentence}\n"


@pytest.mark.parametrize("as_json", [False, True])
def test_retraining_that_has_yielded_names_the_other_and_has_an_exit_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    monkeypatch.setattr(outcome, "run_folder", lambda name: tmp_path / name)
    monkeypatch.setattr(outcome.account, "fetch", lambda *_: None)
    console = Console(file=io.StringIO(), width=200)
    output = {"execution": "x", "task": "magic_points", "yielded_to": f"{EXECUTION}-retrain:run-7", "promoted": False}
    progress = Progress("SUCCEEDED", output=json.dumps(output))
    assert outcome.conclude(STACK, f"{EXECUTION}-retrain:x", progress, console, as_json=as_json) == 3
    assert isinstance(console.file, io.StringIO)
    if as_json:
        assert json.loads(capsys.readouterr().out) == output
    else:
        assert console.file.getvalue().splitlines() == [
            "x yields to run-7, which is retraining magic_points: nothing was ingested or trained.",
            "`wildrydes watch run-7` follows that one. Start again once it has ended.",
        ]


def test_account_of_a_retraining_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(outcome, "run_folder", lambda name: tmp_path / name)
    with pytest.raises(AssertionError, match="files of the retraining"):
        outcome.conclude(STACK, f"{EXECUTION}-retrain:x", Progress("SUCCEEDED", output="{}"), Console())
