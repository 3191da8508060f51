"""What the workflows read and write of a task's inference function: its variables, its alias `live`, its parameter."""

import stepfunctions.steps as sdk
from stepfunctions.steps.choice_rule import BaseRule

from statemachines.asl import Task
from statemachines.task_choice import SERVING
from statemachines.tasks import Tasks

FUNCTION = f"{SERVING}.function"
ALIAS = "live"

NOBODY = "none"
"""The value of the variable PROMOTION while no execution promotes a model."""

NO_WEIGHTS: dict[str, dict[str, float]] = {"AdditionalVersionWeights": {}}

MERGED = "States.JsonMerge({}, {}, false)"
"""The fields of two objects, the second's where both have one."""


def variables_of(own: str) -> dict[str, object]:
    """All variables, since Lambda replaces them together: the old ones and our own, if nobody else wrote meanwhile."""
    return {
        "FunctionName": FUNCTION,
        "RevisionId": "$.inference.revision",
        "Environment": {"Variables": MERGED.format("$.inference.variables", own)},
    }


def is_held_by_this_execution(holder: str) -> BaseRule:
    """Whether the variable PROMOTION, at the path `holder`, is there and names this execution."""
    same = sdk.ChoiceRule.StringEqualsPath(variable=holder, value="$.own.variables.PROMOTION")
    return sdk.ChoiceRule.And([sdk.ChoiceRule.IsPresent(variable=holder, value=True), same])


def alias_of(version: str, routing: object, revision: str, description: str) -> dict[str, object]:
    """`live` on a version, with other versions' weights, if it is still at `revision`; it says who has put it there."""
    return {
        "FunctionName": FUNCTION,
        "Name": ALIAS,
        "FunctionVersion": version,
        "RoutingConfig": routing,
        "Description": description,
        "RevisionId": revision,
    }


def signed(step: str) -> str:
    """The description of `live` after a step of this execution. Lambda takes 256 characters; an ARN has 221 at most."""
    return f"States.Format('{step} by {{}}', $$.Execution.Id)"


def parameter_of(value: str) -> dict[str, object]:
    """The parameter that a deployment takes MODEL_PATH from."""
    return {"Name": f"{SERVING}.parameter", "Value": value, "Type": "String", "Overwrite": True}


def read_alias(tasks: Tasks, state_id: str, path: str, selector: dict | None = None) -> Task:
    """Reads what `live` is on; what `selector` names of it is at `path` afterwards, all of it by default."""
    return tasks.call(state_id, "lambda:getAlias", {"FunctionName": FUNCTION, "Name": ALIAS}, path, selector)


def read_configuration(tasks: Tasks, state_id: str, path: str, selector: dict) -> Task:
    """Reads what the function is set to, which is not what `live` serves; `selector` names what is kept at `path`."""
    return tasks.call(state_id, "lambda:getFunctionConfiguration", {"FunctionName": FUNCTION}, path, selector)


def read_version(tasks: Tasks, state_id: str, version: str, path: str, selector: dict) -> Task:
    """Reads what the version at the path `version` is set to; `selector` names what is kept at `path`."""
    request = {"FunctionName": FUNCTION, "Qualifier": version}
    return tasks.call(state_id, "lambda:getFunctionConfiguration", request, path, selector)
