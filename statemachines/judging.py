"""The end of a retraining: the candidate is judged against the champion, promoted if it is better, and accounted."""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.asl import DEFINITION_SHA256, LambdaTask, Pass
from statemachines.champion import PARAMETER, read_champion
from statemachines.champion_predictions import predict_by_champion
from statemachines.promotion_end import end_promotion, name_promotion
from statemachines.promotion_request import start_promotion
from statemachines.tasks import FUNCTION_SECONDS, Tasks, catch, function_retries, refusal
from statemachines.training_set import LISTING, YEARS

# The fields of evaluate_model's answer: the metrics of the best model (null those of the other kind), and the verdict.
METRICS = (
    "model_path",
    "card",
    "algorithm",
    "candidates",
    "rows",
    "threshold",
    "log_loss",
    "auc",
    "accuracy",
    "precision",
    "recall",
    "f1",
    "calibration_error",
    "rmse",
    "mae",
    "r2",
    "bias",
    "bias_gap",
    "verdict",
    "golden",
    "serving",
)


def judge(tasks: Tasks) -> State:
    """The candidate against the champion of that moment; the better of them is live then."""
    retrained = _account("Account costs", _outcome("Retrained", promoted=True))
    same = _account("Account costs of a candidate", _outcome("Kept the champion", promoted=False))
    name = name_promotion()
    promotion = start_promotion(end_promotion(retrained, name, tasks.failure))
    sdk.Chain([name, promotion, retrained])
    better = sdk.Choice("Is it better?")
    verdict = "$.metrics.verdict.promote"
    better.add_choice(sdk.ChoiceRule.BooleanEquals(variable=verdict, value=True), name)
    evaluation = _evaluate(tasks)
    sdk.Chain([evaluation, better, same])
    return read_champion(tasks, predict_by_champion(evaluation))


def _evaluate(tasks: Tasks) -> LambdaTask:
    prefix = "States.Format('training-sets/{{}}/split={}/', $.parameters.execution)"
    rules = {name: f"$.parameters.{name}" for name in ("min_improvement", "max_score_change", "promote", "force")}
    return tasks.function(
        "Evaluate model",
        {
            "execution": "$.parameters.execution",
            "task": "$.parameters.task",
            "kind": "$.parameters.kind",
            "target": "$.parameters.target",
            "features": "$.parameters.features",
            "training_set": "$.training_set",
            "candidates": "$.candidates",
            "train_prefix": prefix.format("train"),
            "test_prefix": prefix.format("test"),
            "live_model_path": "$.live.model_path",
            "live_predictions_prefix": "$.live_predictions.prefix",
            "live_predictions_error": "$.live_predictions.error",
            "gate": rules,
            "serving": "$.parameters.serving",
            "started_by": "$.parameters.started_by",
            "lineage": {
                "rides": {name: f"$.rides_listed.{name}" for name in LISTING},
                **{name: f"$.rides_listed.{name}" for name in YEARS},
                "state_machine": "$$.StateMachine.Id",
                "definition_sha256": DEFINITION_SHA256,
            },
        },
        METRICS,
        "$.metrics",
    )


def _account(state_id: str, then: Pass) -> LambdaTask:
    """What the execution cost, at `$.accounts.cost`. A bill that cannot be made fails no retraining.

    The answer is taken as it comes, and looked at in a Choice: a path to what is not there would be an error that no
    Catch gets, after a model has gone live.
    """
    unknown = Pass(
        f"{state_id}: unknown",
        parameters={"cost": {"total_usd": None, "error": {"Error": "$.error.Error", "Cause": "$.error.Cause"}}},
        result_path="$.accounts",
    )
    unknown.next(then)
    account = LambdaTask(
        state_id,
        parameters={
            "FunctionName": "${AccountCostsFunctionArn}",
            "Payload": {
                "execution": "$$.Execution.Id",
                "started": "$$.Execution.StartTime",
                "card": "$.metrics.card",
            },
        },
        asl={"ResultSelector": {"answer": "$"}},
        result_path="$.accounts",
        timeout_seconds=FUNCTION_SECONDS,
        retry=function_retries(),
        catch=catch(unknown),
    )
    account.next(_read_bill(state_id, unknown, then))
    return account


def _read_bill(state_id: str, unknown: Pass, then: Pass) -> sdk.Choice:
    """Take the cost out of an answer that has one."""
    bill = Pass(f"{state_id}: read", parameters={"cost": "$.accounts.answer.Payload.cost"}, result_path="$.accounts")
    bill.next(then)
    cause = "'The function answered {}, which has no cost.', States.JsonToString($.accounts.answer)"
    choice = sdk.Choice(f"{state_id}: has it a sum?")
    choice.add_choice(sdk.ChoiceRule.IsPresent(variable="$.accounts.answer.Payload.cost.total_usd", value=True), bill)
    choice.default_choice(refusal(f"{state_id}: no sum", "NoCost", cause, unknown))
    return choice


def _outcome(state_id: str, *, promoted: bool) -> Pass:
    """The execution's output; `live_model_path` is what answers from now on."""
    return Pass(
        state_id,
        parameters={
            "execution": "$.parameters.execution",
            "task": "$.parameters.task",
            "kind": "$.parameters.kind",
            "target": "$.parameters.target",
            "features": "$.parameters.features",
            "rides": "$.rides",
            "plan": "$.plan",
            "training_set": "$.training_set",
            "other_years": "$.rides_listed.other_years",
            "metrics": "$.metrics",
            # Of a candidate whose hyperparameters were given it is empty.
            "tuning": "$.candidates[*].tuning",
            "model_path": "$.metrics.model_path",
            "promoted": promoted,
            "verdict": "$.metrics.verdict",
            "parameter": PARAMETER,
            "started_by": "$.parameters.started_by",
            "serving": "$.parameters.serving",
            "live_model_path": "$.metrics.model_path" if promoted else "$.live.model_path",
            "cost": "$.accounts.cost",
        },
    )
