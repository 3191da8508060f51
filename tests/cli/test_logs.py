"""What `wildrydes logs` prints."""

from typing import Any

import pytest

from cli import __main__ as commands
from cli import logs, options
from cli.stack import Stack

LINE = logs.Line(0, "predict", "a line", "a-stream")


@pytest.mark.parametrize(
    ("lines", "printed", "said"),
    [
        ([LINE], "a line", ""),
        ([], "", "No line of predict is as young as that: --since goes further back."),
    ],
)
def test_a_log_without_a_line_says_so(
    lines: list[logs.Line], printed: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(options, "account", lambda *_: None)
    monkeypatch.setattr(Stack, "describe", lambda *_: None)
    monkeypatch.setattr(logs, "log_groups", lambda *_: {"predict": "/aws/lambda/any"})
    monkeypatch.setattr(logs, "read", lambda *_: lines)
    assert commands.main(["logs", "predict"]) == 0
    out, err = capsys.readouterr()
    assert (printed in out, err.strip()) == (True, said)
