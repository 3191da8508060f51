"""Which model of magic points is meant, its card, and the model itself."""

import json
from typing import Any

from cli import models
from cli.errors import CommandError
from cli.stack import Stack
from local import account
from wildrydes.errors import BadModel
from wildrydes.model.artefact import LINEAR_LEARNER, Model, read_model
from wildrydes.tasks import TASKS

TASK = TASKS["magic_points"]


class UnreadableModelError(CommandError):
    """A model's artefact is not one that is read here; the message says why."""


def card(stack: Stack, execution: str | None) -> dict[str, Any]:
    """The card of the model that an execution trained: by default the champion's, or the newest while there is none.

    Raises models.NoModelError.
    """
    s3: Any = stack.client("s3")

    def objects(prefix: str, end: str) -> dict[str, Any]:
        listed = account.entries(s3, "list_objects_v2", "Contents", Bucket=stack.bucket, Prefix=prefix)
        keys = [each["Key"] for each in listed if each["Key"].endswith(end)]
        return {key: json.load(s3.get_object(Bucket=stack.bucket, Key=key)["Body"]) for key in sorted(keys)}

    cards = {each["execution"]: each for each in objects(TASK.models_prefix, "/card.json").values()}
    history = [each["execution"] for each in objects(f"{TASK.models_prefix}registry/", ".json").values()]
    newest_first = sorted(cards, key=lambda name: str(cards[name].get("created", "")), reverse=True)
    chosen = execution or next(iter([*history[-1:], *newest_first]), None)
    if chosen is None:
        raise models.NoModelError(f"There is no model of {TASK.name} yet: `wildrydes retrain` trains one.")
    if chosen not in cards:
        there = ", ".join(newest_first) or "none yet"
        raise models.NoModelError(f"There is no card of a model {chosen!r} of {TASK.name}; there are: {there}.")
    return cards[chosen]


def read(stack: Stack, of_card: dict[str, Any]) -> Model:
    """The model of a card. Raises UnreadableModelError, also for one that is served by an endpoint alone."""
    body = stack.client("s3").get_object(Bucket=stack.bucket, Key=of_card["model_path"])["Body"]
    try:
        return read_model(body.read(), of_card.get("algorithm", LINEAR_LEARNER))
    except BadModel as bad:
        raise UnreadableModelError(f"The model of {of_card['execution']} cannot be asked here: {bad}.") from None
