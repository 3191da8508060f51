"""The command behind `make explain`.

Exit codes: 0 the same inputs gave the same weights, to the bit; 1 they did not, or an input is not what it was; 2 there
is nothing to explain.
"""

import argparse
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from cli.explain import cards, inputs, retraining
from cli.explain.inputs import Finding, Status
from cli.server_record import ServerRecord
from wildrydes.errors import BadModel
from wildrydes.model.card import ModelCard

_COLOURS = {Status.MATCH: "green", Status.DIFFERS: "red", Status.GONE: "red", Status.UNKNOWN: "yellow"}
# The model follows from these. Code and workflow may have gone on since, which takes nothing from it.
_DATA = ("rides", "weather", "rows", "artefact")
# Without these there is nothing to train again from, or nothing to compare with.
_NEEDED = ("rows", "image", "artefact")
_MOST_DETAILS = 20


def main(arguments: list[str] | None = None) -> int:
    """Explain the model that is named. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m explain", description="Say what a model was made from.")
    parser.add_argument("model", help="the execution that trained it, or the file of its card")
    parser.add_argument("--stack", default="wildrydes", help="where to look an execution up (default: %(default)s)")
    parser.add_argument("--aws", action="store_true", help="on AWS itself, with your own credentials")
    given = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    try:
        client = boto3.client if given.aws else _embedded()
        return explain(cards.find(given.model, given.stack, client), client, console)
    except (cards.UnexplainedError, ClientError, BotoCoreError) as fault:
        console.print(str(fault), style="red")
        return 2
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130


def _embedded() -> cards.Client:
    """Clients of what `make up` started. Raises UnexplainedError."""
    server = ServerRecord().running_server()
    if server is None:
        raise cards.UnexplainedError("No embedded AWS is running: `make up` starts one.")
    return server.client


def explain(card: ModelCard, client: cards.Client, console: Console) -> int:
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


if __name__ == "__main__":
    sys.exit(main())
