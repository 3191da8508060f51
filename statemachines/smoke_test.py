"""The look at a published version before anybody is sent to it."""

import stepfunctions.steps as sdk
from stepfunctions.steps.choice_rule import BaseRule
from stepfunctions.steps.states import State

from statemachines.asl import LambdaTask
from statemachines.inference import FUNCTION
from statemachines.serving_endpoint import is_for_endpoint
from statemachines.tasks import catch, function_retries, refusal

rule = sdk.ChoiceRule


def smoke_test(then: State, handler: State) -> State:
    """The version answers the golden ride as the evaluation did, by the model that is meant; then on to `then`."""
    ask = LambdaTask(
        "Smoke-test version",
        parameters={
            "FunctionName": FUNCTION,
            "Qualifier": "$.published.version",
            "Payload": {
                "body": "States.JsonToString($.request.golden.ride)",
                "isBase64Encoded": False,
                # The function goes by the card, and this workflow by the request: they have to agree.
                "serving": "$.request.serving",
            },
        },
        asl={"ResultSelector": {"status": "$.Payload.statusCode", "answer": "States.StringToJson($.Payload.body)"}},
        result_path="$.smoke",
        timeout_seconds=60,
        retry=function_retries(),
        catch=catch(handler),
    )
    choice = sdk.Choice("As evaluated?")
    choice.add_choice(rule.And(_right_answer()), then)
    cause = (
        "'Version {} answered the golden ride with {} and {}; the evaluation of {} had {}.', "
        "$.published.version, $.smoke.status, States.JsonToString($.smoke.answer), $.request.execution, "
        "States.JsonToString($.request.golden)"
    )
    choice.default_choice(refusal("Smoke test failed", "SmokeTestFailed", cause, handler))
    ask.next(choice)
    return ask


def _right_answer() -> list[BaseRule]:
    """The status is 200, the number is the evaluation's, and the model is the one that is meant."""
    probability = "$.smoke.answer.probability"
    within = [
        rule.NumericGreaterThanEquals(variable=probability, value=0),
        rule.NumericLessThanEquals(variable=probability, value=1),
    ]
    return [
        rule.NumericEquals(variable="$.smoke.status", value=200),
        # A regression answers a value, everything else a probability.
        rule.Or([rule.And([*_as_evaluated("probability"), *within]), rule.And(_as_evaluated("value"))]),
        rule.StringEqualsPath(variable="$.smoke.answer.model", value="$.request.execution"),
    ]


def _as_evaluated(name: str) -> list[BaseRule]:
    """The golden request has a number of that name, and the answer has the same, or of an endpoint nearly the same."""
    expected, number = f"$.request.golden.{name}", f"$.smoke.answer.{name}"
    return [
        rule.IsPresent(variable=expected, value=True),
        rule.IsPresent(variable=number, value=True),
        rule.IsNumeric(variable=number, value=True),
        # The function does the evaluation's arithmetic on the same numbers: the last digit is the same. A container
        # has its own, mostly in single precision.
        rule.Or(
            [
                rule.NumericEqualsPath(variable=number, value=expected),
                rule.And(
                    [
                        is_for_endpoint(),
                        rule.NumericGreaterThanEqualsPath(variable=number, value="$.request.golden.at_least"),
                        rule.NumericLessThanEqualsPath(variable=number, value="$.request.golden.at_most"),
                    ]
                ),
            ]
        ),
    ]
