"""Executions of one definition that run at once: each has components of its own, and none sees another's."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from machines import Client, ended, machine, role

ADD = {"Type": "Pass", "Parameters": {"sum.$": "States.MathAdd($.item, $.number)"}, "OutputPath": "$.sum", "End": True}
STATES: dict[str, Any] = {
    "Branches": {
        "Type": "Parallel",
        "Branches": [
            {
                "StartAt": name,
                "States": {name: {"Type": "Pass", "Parameters": {name + ".$": "$.number"}, "End": True}},
            }
            for name in ("first", "second")
        ],
        "ResultPath": "$.branches",
        "Next": "Items",
    },
    "Items": {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemSelector": {"item.$": "$$.Map.Item.Value", "number.$": "$.number"},
        "ItemProcessor": {"StartAt": "Add", "States": {"Add": ADD}},
        "ResultPath": "$.sums",
        "End": True,
    },
}


def test_executions_of_one_definition_that_run_at_once_end_with_what_is_their_own(client: Client) -> None:
    arn = machine(client, {"StartAt": "Branches", "States": STATES}, role(client, "states.amazonaws.com"))

    def run(number: int) -> Any:
        document = json.dumps({"number": number, "items": [1, 10, 100]})
        started = client("stepfunctions").start_execution(stateMachineArn=arn, input=document)
        return json.loads(ended(client, started["executionArn"])["output"])

    with ThreadPoolExecutor(8) as threads:
        outputs = list(threads.map(run, range(24)))
    assert [output["sums"] for output in outputs] == [[number + 1, number + 10, number + 100] for number in range(24)]
    assert [output["branches"] for output in outputs] == [
        [{"first": number}, {"second": number}] for number in range(24)
    ]
