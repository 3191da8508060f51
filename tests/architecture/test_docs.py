"""What the documents say against what is there."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md"), ROOT / "data" / "README.md"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_named_are_commands_of_the_makefile(document: Path) -> None:
    commands = set(re.findall(r"(?:^    |`)make ([a-z]+)", document.read_text(encoding="utf-8"), re.MULTILINE))
    assert commands <= TARGETS


def test_variables_of_the_readme_are_those_of_make_run() -> None:
    table = set(re.findall(r"^\| `([A-Z_]+)=`", README, re.MULTILINE))
    (recipe,) = re.findall(r"^run:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert table == set(re.findall(r"\$\(if \$\((\w+)\)", recipe))


def test_execution_input_of_the_readme_is_the_default() -> None:
    from wildrydes.parameters import check_parameters

    (block,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    execution_input = json.loads(block)
    assert check_parameters("an-execution", execution_input, this_year=2026) == check_parameters(
        "an-execution", {"hyperparameters": {"epochs": 15}}, this_year=2026
    )


def test_errors_of_the_operations_page_exist() -> None:
    import wildrydes.errors

    definitions = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "statemachines").glob("*.asl.json"))
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE):
        for error in re.findall(r"`(\w+)`", row):
            assert hasattr(wildrydes.errors, error) or f'"{error}"' in definitions, error


def test_ci_runs_the_commands_of_the_readme() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^make (\w+)$", ci, re.MULTILINE) == ["check", "build", "test"]
