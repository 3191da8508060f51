"""What commands print into files, and of whom they say that there is no model."""

import doctest
import sys

import pytest
from rich.table import Table

from api_server import serve
from cli import options, trimming
from cli.api import Api, NoAnswerError, path_of, task_at
from wildrydes.tasks import TASKS


def test_examples_of_trimming_hold() -> None:
    assert doctest.testmod(trimming).failed == 0


@pytest.mark.parametrize("as_json", [False, True])
def test_lines_in_a_file_end_without_blanks(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row("model", "a long name")
    table.add_row("", "short")
    options.console(as_json=as_json).print(table)
    written = capsys.readouterr()
    assert (written.err if as_json else written.out) == "model  a long name\n       short\n"
    assert not sys.stdout.isatty()


@pytest.mark.parametrize("task", TASKS)
def test_where_no_model_is_live_the_task_is_named(task: str) -> None:
    assert task_at(path_of(task)) == task
    with (
        serve([(503, {"field": "model", "detail": "no champion"})]) as (url, _),
        pytest.raises(NoAnswerError, match=f"{task} has no champion: `wildrydes retrain --task {task}` trains one"),
    ):
        Api(f"{url}/", "a-key").ask({}, path_of(task))
