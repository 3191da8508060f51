"""`wildrydes pricing`: who pays too much and who too little by today's rule, on the test split of a model of points."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from cli import models, options
from cli.errors import CommandError
from cli.run_folders import publish, run_folder, short
from cli.server_record import BUILD
from cli.stack import Stack
from local import account
from wildrydes.algorithms import LINEAR_LEARNER
from wildrydes.errors import BadModel, NoPrices
from wildrydes.model.artefact import Model, read_model
from wildrydes.pricing.study import RideOfSplit, Study, conduct, features_missing, sentences

PAGE = "pricing.html"
TASK = "magic_points"


class PricingError(CommandError):
    """There is nothing to compare; the message says why."""


@click.command("pricing", epilog=options.EXIT_CODES, short_help="Compare a rule by distance with the weather.")
@click.option("--model", metavar="EXECUTION", help="The execution that trained it.  [default: the champion's]")
@options.as_json
@options.on_stack
def pricing_command(stack: Stack, model: str | None, *, as_json: bool) -> int:
    """Say who pays too much and who too little by today's rule, on the test split of a model of magic points.

    Today's rule is points by distance alone, fitted to the model's train split. It is compared with the points that the
    test rides used, and with the model's prices, in each band of weather. The page is build/pricing.html.

    \b
    Example:
      wildrydes pricing --json | jq '.bands[] | {band, overcharge}'
    """
    cards = models.cards(stack, TASK)
    card = cards[models.choose(models.promotions(stack, TASK), cards, model, TASK, stack.options)]
    study = study_of(stack, card)
    page = write(card, study, BUILD)
    if as_json:
        click.echo(json.dumps({"execution": card["execution"], **study.to_json(), "page": str(page)}, indent=2))
        return 0
    console = options.console()
    for sentence in sentences(study):
        console.print(sentence, markup=False)
    console.print(f"\nThe page is {short(BUILD / PAGE)}.", markup=False)
    return 0


def study_of(stack: Stack, card: dict[str, Any]) -> Study:
    """The study of a model, on the splits that it was trained and judged on. Raises PricingError."""
    execution, features = card["execution"], list(card["features"])
    if missing := features_missing(features):
        raise PricingError(f"The model of {execution} does not look at {', '.join(missing)}: train one that does.")
    model = _read(stack, card)
    try:
        train = ((row[1 + features.index("distance")], row[0]) for row in _rows(stack, execution, "train"))
        return conduct(train, _test_rides(stack, execution, features, model))
    except NoPrices as fault:
        raise PricingError(f"No prices can be compared: {fault}.") from None


def _read(stack: Stack, card: dict[str, Any]) -> Model:
    """The model of a card. Raises PricingError, also for one that an endpoint alone can serve."""
    body = stack.client("s3").get_object(Bucket=stack.bucket, Key=card["model_path"])["Body"]
    try:
        return read_model(body.read(), card.get("algorithm", LINEAR_LEARNER))
    except BadModel as bad:
        raise PricingError(f"The model of {card['execution']} cannot be asked here: {bad}.") from None


def _test_rides(stack: Stack, execution: str, features: list[str], model: Model) -> Iterator[RideOfSplit]:
    places = [1 + features.index(name) for name in ("distance", "TMIN", "TMAX", "PRCP")]
    for row in _rows(stack, execution, "test"):
        yield RideOfSplit(*(row[place] for place in places), points=row[0], price=model.score(row[1:]))


def _rows(stack: Stack, execution: str, split: str) -> Iterator[list[float]]:
    """The rows of a split: the label, then the features. Raises PricingError where it is gone."""
    s3: Any = stack.client("s3")
    prefix = f"training-sets/{execution}/split={split}/"
    objects = account.entries(s3, "list_objects_v2", "Contents", Bucket=stack.bucket, Prefix=prefix)
    if not objects:
        raise PricingError(f"The {split} split of {execution} is gone: s3://{stack.bucket}/{prefix} is empty.")
    for each in objects:
        body = s3.get_object(Bucket=stack.bucket, Key=each["Key"])["Body"]
        with gzip.open(body) as unpacked, io.TextIOWrapper(unpacked, "ascii") as lines:
            yield from (list(map(float, row)) for row in csv.reader(lines))


def write(card: dict[str, Any], study: Study, build: Path) -> Path:
    """Write page, picture and figures into the folder of the model's execution, and copy the page to `build`."""
    # Matplotlib takes a second to import: only what draws waits for it.
    from reports import pricing_page

    folder = run_folder(card["execution"], build)
    folder.mkdir(parents=True, exist_ok=True)
    page = pricing_page.write(card, study.to_json(), folder)
    publish(folder, build, (PAGE,))
    return page
