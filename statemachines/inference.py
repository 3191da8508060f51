"""What the workflows write of the inference function: its variables, its alias `live`, the parameter with its model."""

import stepfunctions.steps as sdk
from stepfunctions.steps.choice_rule import BaseRule

FUNCTION = "${PredictFunctionName}"
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


def alias_of(version: str, routing: object, revision: str) -> dict[str, object]:
    """`live` on a version, with other versions' weights, if it is still at `revision`."""
    return {
        "FunctionName": FUNCTION,
        "Name": ALIAS,
        "FunctionVersion": version,
        "RoutingConfig": routing,
        "RevisionId": revision,
    }


def parameter_of(value: str) -> dict[str, object]:
    """The parameter that a deployment takes MODEL_PATH from."""
    return {"Name": "${ModelPathParameterName}", "Value": value, "Type": "String", "Overwrite": True}
