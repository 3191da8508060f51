"""What is live: read from the alias, which decides; the SSM parameter, its copy for deployments, is repaired by it.

Each retraining reads both. Where the parameter is gone, or holds something else, it is written anew, and the output of
the execution says what it held and since when, and what became of it. A parameter that can be neither read nor written
stops no retraining: nothing but a deployment takes anything from it.

The parameter is read first. A promotion that goes on meanwhile writes it after the alias, so what the alias says here
is never older.
"""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.asl import Pass
from statemachines.inference import parameter_of, read_alias, read_version
from statemachines.task_choice import SERVING
from statemachines.tasks import Tasks

rule = sdk.ChoiceRule

PARAMETER = {"was": "$.parameter", "repair": "$.repair"}
"""The field `parameter` of a retraining's output.

`was` holds `value` and `changed` (when), or the Error and Cause for which it could not be read. `repair` holds `state`,
`right` or `repaired`, or the Error and Cause for which it could not be written.
"""


def read_champion(tasks: Tasks, then: State) -> State:
    """The key of the model that answers is at `$.live.model_path` afterwards, `none` before the first promotion."""
    alias = read_alias(
        tasks,
        "Read live alias",
        "$.live",
        {"version": "$.FunctionVersion"},
    )
    live = read_version(
        tasks,
        "Read champion",
        "$.live.version",
        "$.live",
        {"version": "$.Version", "model_path": "$.Environment.Variables.MODEL_PATH"},
    )
    parameter = Tasks(alias, "$.parameter").call(
        "Read parameter",
        "ssm:getParameter",
        {"Name": f"{SERVING}.parameter"},
        "$.parameter",
        {"value": "$.Parameter.Value", "changed": "$.Parameter.LastModifiedDate"},
    )
    sdk.Chain([parameter, alias, live, _repair(then)])
    return parameter


def _repair(then: State) -> sdk.Choice:
    right = Pass("Parameter is right", result={"state": "right"}, result_path="$.repair")
    right.next(then)
    repair = Tasks(then, "$.repair").call(
        "Repair parameter", "ssm:putParameter", parameter_of("$.live.model_path"), "$.repair", {"state": "repaired"}
    )
    repair.next(then)
    same = [
        rule.IsPresent(variable="$.parameter.value", value=True),
        rule.StringEqualsPath(variable="$.parameter.value", value="$.live.model_path"),
    ]
    choice = sdk.Choice("Is the parameter right?")
    choice.add_choice(rule.And(same), right)
    choice.default_choice(repair)
    return choice
