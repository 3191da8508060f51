"""What must hold of the promotion whatever is changed in it: read from the ASL that is deployed."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = json.loads((ROOT / "statemachines" / "promote.asl.json").read_text(encoding="utf-8"))
STATES: dict[str, dict[str, Any]] = DEFINITION["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
PUTTING_BACK = ["Remove entry", "Put parameter back", "Put live back", "Put MODEL_PATH back"]

FOR_ENDPOINT = {
    "And": [
        {"Variable": "$.request.serving", "IsPresent": True},
        {"Variable": "$.request.serving", "StringEquals": "endpoint"},
    ]
}
# What is not served any more is deleted when all else is done; it may stay there.
GOES_ON = ("Is live what it replaces?", "Is there no endpoint?")
THERE, CHANGING = "*Cannot create already existing*", "*Cannot update in-progress endpoint*"
GONE = "*Could not find endpoint*"
# Of each call that SageMaker answers by an error: what asks for it, by which causes, and where they lead.
MADE_BEFORE = {
    "Create model": ("Is the model there?", [THERE], "Has the stack a key?"),
    "Create endpoint configuration": ("Is the configuration there?", [THERE], "Record variant"),
    "Create encrypted configuration": ("Is the encrypted one there?", [THERE], "Record variant"),
    "Create endpoint": ("Is the endpoint there?", [THERE], "Read deployment"),
    "Update endpoint": ("Is the endpoint changing?", [CHANGING], "Read deployment"),
    "Put endpoint back": ("Is it being put back?", [CHANGING], "Read endpoint put back"),
    # What goes is looked at until it is gone.
    "Delete new endpoint": ("Is the new endpoint going?", [CHANGING, GONE], "Read endpoint again"),
    # There is nothing to read, and nothing to wait for.
    "Read endpoint again": ("Is it gone?", [GONE], "Delete new configuration"),
    "Read endpoint": ("Is there no endpoint?", [GONE], "No endpoint"),
    "Delete endpoint": ("Is the former endpoint gone?", [GONE], "Delete former configuration"),
}
AGAIN = " once more"
CONFLICTS = ["Lambda.PreconditionFailedException", "Lambda.ResourceConflictException"]
# A write that is repeated after its answer was lost meets its own revision. So a conflict leads to a read, and only
# where that finds the promotion's own write, as a whole, the promotion goes on.
LOOKS = {
    "Set MODEL_PATH": "Read update",
    "Clear weights": "Read weights again",
    "Move a tenth": "Read weighted alias",
    "Move live": "Read moved alias",
}
COSTS_NOTHING = (
    "Delete endpoint",
    "Delete endpoint once more",
    "Delete former configuration",
    "Delete former model",
    "Tell: not deleted",
)


def followers(state: dict[str, Any], *, errors: bool = True) -> set[str]:
    """Where an execution can go from a state; by an error too, if `errors`."""
    names = {state[key] for key in ("Next", "Default") if key in state}
    names |= {rule["Next"] for rule in state.get("Choices", [])}
    return names | ({catch["Next"] for catch in state.get("Catch", [])} if errors else set())


def reachable(name: str, states: dict[str, dict[str, Any]] = STATES) -> set[str]:
    """The states an execution that comes to `name` can come to."""
    names: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in names:
            names.add(current)
            waiting += followers(states[current])
    return names


def handler(task: str) -> str:
    return TASKS[task]["Catch"][-1]["Next"]


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_timeout_retries_with_jitter_and_a_catch_for_all(name: str) -> None:
    task = TASKS[name]
    assert task["TimeoutSeconds"] == 60
    assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
    for retrier in task["Retry"]:
        assert retrier["JitterStrategy"] == "FULL"
        assert (retrier["MaxAttempts"], retrier["MaxDelaySeconds"]) in {(12, 30), (60, 120), (2, 30)}
        # A conflict does not pass by itself; and what is denied is denied again.
        assert not any(
            "Precondition" in error or "Conflict" in error or "ALL" in error for error in retrier["ErrorEquals"]
        )


def test_no_function_but_the_one_that_is_promoted_is_invoked() -> None:
    invoked = {name: task["Parameters"] for name, task in TASKS.items() if task["Resource"].endswith("lambda:invoke")}
    assert {name: call["FunctionName.$"] for name, call in invoked.items()} == dict.fromkeys(
        ("Smoke-test version", "Compare features"), "$.serving.function"
    )
    assert invoked["Smoke-test version"]["Qualifier.$"] == "$.published.version"
    assert invoked["Compare features"]["Qualifier.$"] == "$.previous.version"
    assert all(
        task["Resource"].startswith("arn:aws:states:::aws-sdk:")
        for name, task in TASKS.items()
        if name not in (*invoked, "Notify failure", "Tell: not deleted")
    )


def test_every_error_ends_in_fail_and_none_after_it_in_success() -> None:
    for name in TASKS:
        for catch in TASKS[name]["Catch"]:
            is_look = catch["ErrorEquals"] == CONFLICTS and catch["Next"] == LOOKS.get(name)
            question = MADE_BEFORE.get(name.removesuffix(AGAIN), ("?",))[0]
            is_look = is_look or catch["Next"] in (question, by_now(question), "Read endpoint after update")
            if name not in COSTS_NOTHING and catch["Next"] not in GOES_ON and not is_look:
                assert "Promoted" not in reachable(catch["Next"]), name
                assert "Promotion failed" in reachable(catch["Next"]), name
    ends = {name for name in STATES if not followers(STATES[name], errors=False)}
    assert ends == {"Promoted", "Promotion failed"}
    assert (STATES["Promoted"]["Type"], STATES["Promotion failed"]["Type"]) == ("Pass", "Fail")


@pytest.mark.parametrize("name", MADE_BEFORE)
def test_answer_that_is_an_error_is_taken_at_once_and_every_other_error_of_its_name_is_retried(name: str) -> None:
    question, causes, then = MADE_BEFORE[name]
    first, *_, every = TASKS[name]["Catch"]
    assert first == {"ErrorEquals": ["SageMaker.SageMakerException"], "ResultPath": "$.refused", "Next": question}
    assert "SageMaker.SageMakerException" not in TASKS[name]["Retry"][0]["ErrorEquals"]
    assert STATES[question]["Choices"] == [{"And": answers("$.refused", causes), "Next": then}]
    # A throttle has the same name, and a denial. The second call is the first once more.
    assert STATES[question]["Default"] == f"{name}{AGAIN}"
    second = TASKS[f"{name}{AGAIN}"]
    assert "SageMaker.SageMakerException" in second["Retry"][0]["ErrorEquals"]
    same = ("Resource", "Parameters", "Next", "ResultPath", "ResultSelector")
    assert [second.get(field) for field in same] == [TASKS[name].get(field) for field in same]
    late, last = second["Catch"]
    assert (late["Next"], last) == (by_now(question), every)
    assert STATES[late["Next"]]["Choices"] == [{"And": answers(last["ResultPath"], causes), "Next": then}]
    assert STATES[late["Next"]]["Default"] == last["Next"]


def answers(path: str, causes: list[str]) -> list[dict[str, Any]]:
    """What a Choice asks of the error at a path."""
    matches = [{"Variable": f"{path}.Cause", "StringMatches": cause} for cause in causes]
    return [{"Variable": f"{path}.Cause", "IsPresent": True}, {"Or": matches} if len(matches) > 1 else matches[0]]


def by_now(question: str) -> str:
    return f"{question.removesuffix('?')} by now?"


def test_update_whose_answer_was_lost_is_not_made_again_before_it_is_looked_for() -> None:
    lost = TASKS["Update endpoint"]["Catch"][1]
    assert (lost["ErrorEquals"], lost["Next"]) == (["SageMaker.SdkClientException"], "Read endpoint after update")
    assert not {*lost["ErrorEquals"]} & {*TASKS["Update endpoint"]["Retry"][0]["ErrorEquals"]}
    (begun,) = STATES["Was the update begun?"]["Choices"]
    in_progress, new = begun["Or"]
    assert {each["StringEquals"] for each in in_progress["Or"]} >= {"Updating", "RollingBack"}
    assert new == {"Variable": "$.deployed.EndpointConfigName", "StringEqualsPath": "$.artefact.config"}
    assert (begun["Next"], STATES["Was the update begun?"]["Default"]) == (
        "Read deployment", f"Update endpoint{AGAIN}",
    )  # fmt: skip


def test_conflict_is_gone_on_from_only_where_the_promotions_own_write_is_found() -> None:
    held = {
        "And": [
            {
                "And": [
                    {"Variable": "$.update.variables.PROMOTION", "IsPresent": True},
                    {
                        "Variable": "$.update.variables.PROMOTION",
                        "StringEqualsPath": "$.own.variables.PROMOTION",
                    },
                ]
            },
            {"Variable": "$.update.variables.MODEL_PATH", "IsPresent": True},
            {"Variable": "$.update.variables.MODEL_PATH", "StringEqualsPath": "$.own.variables.MODEL_PATH"},
        ],
        "Next": "Read weights",
    }
    assert STATES["Updated?"]["Choices"][-1] == held
    questions = ("Was it moved?", "Was a tenth moved?", "Were they cleared?")
    moved, a_tenth, cleared = (rule for name in questions for rule in STATES[name]["Choices"])
    assert moved == alias_as("moved", "$.published.version") | {"Next": "Record MODEL_PATH"}
    assert cleared == alias_as("cleared", "$.previous.version") | {"Next": "Served by an endpoint?"}
    assert a_tenth == alias_as("a_tenth", "$.previous.version", weights=True) | {"Next": "Write out weights"}
    (own,) = STATES["Is it a tenth for its version?"]["Choices"]
    assert own == {"Variable": "$.weights.found", "StringEqualsPath": "$.weights.own", "Next": "Bake"}
    weights = STATES["Move a tenth"]["Parameters"]["RoutingConfig"]["AdditionalVersionWeights.$"]
    assert weights == f"States.StringToJson({STATES['Write out weights']['Parameters']['own.$']})"
    # Without these rules no read after a conflict leads on.
    unmatched = {
        **STATES,
        "Updated?": STATES["Updated?"] | {"Choices": STATES["Updated?"]["Choices"][:-1]},
        **{name: STATES[name] | {"Choices": []} for name in questions},
    }
    for name, look in LOOKS.items():
        assert TASKS[name]["Catch"][0] == {"ErrorEquals": CONFLICTS, "ResultPath": "$.conflict", "Next": look}
        assert "Promoted" not in reachable(look, unmatched), name
        assert "Promotion failed" in reachable(look, unmatched), name
    # Nothing is written again: what follows is what follows the write.
    for name, rule in (("Set MODEL_PATH", held), ("Clear weights", cleared), ("Move a tenth", a_tenth)):
        assert name not in reachable(rule["Next"]), name
    assert "Move live" not in reachable(moved["Next"])


def alias_as(step: str, version: str, *, weights: bool = False) -> dict[str, Any]:
    """The rule by which the alias is as a step of this execution has left it."""
    description = "$.alias.is.Description"
    return {
        "And": [
            {"Variable": description, "IsPresent": True},
            {"Variable": description, "StringEqualsPath": f"$.own.descriptions.{step}"},
            {"Variable": "$.alias.version", "StringEqualsPath": version},
            {"Variable": "$.alias.is.RoutingConfig.AdditionalVersionWeights", "IsPresent": weights},
        ]
    }


def test_each_write_of_the_alias_says_which_step_of_which_execution_made_it() -> None:
    writes = {
        name: task["Parameters"] for name, task in TASKS.items() if task["Resource"].endswith("lambda:updateAlias")
    }
    descriptions = STATES["Make variables"]["Parameters"]["descriptions"]
    steps = {"Clear weights": "cleared", "Move a tenth": "a_tenth", "Move live": "moved"}
    assert set(writes) == {*steps, "Put live back"}
    texts = {writes["Put live back"]["Description.$"]}
    for name, step in steps.items():
        assert writes[name]["Description.$"] == descriptions[f"{step}.$"]
        texts.add(descriptions[f"{step}.$"])
    assert len(texts) == 4
    # Lambda takes no more than 256 characters.
    longest = f"arn:aws-us-gov:states:ap-southeast-1:123456789012:execution:{'m' * 80}:{'e' * 80}"
    for text in texts:
        words, execution = text.removeprefix("States.Format('").removesuffix(")").split("', ")
        assert execution == "$$.Execution.Id"
        assert len(words.format(longest)) <= 256


def test_what_may_be_written_when_a_step_fails_is_put_back_and_nothing_else() -> None:
    def back(task: str) -> list[str]:
        return [name for name in PUTTING_BACK if name in reachable(handler(task))]

    assert back("Read inference configuration") == back("Read last promotion") == []
    for task in ("Set MODEL_PATH", "Read update", "Publish version", "Read version", "Smoke-test version"):
        assert back(task) == ["Put MODEL_PATH back"], task
    for task in ("Read weights", "Clear weights", "Move a tenth", "Read error alarm", "Move live"):
        assert back(task) == ["Put live back", "Put MODEL_PATH back"], task
    assert back("Record MODEL_PATH") == PUTTING_BACK[1:]
    # A write that ran out of time may have been made.
    assert back("Write registry") == PUTTING_BACK
    place = {name: STATES["Write registry"]["Parameters"][name] for name in ("Bucket", "Key.$")}
    assert STATES["Remove entry"]["Parameters"] == place


def test_step_that_cannot_be_put_back_does_not_stop_the_others_and_keeps_the_first_error() -> None:
    looked_at_again = {"Put live back": "Read live again", "Put MODEL_PATH back": "Read inference again"}
    for name in (
        "Remove entry",
        "Put parameter back",
        "Read live again",
        "Put live back",
        "Read inference again",
        "Put MODEL_PATH back",
    ):
        *conflicts, catch = TASKS[name]["Catch"]
        assert catch["ResultPath"].startswith("$.not_put_back."), name
        assert [STATES[each["Next"]]["Next"] for each in conflicts] == [
            look for write, look in looked_at_again.items() if write == name
        ]
        assert all(each["ErrorEquals"] == CONFLICTS for each in conflicts)
    assert handler("Remove entry") == "Put parameter back"
    assert handler("Put parameter back") == "Read live again"
    assert handler("Read live again") == handler("Put live back") == "Was an endpoint written?"
    assert STATES["Was an endpoint written?"]["Default"] == "Read inference again"
    assert STATES["Promotion failed"]["ErrorPath"] == "$.error.Error"
    assert "$.not_put_back" in STATES["Notify failure"]["Parameters"]["Message.$"]


def test_every_write_that_can_be_conditional_is() -> None:
    writes = [
        task["Parameters"]
        for task in TASKS.values()
        if task["Resource"].rsplit(":", 1)[-1] in ("updateFunctionConfiguration", "publishVersion", "updateAlias")
    ]
    assert len(writes) == 7
    assert all("RevisionId.$" in parameters for parameters in writes)


def test_wait_takes_whole_seconds_that_were_checked_before_anything_was_read() -> None:
    rounded = STATES["Round seconds"]
    assert rounded["Parameters"] == {"seconds.$": "States.MathAdd($.request.bake_seconds, 0)"}
    assert STATES["Bake"]["SecondsPath"] == f"{rounded['ResultPath']}.seconds"
    (same,) = STATES["Whole seconds?"]["Choices"]
    assert (same["Variable"], same["NumericEqualsPath"]) == ("$.request.bake_seconds", "$.bake.seconds")
    assert STATES["Whole seconds?"]["Default"] == "Wrong request"
    assert STATES["Whole seconds?"]["Choices"][0]["Next"] == "Which task?"
    before = {"Is the request complete?", "Set out", "Round seconds"}
    assert {name for name in STATES if "Whole seconds?" in reachable(name)} == before | {"Whole seconds?"}


def test_weights_that_a_stopped_promotion_left_are_cleared_once_the_function_is_held() -> None:
    held = STATES["Updated?"]["Choices"][-1]
    assert held["And"][0]["And"][1] == {
        "Variable": "$.update.variables.PROMOTION",
        "StringEqualsPath": "$.own.variables.PROMOTION",
    }
    assert (held["Next"], STATES["Read weights"]["Next"]) == ("Read weights", "Are weights left?")
    (left,) = STATES["Are weights left?"]["Choices"]
    assert left == {"Variable": "$.weighted.RoutingConfig", "IsPresent": True, "Next": "Clear weights"}
    clear = STATES["Clear weights"]
    assert STATES["Are weights left?"]["Default"] == clear["Next"] == "Served by an endpoint?"
    assert STATES["Served by an endpoint?"]["Default"] == "Publish version"
    # Of the alias as it was before the function was held: what has changed since is somebody else's.
    assert clear["Parameters"]["RevisionId.$"] == "$.alias.revision"
    assert clear["Parameters"]["RoutingConfig"] == {"AdditionalVersionWeights": {}}
    # The next write of the alias is conditional on this one.
    assert (clear["ResultPath"], clear["ResultSelector"]) == ("$.alias", {"revision.$": "$.RevisionId"})


@pytest.mark.parametrize("name", ["Set MODEL_PATH", "Clear weights", "Publish version", "Move a tenth", "Move live"])
def test_conflict_is_told_from_other_errors(name: str) -> None:
    conflict, _ = TASKS[name]["Catch"]
    assert conflict["ErrorEquals"] == CONFLICTS
    refused = STATES[conflict["Next"]]
    if name in LOOKS:
        refused = STATES[STATES[refused["Next"]]["Default"]]
    assert refused["Parameters"]["Error"] == "PromotionConflict"
    # What was written by then is put back, where it still is this execution's.
    assert refused["Next"] == handler(name)


def test_only_a_version_that_answered_as_evaluated_can_become_live() -> None:
    choice = STATES["As evaluated?"]
    (passed,) = choice["Choices"]
    status, same, model = passed["And"]
    assert (status["Variable"], status["NumericEquals"]) == ("$.smoke.status", 200)
    assert (model["Variable"], model["StringEqualsPath"]) == ("$.smoke.answer.model", "$.request.execution")
    for rules, name in zip(same["Or"], ("probability", "value"), strict=True):
        expected, number = f"$.request.golden.{name}", f"$.smoke.answer.{name}"
        assert rules["And"][:3] == [
            {"Variable": expected, "IsPresent": True},
            {"Variable": number, "IsPresent": True},
            {"Variable": number, "IsNumeric": True},
        ]
        equal, near = rules["And"][3]["Or"]
        assert equal == {"Variable": number, "NumericEqualsPath": expected}
        # A container's arithmetic is its own: it may differ within the bounds that the evaluation gave.
        assert near["And"] == [
            FOR_ENDPOINT,
            {"Variable": number, "NumericGreaterThanEqualsPath": "$.request.golden.at_least"},
            {"Variable": number, "NumericLessThanEqualsPath": "$.request.golden.at_most"},
        ]
    assert same["Or"][0]["And"][4:] == [
        {"Variable": "$.smoke.answer.probability", "NumericGreaterThanEquals": 0},
        {"Variable": "$.smoke.answer.probability", "NumericLessThanEquals": 1},
    ]
    assert "Move live" not in reachable(choice["Default"])
    # Every way to the alias leads through it.
    without = {**STATES, "As evaluated?": choice | {"Choices": []}}
    assert not {"Move live", "Move a tenth"} & reachable(DEFINITION["StartAt"], without)


def test_execution_that_hangs_ends_before_the_one_that_waits_for_it() -> None:
    retrain = json.loads((ROOT / "statemachines" / "retrain.asl.json").read_text(encoding="utf-8"))
    waiting = retrain["States"]["Promote"]
    assert waiting["Resource"] == "arn:aws:states:::states:startExecution.sync:2"
    # The longest deployment bakes for an hour, and may have to be put back.
    policy = STATES["Update endpoint"]["Parameters"]["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert 3600 < policy["MaximumExecutionTimeoutInSeconds"] + 600 <= DEFINITION["TimeoutSeconds"]
    assert DEFINITION["TimeoutSeconds"] < waiting["TimeoutSeconds"]


def test_an_endpoint_is_deployed_before_the_version_that_asks_it_and_only_where_it_is_asked_for() -> None:
    served = STATES["Served by an endpoint?"]
    assert served["Choices"] == [{**FOR_ENDPOINT, "Next": "Name artefact"}]
    without = {**STATES, "Is it deployed?": STATES["Is it deployed?"] | {"Choices": []}}
    assert "Publish version" not in reachable("Name artefact", without)
    wait, done = STATES["Is it deployed?"]["Choices"]
    assert wait["Next"] == "Wait for endpoint"
    assert done["And"] == [
        {"Variable": "$.deployed.EndpointStatus", "StringEquals": "InService"},
        {"Variable": "$.deployed.EndpointConfigName", "StringEqualsPath": "$.artefact.config"},
    ]
    # An update that an alarm took back is in service too, with the configuration before.
    assert STATES[STATES["Is it deployed?"]["Default"]]["Parameters"]["Error"] == "EndpointNotDeployed"


def test_definitions_are_named_after_the_promotion_and_the_variant_after_the_training_job() -> None:
    digest = "States.Format('promotion-{{}}', States.Hash({}, 'SHA-1'))".format
    assert STATES["Name artefact"]["Parameters"]["config.$"] == digest("$$.Execution.Id")
    # By the same name `restore` deletes them.
    restore = json.loads((ROOT / "statemachines" / "restore.asl.json").read_text(encoding="utf-8"))["States"]
    assert restore["Name its endpoint"]["Parameters"]["config.$"] == digest("$.own.variables.PROMOTION")
    assert STATES["Create model"]["Parameters"]["ModelName.$"] == "$.artefact.config"
    (variant,) = STATES["Create endpoint configuration"]["Parameters"]["ProductionVariants"]
    assert (variant["VariantName.$"], variant["ModelName.$"]) == ("$.job.name", "$.artefact.config")
    # models/<execution>/<training job>/output/model.tar.gz, whatever is before.
    assert STATES["Name training job"]["Parameters"]["name.$"].endswith("States.ArrayLength($.artefact.parts), -3))")


def test_whose_model_a_variant_is_is_written_down_before_the_endpoint_answers_by_it() -> None:
    record = STATES["Record variant"]
    assert record["Parameters"]["Key.$"] == "States.Format('{}variants/{}.json', $.serving.models_prefix, $.job.name)"
    assert record["Parameters"]["Body"] == {"model_path.$": "$.request.model_path"}
    without = {**STATES, "Record variant": {"Next": "Promotion failed"}}
    assert not {"Create endpoint", "Update endpoint"} & reachable("Name artefact", without)
    assert handler("Record variant") == handler("Create model")


def test_an_endpoint_is_updated_to_a_model_of_the_champions_features_alone() -> None:
    question = STATES["Is an endpoint to be updated?"]
    there = {"Not": {"Variable": "$.endpoint.config", "StringEquals": "none"}}
    assert question["Choices"] == [{"And": [FOR_ENDPOINT, there], "Next": "Compare features"}]
    assert question["Default"] == "Set MODEL_PATH"
    assert STATES["Compare features"]["Parameters"]["Payload"] == {
        "replacement": {"model_path.$": "$.request.model_path", "replaces.$": "$.previous.variables.MODEL_PATH"}
    }
    same, other = STATES["Of the same features?"]["Choices"]
    status, present, possible = same["And"]
    assert (status["Variable"], status["NumericEquals"]) == ("$.replacement.status", 200)
    assert possible == {"Variable": "$.replacement.answer.possible", "BooleanEquals": True}
    assert same["Next"] == "Set MODEL_PATH"
    assert other["And"] == [status, present]
    refused = STATES[other["Next"]]
    assert refused["Parameters"]["Error"] == "OtherFeatures"
    assert "Retrain with serving: lambda and force: true" in refused["Parameters"]["Cause.$"]
    # It is refused before anything is written: what follows puts nothing back.
    for name in (other["Next"], STATES["Of the same features?"]["Default"], handler("Compare features")):
        assert reachable(name) <= {name, "Notify failure", "Promotion failed"}, name
    # No way to the function's variables, or to the endpoint, leads past it.
    without = {**STATES, "Is an endpoint to be updated?": question | {"Default": "Promotion failed", "Choices": []}}
    assert not {"Set MODEL_PATH", "Update endpoint"} & reachable(DEFINITION["StartAt"], without)


def test_an_update_is_blue_green_and_watched_by_the_tasks_alarm() -> None:
    exists = STATES["Is there an endpoint?"]
    assert exists["Choices"] == [{"Variable": "$.endpoint.config", "StringEquals": "none", "Next": "Create endpoint"}]
    deployment = STATES[exists["Default"]]["Parameters"]["DeploymentConfig"]
    routing = deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing == {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds.$": "$.bake.seconds"}
    assert deployment["AutoRollbackConfiguration"]["Alarms"] == [
        {"AlarmName.$": "$.serving.alarm"},
        {"AlarmName.$": "$.serving.unavailable"},
    ]


def test_what_a_promotion_to_an_endpoint_wrote_is_put_back_before_the_function_is_given_up() -> None:
    for name in ("Create model", "Create endpoint", "Update endpoint", "Smoke-test version", "Move live"):
        assert {"Was an endpoint written?", "Put MODEL_PATH back"} <= reachable(handler(name)), name
    assert STATES["Was an endpoint written?"]["Choices"][0] == {
        "Variable": "$.artefact.config",
        "IsPresent": True,
        "Next": "Read endpoint again",
    }
    progress, absent, same = STATES["What does it serve?"]["Choices"]
    assert progress["Next"] == "Wait to put endpoint back"
    assert (absent["Variable"], absent["StringEquals"]) == ("$.endpoint.config", "none")
    assert (absent["Next"], same["Next"]) == ("Delete new endpoint", "Delete new configuration")
    assert STATES["Put endpoint back"]["Parameters"]["EndpointConfigName.$"] == "$.endpoint.config"


def test_switching_back_to_the_function_removes_endpoint_configuration_and_model() -> None:
    updated, removed = STATES["Is an endpoint left?"]["Choices"]
    assert updated["And"][-1] == FOR_ENDPOINT
    assert (updated["Next"], removed["Next"]) == ("Delete former configuration", "Wait for requests")
    assert STATES["Wait for requests"]["Next"] == "Delete endpoint"
    assert STATES["Delete endpoint"]["Next"] == "Delete former configuration"
    assert STATES["Delete former configuration"]["Next"] == "Delete former model"
    assert STATES["Delete former model"]["Next"] == "Is all deleted?"
    assert STATES["Is an endpoint left?"]["Default"] == STATES["Is all deleted?"]["Default"] == "Promoted"
    # What is left may cost: who hears of failures is told, and the promotion succeeds.
    assert STATES["Delete former model"]["Catch"][-1] == {
        "ErrorEquals": ["States.ALL"],
        "ResultPath": "$.not_deleted",
        "Next": "Is all deleted?",
    }
    (left,) = STATES["Is all deleted?"]["Choices"]
    assert left == {"Variable": "$.not_deleted.Cause", "IsPresent": True, "Next": "Tell: not deleted"}
    assert (STATES["Tell: not deleted"]["Next"], STATES["Tell: not deleted"]["Catch"][0]["Next"]) == ("Promoted",) * 2
    # An endpoint that stays needs its configuration, and the configuration its model: a later promotion may have to put
    # them back, or deletes all three.
    for name in ("Delete endpoint", f"Delete endpoint{AGAIN}"):
        assert TASKS[name]["Catch"][-1]["Next"] == "Is all deleted?"
    # Nothing is deleted before the new version is live and recorded.
    assert STATES["Write registry"]["Next"] == "Is an endpoint left?"
