"""The shell in which the pages' commands run: what it keeps from block to block, and how it names what failed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from workshop_clone import PageError, Shell, check_output
from workshop_pages import Block, Output


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    folder = tmp_path / "clone"
    folder.mkdir()
    started = Shell(folder, tmp_path / "log")
    yield started
    started.close()


def test_what_a_block_exports_is_there_in_the_next(shell: Shell) -> None:
    assert shell.run(Block("1-page.md", 5, "export A=1\nB=$((A + 1))\n")).printed == ""
    assert shell.run(Block("2-page.md", 5, 'echo "$A $B ${PWD##*/}"\n')).printed == "1 2 clone\n"


def test_errors_and_output_are_read_together_and_input_is_empty(shell: Shell) -> None:
    assert shell.run(Block("1-page.md", 1, "echo out; echo err >&2; cat\n")).printed == "out\nerr\n"


@pytest.mark.parametrize("fault", ["false", "ls nowhere-at-all | grep anything", "wildrydes-is-no-command"])
def test_command_that_fails_is_named_by_page_and_line(shell: Shell, fault: str) -> None:
    with pytest.raises(PageError, match=r"^3-page\.md:42: a command failed with [0-9]+:\nbefore"):
        shell.run(Block("3-page.md", 40, f"echo before\n\n{fault}\necho after\n"))


def test_output_that_differs_is_named_by_page_and_line(shell: Shell) -> None:
    block = Block("3-page.md", 40, "echo one; echo two\n", Output(45, ("one", "three")))
    with pytest.raises(PageError, match=r"^3-page\.md:46: the page shows\nthree\nwhich is not there in\none\ntwo$"):
        check_output(block, shell.run(block))
    check_output(Block("3-page.md", 40, block.text, Output(45, ("one", "…"))), shell.run(block))


def test_commands_get_nothing_of_the_tests_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "real")
    monkeypatch.setenv("MAKEFLAGS", "--jobs")
    shell = Shell(tmp_path, tmp_path / "log")
    try:
        printed = shell.run(Block("1-page.md", 1, 'echo "$AWS_PROFILE$MAKEFLAGS"; [ "$PORT" -gt 1023 ]\n')).printed
    finally:
        shell.close()
    assert printed == "\n"
