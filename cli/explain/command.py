"""`wildrydes explain`: names the inputs of a model by digest, and trains it again."""

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
@options.stack_options
def explain_command(model: str, *, aws: bool, profile: str | None, region: str | None, stack_name: str) -> int:
    """Name what MODEL was made from, say what became of each input, and train it again.

    MODEL is the execution that trained it, or the file of its card. Ctrl-C stops the training job.

    \b
    Example:
      wildrydes explain run-5096cabf9005
    """
    client = options.account(aws, profile, region).client
    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    return explain(cards.find(model, stack_name, client), client, console)


def explain(card: ModelCard, client: Client, console: Console) -> int:
    """Examine the inputs and train again. Returns the exit code."""
    training = card.lineage["training"]
    console.print(f"{card.execution}: {card.target} of {', '.join(card.features)}, {card.created}, {card.region}")
    console.print("  " + ", ".join(f"{name} {value}" for name, value in sorted(training["hyperparameters"].items())))
    findings = {}
    for finding in inputs.examine(card, client):
        findings[finding.name] = finding
        _show(finding, card, console)
    broken = [name for name in _NEEDED if findings[name].status in (Status.DIFFERS, Status.GONE)]
    if broken:
        console.print(f"Not trained again: {_listed(broken)} not what the model was made with.", style="red")
        return 1
    try:
        again = retraining.retrain(card, client, console.print)
        parameters = retraining.compare(card, again, client)
    except (retraining.RetrainingError, BadModel) as fault:
        console.print(str(fault), style="red")
        return 1
    console.print(_table(parameters))
    return _verdict(findings, parameters, console)


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


def _table(parameters: list[retraining.Parameter]) -> Table:
    table = Table("", "the model", "trained again", "difference", box=None, pad_edge=False)
    for each in parameters:
        apart = "" if each.same else f"{each.again - each.was:.3g}"
        table.add_row(each.name, repr(each.was), repr(each.again), apart)
    return table


def _verdict(findings: dict[str, Finding], parameters: list[retraining.Parameter], console: Console) -> int:
    other = [each.name for each in parameters if not each.same]
    changed = [name for name in _DATA if findings[name].status is not Status.MATCH]
    if other:
        console.print(f"Other weights: {_listed(other)} not the same.", style="red")
    elif changed:
        console.print(f"The same weights to the bit, but {_listed(changed)} not what was read.", style="red")
    else:
        console.print("The same weights, to the bit.", style="green")
    return 1 if other or changed else 0


def _objects(count: int) -> str:
    return f"{count:,} {'object' if count == 1 else 'objects'}"


def _listed(names: list[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"
