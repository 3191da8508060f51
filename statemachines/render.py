"""Renders workflows and template: `python -m statemachines.render` writes them, `--check` fails where they differ.

ASL goes to `statemachines/<name>.asl.json` (the template's DefinitionUri), the Mermaid picture to
`docs/<name>.md`. What follows from the tasks are docs/promotion.schema.json, the API's paths of each task
(`statemachines.api_paths`) and, between comments, parts of template.yaml, its alarms among them, and of
docs/tasks.md. statemachines/dashboard.yaml is the dashboard's body. The check also fails on a `Next`, `Default` or
`StartAt` that names no state.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import stepfunctions.steps as sdk

from statemachines import (
    alarms,
    api_paths,
    dashboard,
    monitor,
    promote,
    promotion_schema,
    restore,
    retrain,
    retries_page,
    tasks_page,
    template_parts,
)
from statemachines.asl import DEFINITION_SHA256
from statemachines.picture import picture

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent / "docs"

WORKFLOWS: dict[str, Callable[[], sdk.Graph]] = {
    "retrain": retrain.build,
    "promote": promote.build,
    "restore": restore.build,
    "monitor": monitor.build,
}


def main(arguments: list[str] | None = None) -> int:
    """Write or check every workflow. Returns the exit code: 1 where something differs or leads nowhere."""
    parser = argparse.ArgumentParser(prog="python -m statemachines.render", description="Render the state machines.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a rendered file differs")
    check = parser.parse_args(arguments).check
    faults, definitions = [], {}
    for name, build in WORKFLOWS.items():
        definition = definitions[name] = json.loads(json.dumps(build().to_dict()))
        faults += [f"{name}: {fault}" for fault in dangling(definition)]
        faults += put(rendered(name, definition), f"statemachines/{name}.py", check=check)
    faults += put(of_tasks(), "functions/wildrydes/tasks.py", check=check)
    template = (HERE.parent / "template.yaml").read_text(encoding="utf-8")
    body = {HERE / "dashboard.yaml": dashboard.rendered(definitions, template)}
    faults += put(body, "statemachines/dashboard.py", check=check)
    page = DOCS / "retries.md"
    tables = {page: retries_page.rendered(page.read_text(encoding="utf-8"), definitions)}
    faults += put(tables, "statemachines/retries_page.py", check=check)
    for fault in faults:
        print(fault, file=sys.stderr)  # noqa: T201 - the command's own output
    return 1 if faults else 0


def put(files: dict[Path, str], source: str, *, check: bool) -> Iterator[str]:
    """Write the files, or check them: each that differs is named, with the `source` that it is rendered from."""
    for path, text in files.items():
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            yield f"{path.relative_to(HERE.parent)} differs from {source}: run `make render`"


def of_tasks() -> dict[Path, str]:
    """The files that follow from the tasks, with their contents."""
    template, page = HERE.parent / "template.yaml", DOCS / "tasks.md"
    document = HERE.parent / "functions" / "predict" / "openapi.json"
    return {
        document: api_paths.rendered(document.read_text(encoding="utf-8")),
        template: alarms.rendered(template_parts.rendered(template.read_text(encoding="utf-8"))),
        page: tasks_page.rendered(page.read_text(encoding="utf-8")),
        DOCS / "promotion.schema.json": json.dumps(promotion_schema.build(), indent=2) + "\n",
    }


def rendered(name: str, definition: dict[str, Any]) -> dict[Path, str]:
    """The files of a workflow, with their contents."""
    text = json.dumps(definition, indent=2) + "\n"
    return {
        HERE / f"{name}.asl.json": text.replace(DEFINITION_SHA256, sha256(text.encode()).hexdigest()),
        DOCS / f"{name}.md": picture(name, definition),
    }


def dangling(definition: dict[str, Any]) -> Iterator[str]:
    """Each transition of `definition`, and of the machines inside it, that names a state which is not there."""
    states = definition["States"]
    for source, target in transitions(definition):
        if target not in states:
            yield f"{source} leads to {target!r}, which is no state"
    for state in states.values():
        if "ItemProcessor" in state:
            yield from dangling(state["ItemProcessor"])


def transitions(definition: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each (state, state it may lead to) of one level of `definition`, Catch included; the first from `StartAt`."""
    yield "StartAt", definition["StartAt"]
    for name, state in definition["States"].items():
        if "Next" in state:
            yield name, state["Next"]
        if "Default" in state:
            yield name, state["Default"]
        for rule in [*state.get("Choices", []), *state.get("Catch", [])]:
            yield name, rule["Next"]


if __name__ == "__main__":
    sys.exit(main())
