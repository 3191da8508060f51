"""Choice states: a rule about what the input does not have fails the execution, and so does an input without a rule.

moto takes a missing value for one that differs, so that the Default is chosen. On AWS IsPresent alone asks whether
there is one ("Choice workflow state" in the developer guide); And and Or look at their rules until the answer is clear.
"""

from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison_operator_type import (
    ComparisonOperatorType,
)
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison_variable import ComparisonVariable
from moto.stepfunctions.parser.asl.component.state.choice.comparison.variable import NoSuchVariable
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice

from local.seams import replace, seam
from local.stepfunctions.failures import failure


def install() -> None:
    """Fail where AWS does."""
    seam(ComparisonVariable, "_eval_body")
    evaluate_state = seam(StateChoice, "_eval_state")

    def compare(self: Any, env: Any) -> None:
        self.variable.eval(env)
        operator = self.comparison_function.operator_type
        if isinstance(env.stack[-1], NoSuchVariable) and operator is not ComparisonOperatorType.IsPresent:
            path = self.variable.string_sampler.literal_value
            cause = f"Invalid path '{path}': The choice state's condition path references an invalid value."
            raise failure(env, StatesErrorNameType.StatesRuntime, cause)
        self.comparison_function.eval(env)

    def choose(self: Any, env: Any) -> None:
        try:
            evaluate_state(self, env)
        except RuntimeError as fault:
            if "No branching option" not in str(fault):
                raise
            cause = f"No Choice rule of '{self.name}' matches the state's input, and it has no Default."
            raise failure(env, StatesErrorNameType.StatesNoChoiceMatched, cause) from fault

    replace(ComparisonVariable, "_eval_body", compare)
    replace(StateChoice, "_eval_state", choose)
