"""Which model of magic points is meant, its card, and the model itself."""

import json
from typing import Any

from cli import models
from cli.stack import Stack
from local import account
from wildrydes.model.linear_model import LinearModel, read_model
from wildrydes.tasks import TASKS

TASK = TASKS["magic_points"]


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


def read(stack: Stack, of_card: dict[str, Any]) -> LinearModel:
    """The model of a card. Raises BadModel."""
    body = stack.client("s3").get_object(Bucket=stack.bucket, Key=of_card["model_path"])["Body"]
    return read_model(body.read())
