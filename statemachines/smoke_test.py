"""The look at a published version before anybody is sent to it."""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.asl import LambdaTask
from statemachines.inference import FUNCTION
from statemachines.tasks import catch, function_retries, refusal

rule = sdk.ChoiceRule


def smoke_test(then: State, handler: State) -> State:
    """The version answers the golden ride as the evaluation did, by the model that is meant; then on to `then`."""
    ask = LambdaTask(
        "Smoke-test version",
        parameters={
            "FunctionName": FUNCTION,
            "Qualifier": "$.published.version",
            "Payload": {"body": "States.JsonToString($.request.golden.ride)", "isBase64Encoded": False},
        },
        asl={"ResultSelector": {"status": "$.Payload.statusCode", "answer": "States.StringToJson($.Payload.body)"}},
        result_path="$.smoke",
        timeout_seconds=60,
        retry=function_retries(),
        catch=catch(handler),
    )
    probability = "$.smoke.answer.probability"
    passed = [
        rule.NumericEquals(variable="$.smoke.status", value=200),
        rule.IsNumeric(variable=probability, value=True),
        rule.NumericGreaterThanEquals(variable=probability, value=0),
        rule.NumericLessThanEquals(variable=probability, value=1),
        # The same arithmetic on the same numbers: the last digit is the same.
        rule.NumericEqualsPath(variable=probability, value="$.request.golden.probability"),
        rule.StringEqualsPath(variable="$.smoke.answer.model", value="$.request.execution"),
    ]
    choice = sdk.Choice("As evaluated?")
    choice.add_choice(rule.And(passed), then)
    cause = (
        "'Version {} answered the golden ride with {} and {}; the evaluation of {} had the probability {}.', "
        "$.published.version, $.smoke.status, States.JsonToString($.smoke.answer), $.request.execution, "
        "$.request.golden.probability"
    )
    choice.default_choice(refusal("Smoke test failed", "SmokeTestFailed", cause, handler))
    ask.next(choice)
    return ask
