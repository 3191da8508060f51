"""What a page may do about models: make an earlier one the champion again, and ask the champion."""

import json
from collections.abc import Mapping
from typing import Any

from cli import rollback
from cli.api import Api, path_of
from cli.stack import Stack
from console.answers import text_of
from console.models.readings import task_of


def roll_back(stack: Stack, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Start the promotion that makes the model of `fields["to"]` the champion again; `arn` is the promotion's."""
    started = rollback.begin(stack, text_of(fields, "to"), task_of(fields).name)
    return {"arn": started.arn, "from": started.champion.execution, "to": started.earlier.execution}


def ask(stack: Stack, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The API's answer to a ride or sample, as any client gets it: it counts against the key's limits."""
    return json.loads(Api.of(stack).ask(fields.get("values"), path_of(task_of(fields).name)))
