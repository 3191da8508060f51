"""What the documents, the help and the messages say against what is there."""

import importlib
import json
import re
import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from cli import up
from cli.__main__ import COMMANDS
from cli.stack import Stack
from local.account import EmbeddedAws

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "data/README.md",
    ROOT / "CONTRIBUTING.md",
]
# Where messages, docstrings and help name commands.
SOURCES = [*sorted((ROOT / "cli").rglob("*.py")), ROOT / "local/server.py", ROOT / "Makefile"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE))
# The page whose lines are for AWS, and must not go to the embedded AWS.
FOR_AWS = "deploy.md"
ENDPOINT = '--endpoint-url "$AWS_ENDPOINT_URL"'
# Options of other programs that the prose names by themselves.
FOREIGN_OPTIONS = {"--endpoint-url": "the aws CLI"}
# Variables that every shell has.
OF_THE_SHELL = {"PATH", "PWD"}

_FENCE = re.compile(r"^```(?:sh|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ANY_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?<=\n\n)((?: {4}.*\n)(?:(?: {4}.*)?\n)*)")
_SPAN = re.compile(r"`((?:make|wildrydes|\.venv/bin/wildrydes) [^`\n\"]+)")
_EXAMPLE = re.compile(r"^ +(wildrydes [^\n]*)", re.MULTILINE)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def shell_blocks(markdown: str) -> list[str]:
    """The blocks of shell in a document: fenced as sh, or indented."""
    indented = [textwrap.dedent(block) for block in _INDENTED.findall(_ANY_FENCE.sub("", markdown))]
    return [*_FENCE.findall(markdown), *indented]


def shell_commands(block: str) -> Iterator[str]:
    """Each command of a block, with the lines that it goes on in, without comments."""
    for line in block.replace("\\\n", " ").splitlines():
        for command in re.split(r"&&|;", re.sub(r"(^|\s)#.*", "", line)):
            if command.strip():
                yield command.strip()


def commands_in_document(markdown: str) -> list[str]:
    """What a document tells its reader to run, in blocks and in the text."""
    in_blocks = [each for block in shell_blocks(markdown) for each in shell_commands(block)]
    ours = [each for each in in_blocks if re.match(r"(make|wildrydes|\.venv/bin/wildrydes) ", each)]
    return ours + _SPAN.findall(_ANY_FENCE.sub("", markdown))


# Commands whose options for the stack are added: `stack.command("retrain --force")`.
_COMPOSED = re.compile(r"""\bcommand\(f?["']([a-z][^"']*)["']""")


def commands_in_source(source: str) -> list[str]:
    """What help, docstrings and messages tell their reader to run."""
    examples = [each for line in _EXAMPLE.findall(source) for each in shell_commands(line)]
    composed = [f"wildrydes {words}" for words in _COMPOSED.findall(source)]
    return _SPAN.findall(source) + composed + [each for each in examples if each.startswith("wildrydes ")]


def fault(command: str) -> str | None:
    """What does not exist of a command: the target or the command, a variable or an option."""
    program, name, *rest = words(command)
    return make_fault(name, rest) if program == "make" else wildrydes_fault(name, rest)


def words(command: str) -> list[str]:
    """A command's words; of a sentence that quotes no shell, what is between blanks."""
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def make_fault(target: str, rest: list[str]) -> str | None:
    if target not in TARGETS:
        return f"make has no target {target}"
    (head,) = re.findall(rf"^{target}:.*\n(?:\t.*\n)*", MAKEFILE, re.MULTILINE)
    recipe = head.replace("$(INPUT)", input_options())
    variables = [word.partition("=")[0] for word in rest if re.match(r"[A-Z_]+=", word)]
    # Those with a default of the whole Makefile hold for every target.
    everywhere = set(re.findall(r"^([A-Z_]+) \?=", MAKEFILE, re.MULTILINE))
    unknown = [each for each in variables if each not in everywhere and not re.search(rf"\$\([^)]*\b{each}\b", recipe)]
    return f"make {target} takes no {unknown[0]}=" if unknown else None


def input_options() -> str:
    (options,) = re.findall(r"^INPUT = ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    return options


def wildrydes_fault(name: str, rest: list[str]) -> str | None:
    if name.startswith("-"):
        return None if name in {"--help", "-h", "--version"} else f"wildrydes has no {name}"
    if name not in COMMANDS:
        return f"wildrydes has no command {name}"
    options = [word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)]
    unknown = [each for each in options if each not in options_of(name)]
    return f"wildrydes {name} has no {unknown[0]}" if unknown else None


def options_of(name: str) -> set[str]:
    module, attribute = COMMANDS[name]
    command: click.Command = getattr(importlib.import_module(module), attribute)
    named = {option for each in command.params for option in [*each.opts, *each.secondary_opts]}
    return named | {"--help", "-h"}


def exported_names() -> set[str]:
    """The names in build/embedded-aws.env, by the template's outputs."""
    section = read(ROOT / "template.yaml").partition("\nOutputs:\n")[2]
    outputs = dict.fromkeys(re.findall(r"^  (\w+):", section, re.MULTILINE), "a-value")

    def client(service: str) -> Any:
        meta = SimpleNamespace(endpoint_url="http://127.0.0.1:1")
        return SimpleNamespace(meta=meta, get_api_key=lambda **_: {"value": "a-key"})

    return set(up.exports(EmbeddedAws.on_port(1), Stack("wildrydes", outputs, client)))


def undefined_variables(block: str, exported: set[str]) -> set[str]:
    """The variables that a block uses, and that neither the env file nor the block defines."""
    used = set(re.findall(r"\$\{?([A-Z_][A-Z0-9_]*)", block))
    return used - exported - OF_THE_SHELL - set(re.findall(r"^(?:export )?([A-Z_][A-Z0-9_]*)=", block, re.MULTILINE))


def aws_lines(block: str) -> list[str]:
    """The calls of the aws CLI in a block, those in $(…) too."""
    return re.findall(r"(?:^|\$\()(aws [^\n)]*)", block.replace("\\\n", " "), re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", read(document))
    assert [link for link in links if not leads_somewhere(document, link)] == []


def leads_somewhere(document: Path, link: str) -> bool:
    """Whether a link's file exists, and the heading in it that an anchor names."""
    path, _, anchor = link.partition("#")
    page = document.parent / path if path else document
    if not anchor:
        return page.exists()
    headings = re.findall(r"^#+ (.*)", read(page), re.MULTILINE) if page.is_file() else []
    return anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("link", ["docs/nothing.md", "docs/api.md#nothing", "docs/nothing.md#nothing", "#nothing"])
def test_link_that_leads_nowhere_is_noticed(link: str) -> None:
    assert not leads_somewhere(ROOT / "README.md", link)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_commands_of_the_documents_exist(document: Path) -> None:
    assert [wrong for command in commands_in_document(read(document)) if (wrong := fault(command))] == []


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_commands_of_help_and_messages_exist(source: Path) -> None:
    assert [wrong for command in commands_in_source(read(source)) if (wrong := fault(command))] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_that_exists(name: str) -> None:
    module, attribute = COMMANDS[name]
    text = getattr(importlib.import_module(module), attribute).help
    examples = [each for each in commands_in_source(text) if each.split()[:2] == ["wildrydes", name]]
    assert examples
    assert [wrong for each in examples if (wrong := fault(each))] == []


@pytest.mark.parametrize(
    ("markdown", "wrong"),
    [
        ("Text\n\n    make ruin\n", "make has no target ruin"),
        ("Call `make ruin` first.", "make has no target ruin"),
        ("Text\n\n    make up POST=1\n", "make up takes no POST="),
        ("Text\n\n    make status TARGET=a\n", "make status takes no TARGET="),
        ("Text\n\n    wildrydes ruin\n", "wildrydes has no command ruin"),
        ("Text\n\n    . a-file && .venv/bin/wildrydes ruin\n", "wildrydes has no command ruin"),
        ("```sh\nwildrydes logs \\\n  --fellow\n```\n", "wildrydes logs has no --fellow"),
        ("Call `wildrydes retrain --target a --farce`.", "wildrydes retrain has no --farce"),
        ("Call `wildrydes up --json`.", "wildrydes up has no --json"),
        ("Call `wildrydes --verb`.", "wildrydes has no --verb"),
    ],
)
def test_command_that_does_not_exist_is_noticed(markdown: str, wrong: str) -> None:
    assert [fault(command) for command in commands_in_document(markdown)] == [wrong]


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ('"""Ends it.\n\n    Example:\n      wildrydes ruin\n"""', "wildrydes has no command ruin"),
        ('"""\n      wildrydes up && wildrydes ask --farce\n"""', "wildrydes ask has no --farce"),
        ('print(f"There is none: `make ruin` makes one.")', "make has no target ruin"),
        ('print("… `wildrydes watch {name} --farce` follows it")', "wildrydes watch has no --farce"),
    ],
)
def test_command_in_help_that_does_not_exist_is_noticed(source: str, wrong: str) -> None:
    assert [each for command in commands_in_source(source) if (each := fault(command))] == [wrong]


def test_commands_that_exist_are_read_as_such() -> None:
    markdown = "Text\n\n    make run TARGET=a FEATURES=b\n    wildrydes retrain --no-promote  # only judges\n"
    assert commands_in_document(markdown) == ["make run TARGET=a FEATURES=b", "wildrydes retrain --no-promote"]
    assert [fault(command) for command in commands_in_document(markdown)] == [None, None]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_options_named_by_themselves_exist(document: Path) -> None:
    existing = {option for name in COMMANDS for option in options_of(name)} | set(FOREIGN_OPTIONS)
    assert set(re.findall(r"`(--[a-z-]+)", read(document))) - existing == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_variables_of_shell_blocks_are_defined(document: Path) -> None:
    exported = exported_names()
    assert [names for block in shell_blocks(read(document)) if (names := undefined_variables(block, exported))] == []


@pytest.mark.parametrize(
    ("block", "undefined"),
    [
        ("curl $API_URI\n", {"API_URI"}),
        ('aws s3 ls "s3://${BUCKET}/"\n', {"BUCKET"}),
        ("QUERY=$(aws athena)\naws athena $QUERY $OTHER_QUERY\n", {"OTHER_QUERY"}),
        ("curl ${API_URL}model $AWS_REGION $RIDES_DEAD_LETTER_QUEUE_URL $EMBEDDED_AWS_TOKEN\n", set()),
    ],
)
def test_variable_that_nothing_defines_is_noticed(block: str, undefined: set[str]) -> None:
    assert undefined_variables(block, exported_names()) == undefined


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_calls_of_the_aws_cli_stay_on_this_machine(document: Path) -> None:
    calls = [call for block in shell_blocks(read(document)) for call in aws_lines(block)]
    assert [call for call in calls if (ENDPOINT in call) == (document.name == FOR_AWS)] == []


def test_call_of_the_aws_cli_is_found_wherever_it_stands() -> None:
    block = "aws s3 ls\nKEY=$(aws sqs \\\n  list-queues --output text)\n. a-file\n"
    assert aws_lines(block) == ["aws s3 ls", "aws sqs    list-queues --output text"]


def test_variables_of_the_commands_page_are_those_of_make_run() -> None:
    table = set(re.findall(r"^\| `([A-Z_]+)=`", read(ROOT / "docs/commands.md"), re.MULTILINE))
    (lines,) = re.findall(r"^run:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    # A line that ends by `exit 2` refuses a variable.
    recipe = re.sub(r"^.*; exit 2\)$", "", lines, flags=re.MULTILINE)
    assert table == set(re.findall(r"\$\((?:if \$\()?([A-Z_]+)\)", recipe.replace("$(INPUT)", input_options()))) - {
        "WILDRYDES"
    }


def test_commands_page_lists_every_command_and_target() -> None:
    page = read(ROOT / "docs/commands.md")
    assert set(re.findall(r"^\| \[`wildrydes (\w+)`\]", page, re.MULTILINE)) == set(COMMANDS)
    assert set(re.findall(r"`make (\w+)", page)) == TARGETS


def test_readme_is_a_page() -> None:
    assert len(README.splitlines()) <= 110


def test_execution_input_of_its_page_is_the_default() -> None:
    from wildrydes.parameters import check_parameters

    (block,) = re.findall(r"```json\n(.*?)```", read(ROOT / "docs/execution-input.md"), re.DOTALL)
    execution_input = json.loads(block)
    assert check_parameters("an-execution", execution_input, this_year=2026) == check_parameters(
        "an-execution", {"hyperparameters": {"epochs": 15}}, this_year=2026
    )


def test_errors_of_the_operations_page_exist() -> None:
    import wildrydes.errors

    definitions = "".join(read(path) for path in (ROOT / "statemachines").glob("*.asl.json"))
    for row in re.findall(r"^\| (`.*?) \|", read(ROOT / "docs/operations.md"), re.MULTILINE):
        for error in re.findall(r"`(\w+)`", row):
            assert hasattr(wildrydes.errors, error) or f'"{error}"' in definitions, error


def test_ci_runs_what_the_readme_and_contributing_ask_for() -> None:
    ci = read(ROOT / ".ci/run")
    lines = re.findall(r"^make(?: -\S+)* ([a-z ]+?)(?: REQUESTS=\d+)?$", ci, re.MULTILINE)
    targets = " ".join(lines).split()
    demands = {
        target
        for document in (README, read(ROOT / "CONTRIBUTING.md"))
        for target, comment in re.findall(r"^    make ([a-z]+) +# (.+)$", document, re.MULTILINE)
        if comment.startswith(("the tests", "lint", "the site"))
    }
    assert demands == {"test", "check", "docs"}
    assert demands <= set(targets) <= TARGETS
    assert len(set(targets)) == len(targets)
    # What CI runs besides takes longer: CONTRIBUTING.md asks for one of these.
    assert "Run `make proofs` too before you hand in a change" in read(ROOT / "CONTRIBUTING.md").replace("\n", " ")
    assert "proofs" in targets


def test_the_page_of_commands_names_those_that_print_no_json() -> None:
    (named, always) = re.findall(
        r"^Every command but (.*?) prints JSON: (.*?) always, the others with `--json`",
        read(ROOT / "docs/commands.md"),
        re.MULTILINE,
    )[0]
    without = set(re.findall(r"`([a-z]+)`", named + always))
    commands = {
        name: getattr(importlib.import_module(module), attribute) for name, (module, attribute) in COMMANDS.items()
    }
    assert without == {
        name for name, each in commands.items() if not any("--json" in option.opts for option in each.params)
    }
