"""The definitions that executions run with: each keeps its own, whatever is deployed meanwhile, and at its redrives.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachineForExecution.html
"""

import json
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError

from cli.stack import Stack
from console.answers import explain, is_denial
from console.workflow.graphs import graph

_MOST_EXECUTIONS = 500
_MOST_DEFINITIONS = 8


@lru_cache(_MOST_DEFINITIONS)
def drawn(definition: str) -> dict[str, Any]:
    """The graph of a definition, in JSON, with its `digest`: two definitions with one digest are drawn alike."""
    shown = asdict(graph(json.loads(definition)))
    return {**shown, "digest": sha256(json.dumps(shown).encode()).hexdigest()}


class Definitions:
    """Which definition each of the executions has that were asked for last, by its digest: it is asked for once."""

    def __init__(self, stack: Stack) -> None:
        self._states = stack.client("stepfunctions")
        self._digest = lru_cache(_MOST_EXECUTIONS)(self._described)

    def of(self, arn: str) -> dict[str, Any]:
        """The graph that an execution is drawn on, as `drawn` has it."""
        return drawn(self._states.describe_state_machine_for_execution(executionArn=arn)["definition"])

    def digest(self, arn: str, started: datetime) -> tuple[str, str]:
        """The digest of the graph of the execution that was `started` then; or an empty text, and why it is unknown."""
        try:
            return self._digest(arn, started), ""
        except ClientError as refusal:
            if not is_denial(refusal):
                raise
            return "", explain(refusal)[0]

    def _described(self, arn: str, _started: datetime) -> str:
        # One that was started anew under the name has another: a stack may have been destroyed in between.
        return self.of(arn)["digest"]
