"""docs/reference/outputs.md: what a stack gives, and what an execution of each workflow gives."""

import json
from collections.abc import Iterator
from typing import Any

from cli.up import exports, shell_name
from docs.site.reference.markdown import code, codes, page, sentence, table, with_part
from docs.site.reference.template import ROOT, of_type, template
from local.account import EmbeddedAws
from statemachines.alarms import DEAD_LETTERS
from statemachines.workflow_fields import OUTPUT_FIELDS, output_fields


def rendered() -> str:
    """The page."""
    body = "\n".join([_of_the_stack(), _other_variables(), *_of_workflows()])
    return page("Outputs", _INTRODUCTION, body, _SOURCE)


def with_dead_letter_queues(text: str) -> str:
    """docs/operations.md with the queues of what failed."""
    rows = [(what, code(f"{queue}Url")) for queue, what in DEAD_LETTERS.items()]
    return with_part(text, "dead-letter queues", table(("what failed", "the queue's output"), rows))


def _of_the_stack() -> str:
    rows = [
        (code(name), code("API_URL" if name == "ApiUrl" else shell_name(name)), _meaning(output))
        for name, output in template()["Outputs"].items()
    ]
    return f"## Of a stack\n\n{_OF_A_STACK}\n\n{table(('output', 'variable', 'what it is'), rows)}"


def _meaning(output: dict[str, Any]) -> str:
    condition = " Only with `ApiAuthorization=API_KEY`." if output.get("Condition") == "AuthorizesByKey" else ""
    return sentence(output["Description"]) + condition


def _other_variables() -> str:
    """What the file of variables has besides the outputs."""
    others = [*exports(EmbeddedAws.on_port(1)), "API_KEY"]
    return f"The file also has {codes(others)}. [The aws CLI](../aws-cli.md) uses them.\n"


def _of_workflows() -> Iterator[str]:
    """The output of an execution, by workflow."""
    machines = {each["Properties"]["DefinitionUri"]: name for name, each in of_type(_MACHINE).items()}
    for workflow, fields in OUTPUT_FIELDS.items():
        file = f"statemachines/{workflow}.asl.json"
        names = output_fields(json.loads((ROOT / file).read_text(encoding="utf-8")))
        rows = [(code(name), sentence(fields[name])) for name in names]
        yield (
            f"## Of {workflow}\n\nAn execution of `{machines[file]}` that succeeds "
            f"([the workflow](../{workflow}.md)).\n\n{table(('field', 'what it says'), rows)}"
        )


_MACHINE = "AWS::Serverless::StateMachine"

_INTRODUCTION = """
A stack has outputs: the names and addresses of what it made. An execution has an output as well: what came of it. The
files that a run writes on your laptop are in [commands](../commands.md#runs-of-your-own), and
[a model's card](card.md) has all about a model.

    wildrydes status
    wildrydes watch
"""

_OF_A_STACK = """
`make up` writes them into `build/embedded-aws.env`, each under the name of a variable. On AWS
`aws cloudformation describe-stacks` shows them.
""".strip()

_SOURCE = """
Outputs of the stack are in [`template.yaml`](../../template.yaml), those of the tasks rendered into it from
[`statemachines/template_parts.py`](../../statemachines/template_parts.py). The fields of an execution's output are
those of the states that end a workflow, such as `Retrained` in
[`statemachines/judging.py`](../../statemachines/judging.py). What they say is in
[`statemachines/workflow_fields.py`](../../statemachines/workflow_fields.py).
"""
