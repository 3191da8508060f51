"""The look at a model before an endpoint is updated to it: it needs the champion's features (docs/decisions/0037).

From the update on until `live` moves, the version before asks an endpoint on which the new model answers. A row of
other features would be answered wrong, or not at all. So such a promotion is refused before anything is written. The
version that is live is asked, since it may read the cards, which do not fit into an execution's state.
"""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.asl import LambdaTask
from statemachines.inference import FUNCTION
from statemachines.serving_endpoint import BEFORE, ENDPOINT, NOTHING, is_for_endpoint
from statemachines.tasks import catch, function_retries, refusal

_LIVE = "$.previous.variables.MODEL_PATH"

rule = sdk.ChoiceRule


def check_replacement(then: State, handler: State) -> sdk.Choice:
    """On to `then`, unless an endpoint that is there would be updated to a model of other features than its own."""
    ask = LambdaTask(
        "Compare features",
        parameters={
            "FunctionName": FUNCTION,
            "Qualifier": "$.previous.version",
            "Payload": {"replacement": {"model_path": "$.request.model_path", "replaces": _LIVE}},
        },
        asl={"ResultSelector": {"status": "$.Payload.statusCode", "answer": "States.StringToJson($.Payload.body)"}},
        result_path="$.replacement",
        timeout_seconds=60,
        retry=function_retries(),
        catch=catch(handler),
    )
    ask.next(_judge(then, handler))
    updated = sdk.Choice("Is an endpoint to be updated?")
    updated.add_choice(
        rule.And([is_for_endpoint(), rule.Not(rule.StringEquals(variable=BEFORE, value=NOTHING))]),
        ask,
    )
    updated.default_choice(then)
    return updated


def _judge(then: State, handler: State) -> sdk.Choice:
    possible = "$.replacement.answer.possible"
    answer = [
        rule.NumericEquals(variable="$.replacement.status", value=200),
        rule.IsPresent(variable=possible, value=True),
    ]
    choice = sdk.Choice("Of the same features?")
    choice.add_choice(rule.And([*answer, rule.BooleanEquals(variable=possible, value=True)]), then)
    features = (
        "'The endpoint {} serves a model of the features {}, and {} has {}: until it is live, the version before would "
        "ask it for those. Retrain with serving: lambda and force: true, which deletes the endpoint; then retrain with "
        "serving: endpoint and force: true.', "
        f"{ENDPOINT}, $.replacement.answer.champion_features, $.request.execution, $.replacement.answer.features"
    )
    choice.add_choice(rule.And(answer), refusal("Other features", "OtherFeatures", features, handler))
    unread = (
        "'The endpoint {} cannot be updated to {}, as the function {} answered; its log says why: {}', "
        f"{ENDPOINT}, $.request.execution, {FUNCTION}, States.JsonToString($.replacement)"
    )
    choice.default_choice(refusal("Not to be served", "BadPromotionRequest", unread, handler))
    return choice
