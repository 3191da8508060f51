"""Each page of the workshop has its parts, and the README leads to all of them."""

import re
from pathlib import Path

import pytest
from workshop_pages import DO_IT_FOR_ME, FIGURE_IT_OUT, FOLDER, GUIDED, HOLD_MY_HAND, ROOT, blocks, page_paths, sections

PAGES = page_paths()
README = (ROOT / FOLDER / "README.md").read_text(encoding="utf-8")
QUESTIONS, ROLES, ON_AWS = "Questions", "What each role should look at", "In an AWS account"
PARTS = ["Goal", "Time", FIGURE_IT_OUT, HOLD_MY_HAND, DO_IT_FOR_ME, ROLES, QUESTIONS, ON_AWS, "Next"]
_FOLDED = re.compile(r"<details>\n<summary>([^\n]+)</summary>\n\n(.+?)\n\n</details>", re.DOTALL)


def part(page: Path, heading: str) -> str:
    return "\n".join(sections(page.read_text(encoding="utf-8"))[heading][1])


def name_of(page: Path) -> str:
    return page.name


def test_there_is_a_page_for_each_module_in_its_order() -> None:
    numbers = [int(page.name.partition("-")[0]) for page in sorted(PAGES, key=page_number)]
    assert numbers == list(range(1, 11))
    assert sorted(PAGES, key=page_number) == PAGES


def page_number(page: Path) -> int:
    return int(page.name.partition("-")[0])


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_page_has_its_parts_in_order(page: Path) -> None:
    assert list(sections(page.read_text(encoding="utf-8"))) == PARTS


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_challenge_has_folded_hints_and_no_commands(page: Path) -> None:
    assert [summary for summary, _ in _FOLDED.findall(part(page, FIGURE_IT_OUT))] == ["Hints"]
    assert blocks(page, FIGURE_IT_OUT) == []


@pytest.mark.parametrize("mode", GUIDED)
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_guided_mode_has_commands_and_shows_what_they_print(page: Path, mode: str) -> None:
    listed = blocks(page, mode)
    assert [block for block in listed if block.output is not None]
    text = part(page, mode)
    assert text.count("```text\n") == text.count("What you should see:\n") == sum(bool(each.output) for each in listed)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_doing_it_for_you_takes_one_line(page: Path) -> None:
    (block,) = blocks(page, DO_IT_FOR_ME)
    assert block.text.count("\n") == 1


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_role_has_something_to_look_at(page: Path) -> None:
    roles = re.findall(r"^- \*\*(.+?)\*\*: .", part(page, ROLES), re.MULTILINE)
    assert roles == ["Developer", "Data scientist", "Operations"]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_questions_have_folded_answers(page: Path) -> None:
    text = part(page, QUESTIONS)
    folded = _FOLDED.findall(text)
    assert len(folded) >= 3
    assert len(folded) == text.count("<summary>")
    assert [question for question, answer in folded if len(answer.split()) < 10] == []
    # Markdown in a summary is read neither by GitHub nor by the site.
    assert [question for question, _ in folded if "`" in question or "](" in question] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_an_account_takes_one_option_more(page: Path) -> None:
    # Page 5 sets AWS_ENDPOINT_URL for all that follows in its shell.
    assert part(page, ON_AWS).strip().startswith("Open a new shell in the clone")
    commands = [line for line in part(page, ON_AWS).splitlines() if line.startswith("wildrydes ")]
    assert commands
    assert [line for line in commands if "--aws" not in line] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_readme_leads_to_the_page_with_its_times(page: Path) -> None:
    (row,) = re.findall(rf"^\| \d+ \| \[.+\]\({re.escape(page.name)}\) \|(.*)\|$", README, re.MULTILINE)
    whole, machine, short = (cell.strip() for cell in row.split("|"))
    assert part(page, "Time").strip() == (
        f"{HOLD_MY_HAND}: {whole}, including {machine} of machine time. {DO_IT_FOR_ME}: {short}."
    )


def test_readme_sums_the_times() -> None:
    rows = re.findall(r"^\| \d+ \| .*?\|(.*)\|$", README, re.MULTILINE)
    minutes = [[_seconds(cell) for cell in row.split("|")] for row in rows]
    (total,) = re.findall(r"^\| \| all \|(.*)\|$", README, re.MULTILINE)
    sums = [sum(column) for column in zip(*minutes, strict=True)]
    assert [_seconds(cell) for cell in total.split("|")] == sums
    assert sums[0] < 2 * 3600
    assert sums[2] < 45 * 60


def _seconds(cell: str) -> int:
    number, unit = cell.split()
    return int(number) * {"min": 60, "s": 1}[unit]
