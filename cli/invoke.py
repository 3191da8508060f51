"""`make invoke`: calls one function of the running stack with an event, and shows its answer and its log."""

import base64
import json
from pathlib import Path

from rich.console import Console

from local import account
from local.account import EmbeddedAws


class CannotInvokeError(Exception):
    """There is no such function, or the event is no JSON; the message says which, and what there is."""


def invoke(server: EmbeddedAws, stack: str, function: str, event: Path, console: Console) -> int:
    """Call `function` (`ingest_rides`) with the JSON in the file `event`. Returns 1 where it answered with an error."""
    name = physical_name(server, stack, function)
    try:
        json.loads(event.read_bytes())
    except (FileNotFoundError, ValueError) as fault:
        raise CannotInvokeError(f"{event} holds no event: {fault}") from fault
    answer = server.client("lambda").invoke(FunctionName=name, Payload=event.read_bytes(), LogType="Tail")
    console.print(base64.b64decode(answer.get("LogResult", "")).decode(errors="replace"), style="dim", markup=False)
    console.print_json(answer["Payload"].read().decode())
    return 1 if "FunctionError" in answer else 0


def physical_name(server: EmbeddedAws, stack: str, function: str) -> str:
    """The deployed name of the function in the folder `function`. Raises CannotInvokeError."""
    cloudformation = server.client("cloudformation")
    resources = account.entries(cloudformation, "list_stack_resources", "StackResourceSummaries", StackName=stack)
    names = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in resources
        if each["ResourceType"] == "AWS::Lambda::Function"
    }
    logical = "".join(word.capitalize() for word in function.split("_")) + "Function"
    if logical not in names:
        known = ", ".join(sorted(folder(name) for name in names))
        raise CannotInvokeError(f"There is no function {function!r}; there are {known}.")
    return names[logical]


def folder(logical_id: str) -> str:
    """`IngestRidesFunction` as `ingest_rides`."""
    words = logical_id.removesuffix("Function")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in words).lstrip("_")
