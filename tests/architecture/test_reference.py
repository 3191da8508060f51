"""The reference pages: all that the code has is on its page, and each page is as the code says."""

import doctest
import importlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from audit_grants import template_grants
from cli.__main__ import COMMANDS
from docs.site.reference import __main__ as reference
from docs.site.reference import markdown, template
from docs.site.reference.markdown import table, with_part
from docs.site.reference.template import text_of
from reference_pages import RESOURCES, ROOT, TEMPLATE, first_cells, of_type, page, section
from statemachines.promotion_schema import build as promotion_schema
from statemachines.workflow_fields import INPUT_FIELDS, OUTPUT_FIELDS, output_fields
from wildrydes.algorithms import ALGORITHMS
from wildrydes.parameters import FIELDS
from wildrydes.tasks import BINARY, REGRESSION
from wildrydes.training.hyperparameters import allowed_hyperparameters


@cache
def rendered_pages() -> dict[str, str]:
    return dict(reference.rendered_pages())


@pytest.mark.parametrize("path", [*reference.PAGES, *reference.PARTS])
def test_page_is_as_the_code_says(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == rendered_pages()[path], "run `make render`"


def test_every_page_of_the_folder_is_written_from_the_code() -> None:
    files = {each.relative_to(ROOT).as_posix() for each in (ROOT / "docs/reference").iterdir()}
    assert files == set(reference.PAGES)


@pytest.mark.parametrize("path", reference.PAGES)
def test_page_says_what_it_is_and_where_to_change_it(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    introduction = text.partition("\n# ")[2].partition("\n\n")[2].partition("\n## ")[0]
    assert re.match(r"[A-Z`][^|#]{80,}", introduction)
    assert re.search(r"\]\(\.\./[\w-]+\.md", introduction), "no link to a page that shows how"
    source = text.rpartition("\n## Where to change it\n")[2]
    links = re.findall(r"\]\((\.\./\.\./[^)]+)\)", source)
    assert links
    assert all((ROOT / path).parent.joinpath(link).exists() for link in links)


@pytest.mark.parametrize("name", TEMPLATE["Parameters"])
def test_every_parameter_is_there_with_its_default(name: str) -> None:
    (row,) = re.findall(rf"^\| `{name}` \|.*$", page("reference/configuration.md"), re.MULTILINE)
    default = TEMPLATE["Parameters"][name]["Default"]
    assert row.split(" | ")[1] == (f"`{default}`" if default != "" else "empty")


def test_every_schedule_function_and_variable_is_there() -> None:
    text = page("reference/configuration.md")
    assert first_cells(section(text, "Schedules")) == list(of_type("AWS::Scheduler::Schedule"))
    functions = of_type("AWS::Serverless::Function")
    assert first_cells(section(text, "Functions")) == list(functions)
    variables = [each.get("Environment", {}).get("Variables", {}) for each in functions.values()]
    everywhere = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    named = {name for each in (*variables, everywhere) for name in each}
    assert set(first_cells(section(text, "Environment variables"))) == named


def test_every_output_is_there_with_the_variable_that_the_file_has() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([A-Z_]+)` \|", page("reference/outputs.md"), re.MULTILINE)
    assert [name for name, _ in rows] == list(TEMPLATE["Outputs"])
    assert {("DataBucketName", "DATA_BUCKET"), ("ApiUrl", "API_URL"), ("TurnsTableName", "TURNS_TABLE")} <= set(rows)


@pytest.mark.parametrize("workflow", OUTPUT_FIELDS)
def test_every_field_of_a_workflows_output_is_there(workflow: str) -> None:
    definition = json.loads((ROOT / f"statemachines/{workflow}.asl.json").read_text(encoding="utf-8"))
    names = output_fields(definition)
    assert set(names) == set(OUTPUT_FIELDS[workflow])
    assert first_cells(section(page("reference/outputs.md"), f"Of {workflow}")) == names


def test_end_without_parameters_has_no_fields() -> None:
    states = {"A": {"Type": "Pass", "End": True, "Parameters": {"a.$": "$.a", "b": 1}}, "B": {"Type": "Fail"}}
    assert output_fields({"States": states}) == ["a", "b"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_with_its_options_and_exit_codes(name: str) -> None:
    module, attribute = COMMANDS[name]
    command = getattr(importlib.import_module(module), attribute)
    text = section(page("reference/commands.md"), f"wildrydes {name}")
    options = [option for each in command.params if each.param_type_name == "option" for option in each.opts]
    assert first_cells(text) == options
    assert command.epilog.partition(": ")[2] in text
    assert f"- **Makefile**: `make {name}`" in text
    assert f"\n    wildrydes {name}" in text


def test_every_field_of_the_input_is_there() -> None:
    text = page("execution-input.md")
    by_workflow = text.partition("\n## The other workflows\n")
    names = [name for name in first_cells(by_workflow[0]) if "." not in name]
    assert sorted(names) == sorted(FIELDS)
    others = [*promotion_schema()["properties"], *(name for each in INPUT_FIELDS.values() for name in each)]
    assert first_cells(by_workflow[2]) == others


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_hyperparameter_is_there_with_its_range(algorithm: str) -> None:
    text = section(page("reference/hyperparameters.md"), algorithm)
    for kind in (BINARY, REGRESSION):
        for name, rule in allowed_hyperparameters(algorithm, kind).items():
            assert any(f"| {rule}" in row for row in re.findall(rf"^\| `{name}` .*$", text, re.MULTILINE)), name


def test_every_grant_is_there() -> None:
    text = page("reference/grants.md")
    sections: dict[str, str] = {}
    for role, statement, action in sorted(template_grants(RESOURCES)):
        of_role = sections.setdefault(role, section(text, role))
        (row,) = re.findall(rf"^\| `{statement}` \|.*$", of_role, re.MULTILINE)
        assert f"`{action}`" in row.split(" | ")[1], (role, statement, action)


def test_every_role_and_policy_is_there() -> None:
    text = page("reference/grants.md")
    roles = {*of_type("AWS::IAM::Role"), *(f"{name}Role" for name in of_type("AWS::Serverless::Function"))}
    assert roles | set(of_type("AWS::IAM::ManagedPolicy")) <= set(re.findall(r"^## (\w+)$", text, re.MULTILINE))
    of_resources = {
        name for kind in ("S3::Bucket", "SQS::Queue", "SNS::Topic") for name in of_type(f"AWS::{kind}Policy")
    }
    assert set(first_cells(section(text, "Policies of resources"))) == of_resources | set(of_type("AWS::KMS::Key"))
    assert first_cells(section(text, "Permissions to invoke")) == list(of_type("AWS::Lambda::Permission"))


def test_comment_above_a_statement_is_its_reason() -> None:
    row = next(
        line
        for line in section(page("reference/grants.md"), "EdgeComputeFunctionRole").splitlines()
        if line.startswith("| `PublishMeasures` |")
    )
    assert "A metric is no resource; the condition names the namespace." in row


@pytest.mark.parametrize("name", of_type("AWS::Glue::Table"))
def test_every_column_of_a_table_is_there_with_its_type(name: str) -> None:
    properties = of_type("AWS::Glue::Table")[name]["TableInput"]
    columns = [*properties["StorageDescriptor"]["Columns"], *properties.get("PartitionKeys", [])]
    text = section(page("reference/tables.md"), properties["Name"])
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| \S", text, re.MULTILINE)
    assert rows == [(each["Name"], each["Type"]) for each in columns]


def test_every_path_and_every_field_of_the_api_is_there() -> None:
    document = json.loads((ROOT / "functions/predict/openapi.json").read_text(encoding="utf-8"))
    text = page("reference/api.md")
    requests = [
        f"{method.upper()} {path}"
        for path, item in document["paths"].items()
        for method in ("get", "post")
        if method in item
    ]
    assert sorted(first_cells(section(text, "Paths"))) == sorted(requests)
    for name, schema in document["components"]["schemas"].items():
        of_schema = text.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
        assert set(schema.get("properties", {})) <= set(first_cells(of_schema)), name


def test_page_that_differs_is_named_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    monkeypatch.setattr(reference, "ROOT", tmp_path)
    monkeypatch.setattr(reference, "PAGES", {"whole.md": lambda: "# Whole\n"})
    monkeypatch.setattr(reference, "PARTS", {"part.md": lambda text: with_part(text, "numbers", "1, 2")})
    part = tmp_path / "part.md"
    part.write_text("Before\n<!-- numbers, by `make render`. -->\n<!-- The end of numbers. -->\nAfter\n")
    with caplog.at_level("ERROR"):
        assert reference.main(["--check"]) == 1
    assert [each.message.partition(" ")[0] for each in caplog.records] == ["whole.md", "part.md"]
    assert not (tmp_path / "whole.md").exists()
    assert (reference.main([]), reference.main(["--check"])) == (0, 0)
    assert (tmp_path / "whole.md").read_text() == "# Whole\n"
    assert part.read_text() == (
        "Before\n<!-- numbers, by `make render`. -->\n\n1, 2\n\n<!-- The end of numbers. -->\nAfter\n"
    )


def test_page_without_the_comments_of_its_part_is_refused() -> None:
    with pytest.raises(LookupError, match="no part 'numbers'"):
        with_part("Before\n", "numbers", "1")


def test_cells_are_one_line_and_end_where_they_should() -> None:
    assert table(("a", "b", "c"), [("x|y", "two\n  lines", "")]) == "| a | b |\n|---|---|\n| x\\|y | two lines |\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"Ref": "Api"}, "${Api}"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "${Queue.Arn}"),
        ({"Fn::Sub": ["${Name}/x", {"Name": "n"}]}, "${Name}/x"),
        ({"Fn::If": ["HasKey", {"Ref": "Key"}, {"Ref": "AWS::NoValue"}]}, "${Key}"),
        (5, "5"),
    ],
)
def test_values_of_the_template_as_text(value: Any, text: str) -> None:
    assert text_of(value) == text
    with pytest.raises(ValueError, match="has no text"):
        text_of({"a": 1, "b": 2})


@pytest.mark.parametrize("module", [markdown, template])
def test_examples_give_what_they_say(module: Any) -> None:
    results = doctest.testmod(module)
    assert (results.failed, results.attempted > 0) == (0, True)


def test_every_error_is_there() -> None:
    text = page("reference/errors.md")
    tree = (ROOT / "cli/errors.py").read_text(encoding="utf-8")
    # Those of the console are drawn there too: its page shows them.
    of_commands = set(re.findall(r"^class (\w+Error)", sources("cli"), re.MULTILINE))
    drawn = re.findall(r"─ (\w+Error)", tree)
    assert first_cells(section(text, "Of commands")) == [each for each in drawn if each in of_commands]
    of_functions = sources("functions/wildrydes/errors.py")
    names = re.findall(r"^class (\w+)\((?:WildRydesError|BadRequest)\)", of_functions, re.MULTILINE)
    assert sorted(first_cells(section(text, "Of functions"))) == sorted(names)
    workflows = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "statemachines").glob("*.asl.json"))
    of_workflows = set(re.findall(r'"Error": "(\w+)"', workflows))
    assert first_cells(section(text, "Of workflows")) == sorted(of_workflows)


def test_every_error_of_a_workflow_says_what_to_do() -> None:
    rows = section(page("reference/errors.md"), "Of workflows").splitlines()
    assert [row for row in rows if row.startswith("| `") and "../operations.md#when-a" not in row] == []


def sources(path: str) -> str:
    """The text of a module, or of all modules of a folder."""
    place = ROOT / path
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    return "\n".join(each.read_text(encoding="utf-8") for each in files)
