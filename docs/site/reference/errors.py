"""docs/reference/errors.md: the errors of functions, of workflows and of commands, by name."""

import ast
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from cli.errors import CommandError
from docs.site.reference.markdown import anchor, code, page, sentence, table
from docs.site.reference.template import ROOT
from statemachines.workflow_fields import OUTPUT_FIELDS
from wildrydes import errors

_RUNBOOK = ("When an execution fails", "When a promotion fails")
"""The parts of the runbook whose tables say what to do, by the error."""


def rendered() -> str:
    """The page."""
    body = "\n".join([_of_workflows(), _of_functions(), _of_commands()])
    return page("Errors", _INTRODUCTION, body, _SOURCE)


def function_errors() -> Mapping[str, type[Exception]]:
    """The errors of the domain, which functions raise, by name."""
    classes = inspect.getmembers(errors, inspect.isclass)
    return {
        name: each
        for name, each in classes
        if issubclass(each, errors.WildRydesError) and each is not errors.WildRydesError
    }


def workflow_errors() -> Mapping[str, list[str]]:
    """The errors that workflows give themselves, with the states that do."""
    states: dict[str, list[str]] = {}
    for workflow in OUTPUT_FIELDS:
        definition = json.loads((ROOT / f"statemachines/{workflow}.asl.json").read_text(encoding="utf-8"))
        for name, error in _refusals(definition):
            states.setdefault(error, []).append(f"`{workflow}`: {name}")
    return states


def _refusals(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each state that gives an error a name, those inside of Maps and branches too."""
    for name, state in definition["States"].items():
        error = state.get("Parameters", {}).get("Error") if isinstance(state.get("Parameters"), Mapping) else None
        if isinstance(error, str):
            yield name, error
        for inner in (state.get("ItemProcessor"), *state.get("Branches", [])):
            if inner:
                yield from _refusals(inner)


def command_errors() -> Iterator[tuple[str, type[CommandError]]]:
    """Each error of the commands, in the order in which `cli.errors` draws them."""
    modules = {
        each.name: ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "cli").rglob("*.py"))
        for each in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(each, ast.ClassDef)
    }
    for name in re.findall(r"─ (\w+Error)", (ROOT / "cli/errors.py").read_text(encoding="utf-8")):
        if name in modules:
            yield name, getattr(import_module(modules[name].removesuffix(".__init__")), name)


def _of_workflows() -> str:
    rows = [(code(name), "; ".join(states), _what_to_do(name)) for name, states in sorted(workflow_errors().items())]
    return f"## Of workflows\n\n{_OF_WORKFLOWS}\n\n{table(('error', 'given by', 'what to do'), rows)}"


def _of_functions() -> str:
    rows = [
        (code(name), _first_paragraph(inspect.getdoc(each) or ""), _what_to_do(name))
        for name, each in function_errors().items()
    ]
    return f"## Of functions\n\n{_OF_FUNCTIONS}\n\n{table(('error', 'meaning', 'what to do'), rows)}"


def _of_commands() -> str:
    rows = [
        (code(name), str(each.exit_code), _first_paragraph(inspect.getdoc(each) or ""))
        for name, each in command_errors()
    ]
    return f"## Of commands\n\n{_OF_COMMANDS}\n\n{table(('error', 'exit code', 'meaning'), rows)}"


def _first_paragraph(text: str) -> str:
    return sentence(text.partition("\n\n")[0])


def _what_to_do(error: str) -> str:
    """Where the runbook has the error in the first cell of a table."""
    runbook = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    for heading in _RUNBOOK:
        part = runbook.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        if re.search(rf"^\|[^|]*`{error}`", part, re.MULTILINE):
            return f"[{heading}](../operations.md#{anchor(heading)})"
    return ""


_INTRODUCTION = """
Every error has a name. An execution that fails ends with it, and a function logs it. Search
[troubleshooting](../troubleshooting.md) by the message. [Operations](../operations.md#when-an-execution-fails) says
what to do about those that end an execution. These show the last one, and its log:

    wildrydes watch
    wildrydes logs
"""

_OF_WORKFLOWS = """
A workflow ends with one of these, besides what AWS's services and the functions fail with. The name of the state that
gives it says why.
""".strip()

_OF_FUNCTIONS = """
A state that calls a function ends with the name of the error that the function raised. Some of them never leave a
function: they become the reason of a rejected record, or an answer of the API.
""".strip()

_OF_COMMANDS = """
A command prints the message alone, and ends with the code. Wrong usage is 2, and Ctrl-C is 130.
""".strip()

_SOURCE = """
The functions' errors are in [`functions/wildrydes/errors.py`](../../functions/wildrydes/errors.py), the workflows' in
the modules of `statemachines/`, such as
[`training_set_check.py`](../../statemachines/training_set_check.py). Those of the commands are drawn in
[`cli/errors.py`](../../cli/errors.py), each class where it is raised.
"""
