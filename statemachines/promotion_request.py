"""The input of a promotion: how the workflow that retrains makes it, and how the one that promotes checks it.

The input may be any JSON, so every field is looked at before anything is written.
"""

import stepfunctions.steps as sdk
from stepfunctions.steps.choice_rule import BaseRule
from stepfunctions.steps.states import State

from statemachines.asl import Pass, Task
from statemachines.serving_endpoint import LONGEST_SECONDS
from statemachines.tasks import STATES_FAULTS, TWO_WAITS_SECONDS, catch, refusal, retry
from wildrydes.tasks import TASKS

MAX_BAKE_SECONDS = 3600

PROMOTION_SECONDS = LONGEST_SECONDS + TWO_WAITS_SECONDS
"""What a promotion is given: for an endpoint, and for two calls of a function, which wait while others use it up."""

WHOLE_SECONDS = "States.MathAdd($.request.bake_seconds, 0)"
"""The seconds to bake, rounded: MathAdd rounds a fraction to a whole number, so what is equal to it has none.

The States Language has no test for whole numbers. A Wait takes no other, and has no Catch.
https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

rule = sdk.ChoiceRule


def complete() -> BaseRule:
    """Whether the input is a request for a promotion: every field that is needed, each of its type."""

    def present(path: str) -> BaseRule:
        return rule.IsPresent(variable=path, value=True)

    def text(path: str) -> BaseRule:
        return rule.And([present(path), rule.IsString(variable=path, value=True)])

    def number(path: str) -> BaseRule:
        return rule.And([present(path), rule.IsNumeric(variable=path, value=True)])

    def absent_or(path: str, right: BaseRule) -> BaseRule:
        return rule.Or([rule.IsPresent(variable=path, value=False), right])

    bake = "$.bake_seconds"
    within = [
        number(bake),
        rule.NumericGreaterThanEquals(variable=bake, value=0),
        rule.NumericLessThanEquals(variable=bake, value=MAX_BAKE_SECONDS),
    ]
    return rule.And(
        [
            text("$.model_path"),
            rule.StringMatches(variable="$.model_path", value="models/*/model.tar.gz"),
            text("$.execution"),
            present("$.golden.ride"),
            rule.Or([number("$.golden.probability"), number("$.golden.value")]),
            absent_or("$.task", text("$.task")),
            absent_or(bake, rule.And(within)),
            absent_or("$.reason", text("$.reason")),
            absent_or("$.replaces", text("$.replaces")),
            absent_or("$.serving", _serving()),
            absent_or("$.started_by", rule.And([text("$.started_by.reason"), text("$.started_by.detail")])),
        ]
    )


def _serving() -> BaseRule:
    """By a function, or by an endpoint: then the answer to the golden request may differ in its last digits."""
    path = "$.serving"
    bounds = [
        rule.And([rule.IsPresent(variable=bound, value=True), rule.IsNumeric(variable=bound, value=True)])
        for bound in ("$.golden.at_least", "$.golden.at_most")
    ]
    by_endpoint = rule.And([rule.StringEquals(variable=path, value="endpoint"), *bounds])
    return rule.And(
        [
            rule.IsString(variable=path, value=True),
            rule.Or([rule.StringEquals(variable=path, value="lambda"), by_endpoint]),
        ]
    )


def refuse_request(handler: State) -> Pass:
    """Fails with the fields that a request needs, and the input that came."""
    return refusal(
        "Wrong request",
        "BadPromotionRequest",
        "'A promotion needs model_path, execution, golden.ride and golden.probability or golden.value; task is one of "
        f"{', '.join(TASKS)}, and model_path is below its prefix; bake_seconds is a whole number "
        f"of up to {MAX_BAKE_SECONDS}, reason and replaces are texts, and so are "
        f"started_by.reason and started_by.detail; serving is lambda, or endpoint, which needs "
        "golden.at_least and golden.at_most: {}', States.JsonToString($$.Execution.Input)",
        handler,
        # The input may be a list or a number, into which nothing can be put.
        whole=True,
    )


def start_promotion(failure: State) -> Task:
    """Run the promotion, a workflow of its own, to its end. A rollback starts it too."""
    return Task(
        "Promote",
        resource="arn:aws:states:::states:startExecution.sync:2",
        parameters={
            "StateMachineArn": "${PromoteArn}",
            # The same name again starts nothing a second time.
            "Name": "$.promotion.name",
            "Input": {
                "task": "$.serving.task",
                "model_path": "$.metrics.model_path",
                "execution": "$.parameters.execution",
                "golden": "$.metrics.golden",
                "reason": "$.metrics.verdict.reason",
                "started_by": "$.parameters.started_by",
                "serving": "$.parameters.serving",
                # It was found better than this one. Than one that went live since, it may not be.
                "replaces": "$.live.model_path",
                "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "$$.Execution.Id",
            },
        },
        result_path=None,
        # A promotion that is out of time ends by its own timeout, before this.
        timeout_seconds=PROMOTION_SECONDS + 300,
        retry=retry(STATES_FAULTS),
        catch=catch(failure),
    )
