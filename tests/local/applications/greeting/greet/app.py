"""Greets by a word of its layer, which AWS's runtime does not have."""

import os

from exclamations import exclamation  # pyright: ignore[reportMissingImports] - of the layer


def greet(event, context):
    """Answer a workflow and an API."""
    name = event.get("name") or event["pathParameters"]["name"]
    return {"greeting": exclamation(f"{os.environ['GREETING']}, {name}")}
