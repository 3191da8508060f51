"""docs/reference/commands.md, every command with its options, and the tables of docs/commands.md."""

import importlib
import re
from collections.abc import Iterable, Iterator, Mapping

import click

from cli.__main__ import COMMANDS
from docs.site.reference.markdown import code, codes, number, page, sentence, table, with_part
from docs.site.reference.template import ROOT

_DEFAULT = re.compile(r"\s*\[default: (.*)\]$")
_TARGET = re.compile(r"^([a-z]+):.*## (.*)", re.MULTILINE)
_TYPES = {
    "text": "text",
    "integer": "a whole number",
    "float": "a number",
    "path": "a path",
    "integer range": "a number",
}


def rendered() -> str:
    """The page."""
    return page("Every command", _INTRODUCTION, "\n".join(map(_section, COMMANDS)), _SOURCE)


def with_tables(text: str) -> str:
    """docs/commands.md with its tables of commands and of targets as they are."""
    return with_part(with_part(text, "commands", _commands()), "other targets", _targets())


def command_of(name: str) -> click.Command:
    """The command that is called so."""
    module, attribute = COMMANDS[name]
    return getattr(importlib.import_module(module), attribute)


def targets() -> Mapping[str, str]:
    """The Makefile's targets, with what `make help` says of each."""
    return dict(_TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))


def _commands() -> str:
    rows = [
        (f"[`wildrydes {name}`](reference/commands.md#wildrydes-{name})", code(f"make {name}"), _short(name))
        for name in COMMANDS
    ]
    return table(("command", "Makefile", "what it does"), rows)


def _short(name: str) -> str:
    return sentence(command_of(name).get_short_help_str(limit=200))


def _targets() -> str:
    """The targets that call no command."""
    rows = [
        (code(f"make {name}"), sentence(text), _MORE_OF_TARGETS.get(name, ""))
        for name, text in targets().items()
        if name not in COMMANDS
    ]
    return table(("target", "what it does", "more"), rows)


def _section(name: str) -> str:
    command = command_of(name)
    options = [each for each in command.params if isinstance(each, click.Option)]
    usage = " ".join(["wildrydes", name, *_arguments(command.params), "[OPTIONS]"])
    parts = [f"## wildrydes {name}", f"{code(usage)}", *_prose(command.help or "")]
    parts.append(table(("option", "takes", "default", "meaning"), map(_option, options)))
    parts.append(_ends(name, command.epilog or ""))
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _ends(name: str, exit_codes: str) -> str:
    """What comes after the options: how the command ends, and where there is more."""
    heading, _, codes_of_exit = exit_codes.partition(": ")
    lines = [f"- **{heading}**: {codes_of_exit}", f"- **Makefile**: `make {name}`: {_escaped(targets()[name])}"]
    if name in _MORE:
        lines.append(f"- **More**: {_MORE[name]}")
    return "\n".join(lines)


def _arguments(parameters: Iterable[click.Parameter]) -> Iterator[str]:
    for each in parameters:
        if isinstance(each, click.Argument):
            name = str(each.metavar or each.name).upper()
            yield name if each.required else f"[{name}]"


def _prose(text: str) -> Iterator[str]:
    """The paragraphs of a help; what is laid out in it, such as its example, as lines of the shell."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in paragraph.strip().splitlines()]
        if lines[0] != "\b":
            yield _escaped(" ".join(lines))
            continue
        heading, *rest = lines[1:]
        yield heading
        yield "\n".join(f"    {line}" for line in rest)


def _escaped(text: str) -> str:
    """Prose in which nothing is taken for HTML; what is in ticks stays as it is."""
    parts = text.split("`")
    return "`".join(part if place % 2 else part.replace("<", "&lt;") for place, part in enumerate(parts))


def _option(option: click.Option) -> tuple[str, str, str, str]:
    text = option.help or ""
    match = _DEFAULT.search(text)
    default = match[1] if match else str(option.default) if option.show_default else ""
    names = codes([*option.opts, *option.secondary_opts])
    return names, _takes(option), _escaped(default), _escaped(_DEFAULT.sub("", text))


def _takes(option: click.Option) -> str:
    """What is given with an option; nothing with a flag."""
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice):
        return codes(option.type.choices)
    if option.metavar:
        return code(option.metavar)
    if isinstance(option.type, click.IntRange | click.FloatRange):
        return f"a number{_range(option.type)}"
    return _TYPES[option.type.name]


def _range(numbers: click.IntRange | click.FloatRange) -> str:
    above = "above" if numbers.min_open else "from"
    least = "" if numbers.min is None else f" {above} {number(numbers.min)}"
    most = "" if numbers.max is None else f" {'to' if least else 'up to'} {number(numbers.max)}"
    return least + (most or ("" if numbers.min_open else " on"))


_MORE = {
    "up": "[kept state](../kept-state.md), [other applications](../applications.md)",
    "retrain": "[the workflow's input](../execution-input.md)",
    "run": "[the workflow's input](../execution-input.md)",
    "redrive": "[redrive](../operations.md#redrive)",
    "logs": "[logs](../operations.md#logs)",
    "try": "[try one state again](../operations.md#try-one-state-again)",
    "console": "[the console](../console.md)",
    "models": "[when a model does not go live](../operations.md#when-a-model-does-not-go-live)",
    "rollback": "[back to an earlier model](../operations.md#back-to-an-earlier-model)",
    "dashboard": "[metrics](metrics.md)",
    "report": "[a model's card](card.md)",
    "pricing": "[pricing](../pricing.md)",
    "explain": "[where a model came from](../operations.md#where-a-model-came-from)",
    "stream": "[rides one at a time](../stream.md)",
    "publish": "[samples](../samples.md)",
    "query": "[tables](tables.md)",
    "replay": "[when rides are dead-lettered](../operations.md#when-rides-are-dead-lettered)",
    "ask": "[the API](../api.md)",
    "edge": "[edge](../edge.md)",
    "leaderboard": "[edge](../edge.md)",
    "monitor": "[watching the champions](../monitoring.md)",
    "load": "[the API](../api.md)",
    "cost": "[costs](../costs.md)",
    "deploy": "[stacks](../deploy.md)",
    "destroy": "[remove a stack](../deploy.md#remove-a-stack)",
    "iam": "[grants](grants.md)",
}
"""The pages that go into what a command is for."""

_MORE_OF_TARGETS = {
    "setup": "[prerequisites](prerequisites.md)",
    "notebook": "[the workshop](workshop/4-explore-and-train.md)",
    "faults": "[faults](faults.md)",
    "transitions": "[faults](faults.md)",
    "workshop": "[the workshop](workshop/README.md)",
    "applications": "[applications](applications.md)",
    "conformance": "[emulators](emulators.md)",
    "grants": "[grants](reference/grants.md)",
    "check": "[contributing](../CONTRIBUTING.md), [the word list](site/words.toml)",
    "bench": "[performance](performance.md), [model gate](model-gate.md)",
    "evidently": "[monitoring](monitoring.md)",
    "page": "[console](console.md)",
    "data": "[sample data](../data/README.md)",
}

_INTRODUCTION = """
Every command of `wildrydes` with its options, as `--help` prints them. [Commands](../commands.md) says what they are
for, and which variables the Makefile takes. An option that has no default may be left out. Each command but `run`, `up`
and `down` works on the embedded AWS, and with `--aws` on a stack of your account.
"""

_SOURCE = """
A command is a file in `cli/`, and [`cli/__main__.py`](../../cli/__main__.py) lists them. Options that many have are in
[`cli/options.py`](../../cli/options.py). The targets are in the [`Makefile`](../../Makefile).
"""
