"""`wildrydes explain`: names the inputs of a model by digest, and trains it again."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from cli import options
from cli.explain import cards, inputs, retraining
from cli.explain.inputs import Finding, Status
from cli.stack import Client
from wildrydes.errors import BadModel
from wildrydes.model.card import ModelCard

_COLOURS = {Status.MATCH: "green", Status.DIFFERS: "red", Status.GONE: "red", Status.UNKNOWN: "yellow"}
# The model follows from these. Code and workflow may have gone on since, which takes nothing from it.
_DATA = ("rides", "weather", "rows", "artefact")
# Without these there is nothing to train again from, or nothing to compare with.
_NEEDED = ("rows", "image", "artefact")
_MOST_DETAILS = 20
_EXIT_CODES = "Exit codes: 0 the same model, 1 not the same, 2 nothing to explain, 130 stopped by Ctrl-C."


@click.command("explain", epilog=_EXIT_CODES, short_help="Name what a model was made from, and train it again.")
@click.argument("model")
@options.task
@options.as_json
@options.stack_options
def explain_command(
    model: str, task: str, *, as_json: bool, aws: bool, profile: str | None, region: str | None, stack_name: str
) -> int:
    """Name what MODEL was made from, say what became of each input, and train it again.

    MODEL is the execution that trained it, or the file of its card. Ctrl-C stops the training job.

    \b
    Example:
      wildrydes explain run-5096cabf9005
      wildrydes explain --task service_requested run-5096cabf9005
    """
    client = options.account(aws, profile, region).client
    file = sys.stderr if as_json else sys.stdout
    console = Console(file=file, highlight=False, soft_wrap=True, markup=False, emoji=False)
    explanation = explain(cards.find(model, stack_name, client, task), client, console)
    if as_json:
        click.echo(json.dumps(explanation.to_json(), indent=2))
    return 0 if explanation.same else 1


@dataclass(frozen=True)
class Explanation:
    """What became of each input of a model, and its numbers beside those of the job that was started again.

    `fault` says why there are no such numbers.
    """

    execution: str
    findings: tuple[Finding, ...]
    parameters: tuple[retraining.Parameter, ...] = ()
    fault: str | None = None

    @property
    def changed(self) -> list[str]:
        """What of rides, weather, rows and artefact is not what the model was made with."""
        return [each.name for each in self.findings if each.name in _DATA and each.status is not Status.MATCH]

    @property
    def other(self) -> list[str]:
        """The numbers that came out differently."""
        return [each.name for each in self.parameters if not each.same]

    @property
    def same(self) -> bool:
        """Whether the same inputs gave the same model, to the bit."""
        return not (self.fault or self.changed or self.other)

    def to_json(self) -> dict[str, Any]:
        """The explanation as a JSON object."""
        return {
            "execution": self.execution,
            "same": self.same,
            "inputs": [asdict(each) for each in self.findings],
            "parameters": [asdict(each) | {"same": each.same} for each in self.parameters],
            "fault": self.fault,
        }


def explain(card: ModelCard, client: Client, console: Console) -> Explanation:
    """Examine the inputs and train again, showing what comes out."""
    training = card.lineage["training"]
    console.print(f"{card.execution}: {card.target} of {', '.join(card.features)}, {card.created}, {card.region}")
    console.print("  " + ", ".join(f"{name} {value}" for name, value in sorted(training["hyperparameters"].items())))
    findings = []
    for finding in inputs.examine(card, client):
        findings.append(finding)
        _show(finding, card, console)
    explanation = _train_again(card, tuple(findings), client, console)
    if explanation.fault:
        console.print(explanation.fault, style="red")
    else:
        console.print(_table(explanation.parameters))
        _show_verdict(explanation, console)
    return explanation


def _train_again(card: ModelCard, findings: tuple[Finding, ...], client: Client, console: Console) -> Explanation:
    unusable = (Status.DIFFERS, Status.GONE)
    broken = [each.name for each in findings if each.name in _NEEDED and each.status in unusable]
    if broken:
        fault = f"Not trained again: {_listed(broken)} not what the model was made with."
        return Explanation(card.execution, findings, fault=fault)
    try:
        again = retraining.retrain(card, client, console.print)
        parameters = retraining.compare(card, again, client)
    except (retraining.RetrainingError, BadModel) as fault:
        return Explanation(card.execution, findings, fault=str(fault))
    return Explanation(card.execution, findings, tuple(parameters))


def _show(finding: Finding, card: ModelCard, console: Console) -> None:
    listed = card.lineage.get(finding.name, {})
    objects = f"  {_objects(listed['objects'])} under {listed['prefix']}" if "prefix" in listed else ""
    console.print(f"{finding.name:<9} {finding.status:<8} {finding.digest}{objects}", style=_COLOURS[finding.status])
    for detail in finding.details[:_MOST_DETAILS]:
        console.print(f"            {detail}")
    if len(finding.details) > _MOST_DETAILS:
        console.print(f"            and {len(finding.details) - _MOST_DETAILS:,} more")
    unsettled = card.lineage["unsettled_rides"]
    if finding.name == "rides" and unsettled["objects"]:
        console.print(
            f"            besides, {_objects(unsettled['objects'])} came or went while the training set was built, and "
            f"may have been read or not: {unsettled['list']}"
        )


def _table(parameters: Sequence[retraining.Parameter]) -> Table:
    table = Table("", "the model", "trained again", "difference", box=None, pad_edge=False)
    for each in parameters:
        table.add_row(each.name, str(each.was), str(each.again), each.difference)
    return table


def _show_verdict(explanation: Explanation, console: Console) -> None:
    if explanation.other:
        console.print(f"Another model: {_listed(explanation.other)} not the same.", style="red")
    elif explanation.changed:
        changed = _listed(explanation.changed)
        console.print(f"The same model to the bit, but {changed} not what was read.", style="red")
    else:
        console.print("The same model, to the bit.", style="green")


def _objects(count: int) -> str:
    return f"{count:,} {'object' if count == 1 else 'objects'}"


def _listed(names: list[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"
