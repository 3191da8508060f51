"""What must hold of the workflow whatever is changed in it: read from the ASL that is deployed."""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from wildrydes.tasks import TASKS as SERVED

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = json.loads((ROOT / "statemachines" / "retrain.asl.json").read_text(encoding="utf-8"))
STATES = DEFINITION["States"]
ACCOUNTING = ROOT / "functions" / "account_costs" / "app.py"
# What trains one candidate.
ITERATION = STATES["Train candidates"]["ItemProcessor"]["States"]


def everywhere(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state, those of the Map's children included."""
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from everywhere(state["ItemProcessor"])


TASKS = {name: state for name, state in everywhere(DEFINITION) if state["Type"] == "Task"}


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_timeout_and_retries_with_jitter(name: str) -> None:
    task = TASKS[name]
    # A search trains many models; a promotion may wait twice for a function that others use up.
    longest = {"Tune candidate": 14_400, "Promote": 5400 + 2 * 6487}
    assert 0 < task["TimeoutSeconds"] <= longest.get(name, 5400)
    for retrier in task["Retry"]:
        assert retrier["JitterStrategy"] == "FULL"
        assert (retrier["MaxAttempts"], retrier["MaxDelaySeconds"]) in {(12, 30), (60, 120), (2, 30)}
        assert retrier["BackoffRate"] > 1
        # What is the data's or the code's fault comes again.
        assert not {"States.ALL", "States.TaskFailed"} & set(retrier["ErrorEquals"])


def catches_all(state: dict[str, Any]) -> bool:
    return "Catch" in state and state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


def test_the_whole_has_the_time_of_the_longest_that_its_states_may_take() -> None:
    # A search that is begun three times, what a container predicts, three tries of the champion's transform job, the
    # promotion and its restoring.
    search, transform, promotion = (
        (ITERATION if name in ITERATION else STATES)[name]["TimeoutSeconds"]
        for name in ("Tune candidate", "Predict by candidate", "Promote")
    )
    queries = sum(state.get("TimeoutSeconds", 0) for name, state in STATES.items() if "athena" in str(state))
    functions = 3 * sum(
        STATES[name]["TimeoutSeconds"] for name in ("Apply defaults", "Plan ingestion", "Check ingestion", "List rides")
    )
    jobs = 3 * max(search, ITERATION["Train candidate"]["TimeoutSeconds"]) + 2 * 3 * transform + 2 * promotion
    assert DEFINITION["TimeoutSeconds"] >= jobs + functions
    assert DEFINITION["TimeoutSeconds"] < jobs + functions + queries + 6 * 3600
    # Of what it starts and awaits, none is cut off by the state that awaits it.
    for name in ("Promote", "Restore"):
        started = json.loads((ROOT / "statemachines" / f"{name.lower()}.asl.json").read_text(encoding="utf-8"))
        assert STATES[name]["TimeoutSeconds"] > started["TimeoutSeconds"]


def reachable(states: dict[str, Any], name: str) -> set[str]:
    """The states that an execution that comes to `name` can come to."""
    names, waiting = set(), [name]
    while waiting:
        state = states[(current := waiting.pop())]
        names.add(current)
        following = [state[key] for key in ("Next", "Default") if key in state]
        following += [rule["Next"] for rule in state.get("Choices", []) + state.get("Catch", [])]
        waiting += [each for each in following if each not in names]
    return names


def ends_of(name: str, states: dict[str, Any] = STATES) -> set[str]:
    """The states in which an execution, or an iteration, that comes to `name` can end."""
    return {
        each
        for each in reachable(states, name)
        if states[each]["Type"] in ("Succeed", "Fail") or states[each].get("End")
    }


# What SageMaker has no name for.
UNNAMED = "SageMaker.SageMakerException"
# The errors after which the execution goes on. The card says that the image's digest is not known, and why; the output
# what was the matter with the parameter; the gate why a champion did not predict. A promotion that failed is put in
# order before the execution fails.
GOING_ON = {
    "Resolve image": "Name image by tag",
    "Read parameter": "Read live alias",
    "Repair parameter": "No predictions by champion",
    "Read training job of champion": "Champion did not predict",
    "Define champion": "Champion did not predict",
    "Define champion once more": "Champion did not predict",
    "Predict by champion": "Is champion to predict again?",
    "Forget champion": "Did champion predict?",
    "Promote": "Stop promotion",
    "Stop promotion": "Restore",
    "Restore": "Wait for restoring",
    "Account costs": "Account costs: unknown",
    "Account costs of a candidate": "Account costs of a candidate: unknown",
}


def test_error_that_nothing_mends_ends_the_execution_where_it_can_be_redriven() -> None:
    # A redrive enters a Fail state again, and fails again.
    caught = {name for name, state in STATES.items() if catches_all(state)}
    afterwards = {"Notify failure", "Read restoring", "Read live alias again", "Read live version again"}
    assert caught == {*GOING_ON, *afterwards} - {"Resolve image"}
    assert {name for name, state in STATES.items() if "Catch" in state} - caught == {"Take turn", "Describe holder"}
    (child,) = STATES["Ingest rides"]["ItemProcessor"]["States"].values()
    assert "Catch" not in child
    # A candidate loses by its error, and the others go on.
    assert all(catches_all(state) for state in ITERATION.values() if state["Type"] == "Task")


def test_every_refusal_is_told_and_ends_in_fail() -> None:
    handlers = {catch["Next"] for state in STATES.values() for catch in state.get("Catch", [])}
    # These two look at who has the turn, and take over from a holder that is forgotten.
    going_on = {*GOING_ON.values(), "Read live alias again", "Read restoring", "Read turn", "Take over"}
    # A bill that cannot be made fails nothing.
    for accounting in ("Account costs", "Account costs of a candidate"):
        assert ends_of(accounting) <= {"Retrained", "Kept the champion"}
    going_on |= {"Is champion defined?", "Is champion defined by now?"}
    assert handlers - going_on == {"Notify failure", "Retraining failed"}
    for handler in set(GOING_ON.values()):
        failing = [name for name, task in TASKS.items() if "Catch" in task and task["Catch"][-1]["Next"] == handler]
        assert failing == [name for name, then in GOING_ON.items() if then == handler]
    assert ends_of("Notify failure") == {"Retraining failed"}
    assert STATES["Retraining failed"]["Type"] == "Fail"
    assert ends_of("Unusable training set") == ends_of("Unusable samples") == {"Retraining failed"}


def test_workflow_ends_with_a_new_live_model_or_with_the_one_that_was() -> None:
    assert ends_of(DEFINITION["StartAt"]) == {"Retrained", "Kept the champion", "Yielded", "Retraining failed"}
    new, old = STATES["Retrained"]["Parameters"], STATES["Kept the champion"]["Parameters"]
    assert set(new) == set(old)
    assert (new["promoted"], old["promoted"]) == (True, False)
    assert new["verdict.$"] == old["verdict.$"] == "$.metrics.verdict"


def test_cost_is_accounted_right_before_each_end_that_is_a_success() -> None:
    for end, accounting in (("Retrained", "Account costs"), ("Kept the champion", "Account costs of a candidate")):
        assert STATES[end]["Parameters"]["cost.$"] == "$.accounts.cost"
        before = {name for name, state in STATES.items() if state.get("Next") == end}
        assert before == {f"{accounting}: read", f"{accounting}: unknown"}
        assert not [name for name, state in STATES.items() if state.get("Default") == end]
        # No path into the answer is taken before it is known to be there: States.Runtime would fail what is live.
        assert STATES[accounting]["ResultSelector"] == {"answer.$": "$"}
        choice = STATES[STATES[accounting]["Next"]]
        assert choice["Choices"] == [
            {
                "Variable": "$.accounts.answer.Payload.cost.total_usd",
                "IsPresent": True,
                "Next": f"{accounting}: read",
            }
        ]
        assert STATES[f"{accounting}: read"]["Parameters"] == {"cost.$": "$.accounts.answer.Payload.cost"}
        # The bill has the states that come after it.
        to_come = [STATES[accounting]["Next"], choice["Choices"][0]["Next"], STATES[f"{accounting}: read"]["Next"]]
        assert f"_TRANSITIONS_TO_COME = {len(to_come)}\n" in ACCOUNTING.read_text(encoding="utf-8")
        assert to_come[-1] == end
        none = STATES[choice["Default"]]
        assert (none["Parameters"]["Error"], none["Next"]) == ("NoCost", f"{accounting}: unknown")
        assert STATES[accounting]["Parameters"]["Payload"] == {
            "execution.$": "$$.Execution.Id",
            "started.$": "$$.Execution.StartTime",
            "card.$": "$.metrics.card",
        }
        assert STATES[f"{accounting}: unknown"]["Parameters"]["cost"]["total_usd"] is None


def test_weather_is_described_only_where_too_many_rides_have_none() -> None:
    (rule,) = STATES["Check weather"]["Choices"]
    assert rule == {
        "Variable": "$.training_set.without_weather_fraction",
        "NumericGreaterThanPath": "$.parameters.max_without_weather_fraction",
        "Next": "Describe weather",
    }
    assert STATES["Check weather"]["Default"] == "Check training set"
    assert [name for name in STATES if "Describe weather" in json.dumps(STATES[name])] == ["Check weather"]
    assert ends_of("Describe weather") == {"Retraining failed"}
    assert STATES["Too little weather"]["Parameters"]["Error"] == "TooManyRidesWithoutWeather"


def test_errors_by_which_the_workflow_itself_fails_are_in_the_runbook() -> None:
    import wildrydes.errors

    assert hasattr(wildrydes.errors, "TooManyRidesWithoutWeather")
    runbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for state in ("Too little weather", "Unusable training set"):
        assert f"| `{STATES[state]['Parameters']['Error']}` |" in runbook


def test_nothing_of_a_task_is_done_before_the_execution_has_its_turn() -> None:
    for name in (f"Serve {task}" for task in SERVED):
        assert STATES[name]["Next"] == "Name itself"
    # Without the two ways on from the turn nothing is left but its end.
    take, whose = STATES["Take turn"], STATES["Whose turn is it?"]
    (held, other, _) = whose["Choices"]
    assert take["Next"] == held["Next"] == "Rides or samples?"
    stuck = {**STATES, "Take turn": take | {"Next": "Yielded"}, "Whose turn is it?": whose | {"Choices": [other]}}
    assert ends_of(DEFINITION["StartAt"], stuck) == {"Yielded", "Retraining failed"}
    assert held["And"][1] == {"Variable": "$.turn.read.Item.holder.S", "StringEqualsPath": "$.turn.own"}
    (lost,) = take["Catch"]
    assert (lost["ErrorEquals"], lost["Next"]) == (["DynamoDB.ConditionalCheckFailedException"], "Read turn")


def test_only_a_holder_that_runs_or_is_about_to_is_yielded_to() -> None:
    (runs,) = STATES["Does holder run?"]["Choices"]
    statuses = [each["StringEquals"] for each in runs["Or"]]
    assert (statuses, runs["Next"]) == (["RUNNING", "PENDING_REDRIVE"], "Yielded")
    assert STATES["Does holder run?"]["Default"] == STATES["Describe holder"]["Catch"][0]["Next"] == "Take over"
    # The write is conditional on the holder that was looked at.
    assert STATES["Take over"]["Parameters"]["previous.$"] == "$.turn.read.Item.holder.S"
    assert STATES["Take turn"]["Parameters"]["ExpressionAttributeValues"][":previous"] == {"S.$": "$.turn.previous"}
    assert STATES["Take turn"]["Parameters"]["ConditionExpression"] == (
        "attribute_not_exists(holder) OR holder = :previous OR NOT attribute_type(holder, :text)"
    )
    (_, own, _) = STATES["Whose turn is it?"]["Choices"]
    assert own["And"][1]["StringMatches"] == "${RetrainExecutions}"
    assert STATES["Read turn"]["Parameters"]["ConsistentRead"] is True
    assert STATES["Yielded"]["Parameters"]["yielded_to.$"] == "$.turn.read.Item.holder.S"


def test_reason_of_the_start_is_in_output_card_and_registry() -> None:
    path = "$.parameters.started_by"
    for name in ("Retrained", "Kept the champion", "Yielded"):
        assert STATES[name]["Parameters"]["started_by.$"] == path
    assert STATES["Evaluate model"]["Parameters"]["Payload"]["started_by.$"] == path
    assert STATES["Promote"]["Parameters"]["Input"]["started_by.$"] == path
    for machine in ("promote", "restore"):
        states = json.loads((ROOT / "statemachines" / f"{machine}.asl.json").read_text(encoding="utf-8"))["States"]
        assert states["Write registry"]["Parameters"]["Body"]["started_by.$"].endswith("request.started_by")


def test_nothing_goes_live_but_by_the_verdict() -> None:
    gate = STATES["Is it better?"]
    (rule,) = gate["Choices"]
    assert (rule["Variable"], rule["BooleanEquals"]) == ("$.metrics.verdict.promote", True)
    assert ends_of(gate["Default"]) == {"Kept the champion"}
    # Without that one rule no way leads to a promotion.
    assert "Retrained" in reachable(STATES, DEFINITION["StartAt"])
    assert "Retrained" not in reachable({**STATES, "Is it better?": gate | {"Choices": []}}, DEFINITION["StartAt"])


def test_alias_says_what_is_live_and_the_parameter_nothing() -> None:
    payload = STATES["Evaluate model"]["Parameters"]["Payload"]
    assert payload["live_model_path.$"] == "$.live.model_path"
    assert STATES["Promote"]["Parameters"]["Input"]["replaces.$"] == "$.live.model_path"
    written = [name for name, state in STATES.items() if state.get("ResultPath") == "$.live"]
    assert written == ["Read live alias", "Read champion"]
    assert STATES["Read champion"]["Parameters"]["Qualifier.$"] == "$.live.version"
    # The older of both is read first.
    assert STATES["Read parameter"]["Next"] == "Read live alias"
    assert STATES["Repair parameter"]["Parameters"]["Value.$"] == "$.live.model_path"


def test_retraining_fails_after_its_promotion_has_been_stopped_and_put_in_order() -> None:
    assert STATES["Promote"]["Catch"] == [
        {"ErrorEquals": ["States.ALL"], "Next": "Stop promotion", "ResultPath": "$.error"}
    ]
    # Not without having tried both, unless no promotion was started.
    none_started, otherwise = STATES["Stop promotion"]["Catch"]
    assert none_started["ErrorEquals"] == ["Sfn.ExecutionDoesNotExistException"]
    assert STATES["Stop promotion"]["Next"] == otherwise["Next"] == "Restore"
    assert STATES["Restore"]["Parameters"]["Input"]["promotion.$"] == "$.promotion.arn"
    before, unheard, over, unseen = STATES["Restore"]["Catch"]
    # States.TaskFailed stands for every error but States.Timeout: what comes after it is not asked for those.
    assert over["ErrorEquals"] == ["States.TaskFailed"]
    assert unheard["Next"] == unseen["Next"] == "Wait for restoring"
    assert unheard["ErrorEquals"] == STATES["Restore"]["Retry"][0]["ErrorEquals"]
    assert before["ErrorEquals"] == ["StepFunctions.ExecutionAlreadyExistsException"]
    assert before["Next"] == "Read restoring"
    assert STATES["Read restoring"]["Catch"][-1]["Next"] == STATES["Was it put in order?"]["Default"] == over["Next"]
    assert STATES[unseen["Next"]]["Next"] == over["Next"] == "Read live alias again"
    assert ends_of("Stop promotion") == {"Retrained", "Retraining failed"}
    for choice, variable in (
        ("Did it go live?", "$.restored.output.promoted"),
        ("Is its model live?", "$.seen.variables"),
    ):
        right = STATES[choice]["Choices"][0]
        assert ends_of(right["Next"]) == {"Retrained"}
        assert variable in json.dumps(right)
        assert STATES[choice]["Default"] == "Notify failure"


def test_promotion_starts_once_more_after_a_redrive_alone_and_only_when_the_first_is_put_in_order() -> None:
    number = "$$.Execution.RedriveCount"
    named = STATES["Name promotion"]["Parameters"]
    assert named["redrives.$"] == number
    assert named["name.$"] == f"States.Format('{{}}-{{}}', $$.Execution.Name, {number})"
    assert named["arn.$"].endswith(f":{{}}-{{}}', $$.Execution.Name, {number})")
    # What a Retry repeats, and a redrive, has the name that is kept: none starts a second promotion.
    assert STATES["Promote"]["Parameters"]["Name.$"] == "$.promotion.name"
    assert STATES["Restore"]["ResultSelector"]["redrives.$"] == number
    _, again = STATES["Did it go live?"]["Choices"]
    assert again == {
        "And": [
            {"Variable": "$.error.Error", "StringEquals": "StepFunctions.ExecutionAlreadyExistsException"},
            {"Variable": "$.promotion.redrives", "NumericLessThanPath": "$.restored.redrives"},
        ],
        "Next": "Name promotion",
    }
    # Without these two rules no way leads back to it.
    cut = {
        **STATES,
        "Did it go live?": STATES["Did it go live?"] | {"Choices": STATES["Did it go live?"]["Choices"][:1]},
    }
    assert "Name promotion" not in reachable(cut, "Stop promotion")
    assert [name for name, state in STATES.items() if state.get("Next") == "Name promotion"] == []


def test_a_restoring_of_after_a_redrive_is_another_one() -> None:
    name = "States.Format('{}-{}', $.promotion.name, $$.Execution.RedriveCount)"
    assert STATES["Restore"]["Parameters"]["Name.$"] == name
    # Of that one, and of none before, it is read what came of it.
    of_that_name = name.replace("'{}-{}'", "'${RestoringsArn}:{}-{}'")
    assert STATES["Read restoring"]["Parameters"] == {"ExecutionArn.$": of_that_name}


def test_candidate_that_fails_loses_and_the_others_go_on() -> None:
    start = STATES["Train candidates"]["ItemProcessor"]["StartAt"]
    assert ends_of(start, ITERATION) == {"Candidate trained", "Candidate predicted", "Candidate failed"}
    assert set(ITERATION) == reachable(ITERATION, start)
    handlers = {name: state["Catch"][-1]["Next"] for name, state in ITERATION.items() if "Catch" in state}
    assert handlers == {
        "Resolve image": "Name image by tag",
        "Train candidate": "Was the training killed?",
        "Tune candidate": "Is the tuning job's name taken?",
        "Describe best job": "Candidate failed",
        **dict.fromkeys(("Define candidate", "Define candidate once more"), "Candidate failed"),
        "Predict by candidate": "Is candidate to predict again?",
        "Forget candidate": "Did candidate predict?",
    }
    assert ITERATION["Candidate failed"]["Parameters"] == {
        "algorithm.$": "$.candidate.algorithm",
        "error": {"Error.$": "$.error.Error", "Cause.$": "$.error.Cause"},
    }
    for name in ("Unknown algorithm", "No job was the best", "Too few rows"):
        assert ITERATION[name]["ResultPath"] == "$.error"
        assert ends_of(name, ITERATION) == {"Candidate failed"}
    payload = STATES["Evaluate model"]["Parameters"]["Payload"]
    assert payload["candidates.$"] == STATES["Train candidates"]["ResultPath"]


def test_model_that_only_its_container_reads_is_judged_by_predictions_of_the_test_split() -> None:
    (rule,) = ITERATION["Is it read by its container?"]["Choices"]
    assert (rule["StringEquals"], rule["Next"]) == ("knn", "Name transform job of candidate")
    assert ITERATION["Is it read by its container?"]["Default"] == "Candidate trained"
    assert ends_of(rule["Next"], ITERATION) == {"Candidate predicted", "Candidate failed"}
    predicted, trained = (ITERATION[f"Candidate {name}"]["Parameters"] for name in ("predicted", "trained"))
    assert predicted == trained | {"predictions_prefix.$": "$.transform.prefix"}
    model = ITERATION["Define candidate"]["Parameters"]["PrimaryContainer"]
    path = trained["model_key.$"].removeprefix("States.Format('")
    assert model["ModelDataUrl.$"] == f"States.Format('s3://${{DataBucket}}/{path}"
    assert model["Image.$"] == ITERATION["Train candidate"]["Parameters"]["AlgorithmSpecification"]["TrainingImage.$"]


READERS = [("candidate", ITERATION), ("champion", STATES)]


@pytest.mark.parametrize(("reader", "states"), READERS)
def test_test_split_is_sent_without_its_labels_and_answered_in_its_order(reader: str, states: dict[str, Any]) -> None:
    job = states[f"Predict by {reader}"]["Parameters"]
    source = job["TransformInput"]
    execution = {"candidate": "$.execution", "champion": "$.parameters.execution"}[reader]
    split = f"States.Format('s3://${{DataBucket}}/training-sets/{{}}/split=test/', {execution})"
    assert source["DataSource"]["S3DataSource"] == {"S3DataType": "S3Prefix", "S3Uri.$": split}
    # As Athena writes the split: the label first.
    assert (source["ContentType"], source["CompressionType"], source["SplitType"]) == ("text/csv", "Gzip", "Line")
    assert job["DataProcessing"] == {"InputFilter": "$[1:]"}
    named = states[f"Name transform job of {reader}"]["Parameters"]
    another = states[f"Name another transform job of {reader}"]["Parameters"]
    for field, at in (("TransformOutput", "output"), ("TransformResources", "resources")):
        assert job[f"{field}.$"] == f"$.transform.{at}.${{Encryption}}"
        assert another[f"{at}.$"] == f"$.transform.{at}"
    output = named["output"]["plain"]
    assert (output["S3OutputPath.$"], output["AssembleWith"]) == (named["prefix.$"], "Line")
    assert named["resources"]["plain"] == {"InstanceType": "${TrainingInstanceType}", "InstanceCount": 1}
    assert named["prefix.$"].endswith(
        {
            "candidate": "/predictions/{}/', $.models_prefix, $.execution, $.training.job)",
            "champion": "/predictions/{}/', $.parameters.models_prefix, $.parameters.execution, "
            "$.parameters.champion_job)",
        }[reader]
    )


@pytest.mark.parametrize(("reader", "states"), READERS)
def test_call_repeated_after_a_lost_answer_meets_what_it_made_and_goes_on(reader: str, states: dict[str, Any]) -> None:
    message = 'Cannot create already existing model "arn:aws:sagemaker:us-east-1:000000000000:model/run-1-knn".'
    first, again = states[f"Define {reader}"], states[f"Define {reader} once more"]
    for state, question, path in ((first, "defined?", "$.refused"), (again, "defined by now?", "$.error")):
        caught = state["Catch"][0]
        assert (caught["ErrorEquals"], caught["Next"]) == ([UNNAMED], f"Is {reader} {question}")
        assert caught["ResultPath"] == path
        (there,) = states[caught["Next"]]["Choices"]
        assert (there["And"][1]["Variable"], there["Next"]) == (f"{path}.Cause", f"Predict by {reader}")
        assert matches(there["And"][1]["StringMatches"], message)
    # What is there goes on at once; a throttle, which has the same name, is retried by a call that is the first again.
    assert states[f"Is {reader} defined?"]["Default"] == f"Define {reader} once more"
    assert [any(UNNAMED in each["ErrorEquals"] for each in state["Retry"]) for state in (first, again)] == [False, True]
    assert again["Parameters"] == first["Parameters"]
    assert states[f"Is {reader} defined by now?"]["Default"] == again["Catch"][-1]["Next"]
    choice = states[f"Is {reader} to predict again?"]
    (rule,) = choice["Choices"]
    names_left, (taken, broken) = rule["And"][0], rule["And"][1]["Or"]
    assert names_left == {"Variable": "$.transform.number", "NumericLessThan": 3}
    assert taken == {"Variable": "$.error.Error", "StringEquals": "SageMaker.ResourceInUseException"}
    patterns = [each["StringMatches"] for each in broken["And"][2]["Or"]]
    for reason, again in (
        ("InternalServerError: We", True),
        ("AlgorithmError: See", True),
        ("ClientError: 400", False),
    ):
        cause = json.dumps({"TransformJobName": "run-1-knn", "FailureReason": reason})
        assert any(matches(pattern, cause) for pattern in patterns) == again
    another = states[rule["Next"]]
    assert another["Next"] == f"Predict by {reader}"
    assert another["Parameters"]["job.$"] == (
        "States.Format('{}-{}', $.transform.model, States.MathAdd($.transform.number, 1))"
    )
    # However the job ends, its model is deleted.
    assert choice["Default"] == states[f"Predict by {reader}"]["Next"] == f"Forget {reader}"
    (predicted,) = states[f"Did {reader} predict?"]["Choices"]
    assert (predicted["Variable"], predicted["IsPresent"]) == ("$.transformed.job", True)
    assert states[f"Predict by {reader}"]["ResultPath"] == "$.transformed"


def test_champion_that_only_its_container_reads_predicts_the_new_test_split_before_the_evaluation() -> None:
    first = "No predictions by champion"
    assert STATES[first]["Result"] == {"prefix": "", "error": {}}
    assert {STATES[name]["Next"] for name in ("Parameter is right", "Repair parameter")} == {first}
    (by_job,) = STATES["Was champion trained by a job?"]["Choices"]
    for key, named in (
        ("models/e1/e1-knn/output/model.tar.gz", True),
        ("models/pick_duration/e1/e1-knn/output/model.tar.gz", True),
        ("none", False),
        ("models/e1/model.tar.gz", False),
    ):
        assert matches(by_job["StringMatches"], key) == named
    (by_image,) = STATES["Is champion read by its container?"]["Choices"]
    assert by_image["Next"] == "Name transform job of champion"
    for image, container in (
        ("382416733822.dkr.ecr.us-east-1.amazonaws.com/knn@sha256:1f", True),
        ("382416733822.dkr.ecr.us-east-1.amazonaws.com/knn:1", True),
        ("382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1", False),
    ):
        assert any(matches(each["StringMatches"], image) for each in by_image["Or"]) == container
    payload = STATES["Evaluate model"]["Parameters"]["Payload"]
    for name in ("prefix", "error"):
        assert payload[f"live_predictions_{name}.$"] == f"$.live_predictions.{name}"
    assert STATES["Champion predicted"]["Parameters"] == {"prefix.$": "$.transform.prefix", "error": {}}
    assert ends_of("Champion did not predict") == ends_of("Evaluate model")


def test_every_algorithm_of_the_input_is_prepared_and_no_other() -> None:
    from wildrydes.algorithms import ALGORITHMS

    choices = {rule["StringEquals"]: rule["Next"] for rule in ITERATION["Which algorithm?"]["Choices"]}
    assert set(choices) == set(ALGORITHMS)
    for state in choices.values():
        assert ITERATION[state]["ResultPath"] == "$.algorithm"
    assert STATES["Train candidates"]["MaxConcurrency"] == len(ALGORITHMS)


def test_hyperparameter_that_follows_the_rows_gives_way_to_the_inputs() -> None:
    from wildrydes.training.hyperparameters import FOLLOWS_ROWS

    choices = {rule["StringEquals"]: rule["Next"] for rule in ITERATION["What follows the rows?"]["Choices"]}
    assert set(FOLLOWS_ROWS.values()) == set(choices)
    for name, state in choices.items():
        assert [*ITERATION[state]["Parameters"]] == [f"{name}.$"]
    merged = "States.JsonMerge($.counted, $.candidate.hyperparameters, false)"
    assert ITERATION["Train candidate"]["Parameters"]["HyperParameters.$"] == merged
    tuned = ITERATION["Tune candidate"]["Parameters"]["TrainingJobDefinition"]
    assert tuned["StaticHyperParameters.$"] == merged


def test_no_job_is_started_whose_hyperparameters_need_more_rows_than_there_are() -> None:
    assert STATES["Train candidates"]["ItemProcessor"]["StartAt"] == "Are there rows enough?"
    state = ITERATION["Are there rows enough?"]
    (rule,) = state["Choices"]
    assert rule == {
        "Variable": "$.candidate.least_rows",
        "NumericGreaterThanPath": "$.training_set.train_rows",
        "Next": "Too few rows",
    }
    assert state["Default"] == "Which algorithm?"
    assert reachable(ITERATION, "Too few rows") == {"Too few rows", "Candidate failed"}
    assert STATES["Train candidates"]["ItemSelector"]["training_set"]["train_rows.$"] == "$.training_set.train_rows"


def test_search_whose_name_is_taken_goes_on_under_another() -> None:
    assert ITERATION["Name tuning job"]["Parameters"] == {"number": 1, "job.$": "$.candidate.tuning.job"}
    assert ITERATION["Tune candidate"]["Parameters"]["HyperParameterTuningJobName.$"] == "$.attempt.job"
    choice = ITERATION["Is the tuning job's name taken?"]
    (rule,) = choice["Choices"]
    assert rule["And"] == [
        {"Variable": "$.attempt.number", "NumericLessThan": 3},
        {"Variable": "$.error.Error", "StringEquals": "SageMaker.ResourceInUseException"},
    ]
    assert (rule["Next"], choice["Default"]) == ("Name another tuning job", "Candidate failed")
    another = ITERATION["Name another tuning job"]
    assert another["Next"] == "Tune candidate"
    assert another["Parameters"]["job.$"].startswith("States.Format('{}-{}', $.candidate.tuning.job, ")


def test_tuned_model_is_described_as_the_job_that_trained_it() -> None:
    (rule,) = ITERATION["Is it to be tuned?"]["Choices"]
    assert (rule["Variable"], rule["Next"]) == ("$.candidate.tuning", "Name tuning job")
    assert ITERATION["Is it to be tuned?"]["Default"] == "Name training job"
    best, trained = ITERATION["Describe best job"], ITERATION["Train candidate"]
    assert best["Parameters"] == {"TrainingJobName.$": "$.tuning.best"}
    assert (best["ResultSelector"], best["ResultPath"]) == (trained["ResultSelector"], trained["ResultPath"])
    # The jobs of a search run as one that is none: of the same data, into the same place.
    definition, job = ITERATION["Tune candidate"]["Parameters"]["TrainingJobDefinition"], trained["Parameters"]
    for name in ("AlgorithmSpecification", "RoleArn", "InputDataConfig.$", "OutputDataConfig.$", "StoppingCondition"):
        assert definition[name] == job[name]
    assert definition["ResourceConfig.$"] == job["ResourceConfig.$"] == "$.storage.volume.${Encryption}"


def test_image_is_run_by_its_digest_or_by_the_tag_with_the_reason_why() -> None:
    request = ITERATION["Resolve image"]["Parameters"]
    pinned, unpinned = (ITERATION[f"Name image by {name}"]["Parameters"] for name in ("digest", "tag"))
    (rule,) = ITERATION["Is the image known?"]["Choices"]
    assert (rule["IsPresent"], rule["Next"]) == (True, "Name image by digest")
    assert pinned["digest.$"] == rule["Variable"]
    assert pinned["uri.$"] == f"States.Format('{{}}@{{}}', $.algorithm.uri, {rule['Variable']})"
    assert unpinned["uri.$"] == "States.Format('{}:{}', $.algorithm.uri, $.algorithm.tag)"
    assert request["ImageIds"] == [{"ImageTag.$": "$.algorithm.tag"}]
    assert (unpinned["digest"], unpinned["unknown.$"]) == (
        "",
        "States.Format('{}: {}', $.image_fault.Error, $.image_fault.Cause)",
    )
    training = ITERATION["Train candidate"]
    assert training["Parameters"]["AlgorithmSpecification"]["TrainingImage.$"] == "$.image.uri"
    before = {name for name, state in ITERATION.items() if state.get("Next") == "Train candidate"}
    assert before == {"Name training job", "Name another training job"}
    before = {name for name, state in ITERATION.items() if state.get("Next") == "Is it to be tuned?"}
    assert before == {"Name image by digest", "Name image by tag"}


def test_samples_are_not_ingested_and_need_no_weather() -> None:
    choice = STATES["Rides or samples?"]
    (samples,) = choice["Choices"]
    assert samples == {
        "Variable": "$.parameters.source", "StringEquals": "samples", "Next": "Plan no ingestion",
    }  # fmt: skip
    assert choice["Default"] == "Arrange nothing yet"
    way = [samples["Next"]]
    while way[-1] != "Check training set":
        way.append(STATES[way[-1]]["Next"])
    assert way == [
        "Plan no ingestion", "Ingest no rides", "List samples", "Build training set of samples",
        "Count training set of samples", "Read counts of samples", "Check training set",
    ]  # fmt: skip
    for name in ("List rides", "List samples"):
        assert STATES[name]["Parameters"]["FunctionName"] == "${ListRidesFunctionArn}"
        assert STATES[name]["Parameters"]["Payload"]["source"] == name.removeprefix("List ")


def test_samples_come_to_the_training_with_all_that_rides_do() -> None:
    assert set(STATES["Plan no ingestion"]["Result"]) >= {
        name.removesuffix(".$") for name in STATES["Plan ingestion"]["ResultSelector"]
    } - {"bucket", "manifest", "at_once"}
    names = [
        {name.removesuffix(".$") for name in STATES[state]["ResultSelector"]}
        for state in ("Read counts", "Read counts of samples")
    ]
    assert names[0] < names[1]
    checked = {name.removesuffix(".$") for name in STATES["Check ingestion"]["ResultSelector"]}
    assert set(STATES["Ingest no rides"]["Result"]) == checked
    listed = [STATES[f"List {source}"]["ResultPath"] for source in ("rides", "samples")]
    assert listed == ["$.rides_listed", "$.rides_listed"]


def test_rides_are_listed_right_before_they_are_read() -> None:
    assert STATES["Select weather"]["Next"] == "List rides"
    assert STATES["List rides"]["Next"] == "Build training set"
    payload = STATES["Evaluate model"]["Parameters"]["Payload"]
    listed = {name.removesuffix(".$") for name in STATES["List rides"]["ResultSelector"]}
    lineage = payload["lineage"]
    of_list = {*lineage["rides"].items(), *((name, lineage[name]) for name in ("years.$", "other_years.$"))}
    assert of_list == {(f"{name}.$", f"$.rides_listed.{name}") for name in listed}


def test_rides_are_listed_and_read_of_the_years_that_the_execution_asks_for() -> None:
    payload = STATES["List rides"]["Parameters"]["Payload"]
    for name in ("first_year", "last_year"):
        assert payload[f"{name}.$"] == f"$.parameters.{name}"
    for state in ("Build training set", "Count training set", "Describe weather"):
        query = STATES[state]["Parameters"]["QueryString.$"]
        assert "FROM rides WHERE year BETWEEN {} AND {} GROUP BY" in query
        # The label that the copies have comes before, where there is one.
        assert re.search(r"(', |label, )\$\.parameters\.first_year, \$\.parameters\.last_year", query)


def test_rides_are_arranged_before_they_are_planned_in_as_many_calls_as_it_takes() -> None:
    names = {name.removesuffix(".$") for name in STATES["Arrange rides"]["ResultSelector"]}
    assert STATES["Arrange nothing yet"]["Result"] == dict.fromkeys(names, 0)
    assert STATES["Arrange nothing yet"]["Next"] == "Arrange rides"
    assert STATES["Arrange rides"]["Parameters"]["Payload"]["arranged.$"] == "$.arranged"
    choice = STATES[STATES["Arrange rides"]["Next"]]
    assert choice["Choices"] == [{"Variable": "$.arranged.left", "NumericGreaterThan": 0, "Next": "Arrange rides"}]
    assert choice["Default"] == "Plan ingestion"


FUNCTIONS = [name for name, task in TASKS.items() if task["Resource"] == "arn:aws:states:::lambda:invoke"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_that_was_killed_is_invoked_again(name: str) -> None:
    retried = {error: each["MaxAttempts"] for each in TASKS[name]["Retry"] for error in each["ErrorEquals"]}
    for kill in ("Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout"):
        assert retried[kill] == 2


def matches(pattern: str, text: str) -> bool:
    """As StringMatches does, whose one wildcard is *."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


@pytest.mark.parametrize(
    ("reason", "again"),
    [
        ("AlgorithmError: , exit code: 137", True),
        ("InternalServerError: We encountered an internal error. Please try again.", True),
        ("AlgorithmError: , exit code: 1", False),
        ("AlgorithmError: , exit code: 1370", False),
        ("ClientError: mini_batch_size 9 is larger than the 4 rows of the train channel, exit code: 2", False),
    ],
)
def test_training_that_was_killed_is_started_again_and_what_the_algorithm_refuses_is_not(
    reason: str, again: bool
) -> None:
    choice = ITERATION["Was the training killed?"]
    (rule,) = choice["Choices"]
    names_left, either = rule["And"]
    killed, taken = either["Or"]
    # By a job that was stopped with the execution, which goes on now.
    assert (taken["Variable"], taken["StringEquals"]) == ("$.error.Error", "SageMaker.ResourceInUseException")
    failed, has_cause, was_killed = killed["And"]
    assert (failed["Variable"], failed["StringEquals"]) == ("$.error.Error", "States.TaskFailed")
    assert (names_left["Variable"], names_left["NumericLessThan"]) == ("$.attempt.number", 3)
    assert (has_cause["Variable"], has_cause["IsPresent"]) == ("$.error.Cause", True)
    cause = json.dumps({"TrainingJobName": "run-1", "FailureReason": reason, "TrainingJobStatus": "Failed"})
    assert any(matches(each["StringMatches"], cause) for each in was_killed["Or"]) == again
    assert (rule["Next"], choice["Default"]) == ("Name another training job", "Candidate failed")


def test_model_is_that_of_the_job_that_trained_it() -> None:
    first, another = (ITERATION[name]["Parameters"] for name in ("Name training job", "Name another training job"))
    assert first == {"number": 1, "job.$": "$.candidate.training_job"}
    number = "States.MathAdd($.attempt.number, 1)"
    assert another == {"number.$": number, "job.$": f"States.Format('{{}}-{{}}', $.candidate.training_job, {number})"}
    assert ITERATION["Train candidate"]["Parameters"]["TrainingJobName.$"] == "$.attempt.job"
    trained = ITERATION["Candidate trained"]["Parameters"]
    assert trained["model_key.$"].endswith("/{}/output/model.tar.gz', $.models_prefix, $.execution, $.training.job)")
    assert ITERATION["Train candidate"]["Parameters"]["OutputDataConfig.$"] == "$.storage.output.${Encryption}"
    selected = STATES["Train candidates"]["ItemSelector"]
    for name in ("models_prefix", "execution"):
        assert selected[f"{name}.$"] == f"$.parameters.{name}"
    output = selected["storage"]["output"]["plain"]["S3OutputPath.$"]
    assert output == "States.Format('s3://${DataBucket}/{}{}/', $.parameters.models_prefix, $.parameters.execution)"
    volume = {"InstanceType": "${TrainingInstanceType}", "InstanceCount": 1, "VolumeSizeInGB": 10}
    assert selected["storage"]["volume"]["plain"] == volume
    assert (trained["training.$"], trained["hyperparameters.$"]) == ("$.training", "$.training.hyperparameters")


def test_query_is_started_once_however_often_the_call_is_repeated() -> None:
    tokens = {
        task["Parameters"]["ClientRequestToken.$"] for task in TASKS.values() if "QueryString.$" in task["Parameters"]
    }
    what = "$$.Execution.Id, $$.State.Name, $$.State.EnteredTime, $$.Execution.RedriveCount"
    entered = f"States.Format('{{}} {{}} {{}} {{}}', {what})"
    # What a retry leaves as it is, and what another state, execution or redrive has of its own.
    assert tokens == {f"States.Hash({entered}, 'SHA-256')"}


def test_definition_carries_its_own_digest() -> None:
    text = (ROOT / "statemachines" / "retrain.asl.json").read_text(encoding="utf-8")
    digest = STATES["Evaluate model"]["Parameters"]["Payload"]["lineage"]["definition_sha256"]
    assert digest == sha256(text.replace(digest, "0" * 64).encode()).hexdigest()


def test_input_is_read_by_the_state_that_checks_it_and_by_no_other() -> None:
    assert STATES[DEFINITION["StartAt"]] == {"Type": "Pass", "Result": {}, "Next": "Read input"}
    assert not [name for name, state in everywhere(DEFINITION) if "$$.Execution.Input" in json.dumps(state)]
    # As text, so that a field that is there twice can be refused.
    read = STATES["Read input"]
    assert (read["Parameters"], read["ResultSelector"]) == (
        {"ExecutionArn.$": "$$.Execution.Id"},
        {"input.$": "$.Input"},
    )
    assert "Sfn.ExecutionDoesNotExistException" in read["Retry"][0]["ErrorEquals"]
    text = f"{read['ResultPath']}.input"
    reading = [name for name, state in everywhere(DEFINITION) if text in json.dumps(state)]
    assert reading == [read["Next"]] == ["Apply defaults"]


def test_queries_take_checked_values_alone() -> None:
    queries = {
        name: state["Parameters"]["QueryString.$"]
        for name, state in STATES.items()
        if "QueryString.$" in state.get("Parameters", {})
    }
    assert set(queries) == {
        "Select weather", "Build training set", "Count training set", "Describe weather",
        "Build training set of samples",
    }  # fmt: skip
    # The one query without a value.
    assert "$." not in STATES["Count training set of samples"]["Parameters"]["QueryString"]
    for query in queries.values():
        paths = re.findall(r"\$\.[\w.]+", query)
        assert paths
        assert all(path.startswith("$.parameters.") for path in paths)
        # Each placeholder has its value.
        assert len(re.findall(r"(?<!\\)\{\}", query)) == len(paths)


@pytest.mark.parametrize(
    ("query", "state"),
    [
        ("training_set_counts", "Read counts"),
        ("weather_coverage", "Read weather"),
        ("samples_counts", "Read counts of samples"),
    ],
)
def test_row_is_read_in_the_order_of_the_querys_columns(query: str, state: str) -> None:
    sql = (ROOT / "statemachines" / "queries" / f"{query}.sql").read_text(encoding="utf-8")
    columns = re.findall(r"\)\s+AS (\w+),?\n", sql[sql.rindex("\nSELECT") :])
    # What the query does not give is a number.
    selector = {name: path for name, path in STATES[state]["ResultSelector"].items() if name.endswith(".$")}
    names = [
        name.removesuffix(".$")
        for name, path in sorted(selector.items(), key=lambda item: int(re.findall(r"Data\[(\d+)\]", item[1])[0]))
    ]
    assert names == columns


def test_names_of_states_folders_and_resources_are_the_same() -> None:
    invoked = {
        task["Parameters"]["FunctionName"]: name for name, task in TASKS.items() if "lambda:invoke" in task["Resource"]
    }
    for resource, name in invoked.items():
        if name == "Ingest chunk":
            name = "Ingest rides"
        if name == "List samples":
            name = "List rides"
        words = name.lower().split()
        assert resource == f"${{{''.join(word.capitalize() for word in words)}FunctionArn}}"
        assert (ROOT / "functions" / "_".join(words) / "app.py").is_file()


def test_errors_caught_by_name_exist() -> None:
    import wildrydes.errors

    names = {
        error
        for _, state in everywhere(DEFINITION)
        for clause in state.get("Retry", []) + state.get("Catch", [])
        for error in clause["ErrorEquals"]
    }
    own = {error for error in names if "." not in error}
    assert all(hasattr(wildrydes.errors, error) for error in own)


@pytest.mark.parametrize(("answer", "state"), [("parameters", "Apply defaults"), ("plan", "Plan ingestion")])
def test_no_state_reads_of_an_answer_what_is_not_taken_from_it(answer: str, state: str) -> None:
    names = {name.removesuffix(".$") for name in STATES[state]["ResultSelector"]}
    read = set(re.findall(rf"\$\.{answer}\.(\w+)", json.dumps(STATES)))
    assert read
    assert read <= names
