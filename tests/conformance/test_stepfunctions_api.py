"""AWS Step Functions: what its API takes, lists, stops and goes on with."""

import json
from typing import Any

import pytest

from caller import Caller, allow, refusal, until

API = "AWS Step Functions API Reference: "
GUIDE = "AWS Step Functions Developer Guide: "

PASS = {"Type": "Pass", "End": True}
ONE = {"StartAt": "A", "States": {"A": PASS}}
WAIT = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": True}}}


@pytest.mark.document(API + "CreateStateMachine (InvalidDefinition)")
@pytest.mark.parametrize(
    "definition",
    [
        {"StartAt": "B", "States": {"A": PASS}},
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}},
        {"StartAt": "A", "States": {"A": {"Type": "Pass"}}},
        {"StartAt": "A", "States": {"A": PASS, "B": PASS}},
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "none", "End": True}}},
    ],
    ids=["no start", "no next", "no end", "never reached", "no resource"],
)
def test_definition_that_is_none_is_refused(caller: Caller, definition: dict[str, Any]) -> None:
    settings = {"name": caller.name("machine"), "roleArn": caller.role("states"), "definition": json.dumps(definition)}
    assert refusal(caller.client("stepfunctions").create_state_machine, **settings) == "InvalidDefinition"


@pytest.mark.document(API + "CreateStateMachine")
def test_machine_is_created_once(caller: Caller) -> None:
    states, name = caller.client("stepfunctions"), caller.name("machine")
    settings = {"name": name, "roleArn": caller.role("states")}
    arn = states.create_state_machine(definition=json.dumps(ONE), **settings)["stateMachineArn"]
    caller.at_end(states.delete_state_machine, stateMachineArn=arn)
    assert states.create_state_machine(definition=json.dumps(ONE), **settings)["stateMachineArn"] == arn
    code = refusal(states.create_state_machine, definition=json.dumps(WAIT), **settings)
    assert code == "StateMachineAlreadyExists"


@pytest.mark.document(API + "CreateStateMachine (InvalidName)")
def test_name_that_no_machine_may_have(caller: Caller) -> None:
    settings = {"name": "a name", "roleArn": caller.role("states"), "definition": json.dumps(ONE)}
    assert refusal(caller.client("stepfunctions").create_state_machine, **settings) == "InvalidName"


@pytest.mark.document(API + "StartExecution")
def test_execution_of_a_name_is_started_once(caller: Caller) -> None:
    states, machine = caller.client("stepfunctions"), caller.machine(WAIT)
    first = states.start_execution(stateMachineArn=machine, name="one", input="{}")
    caller.at_end(states.stop_execution, executionArn=first["executionArn"])
    again = states.start_execution(stateMachineArn=machine, name="one", input="{}")
    assert again["executionArn"] == first["executionArn"]
    code = refusal(states.start_execution, stateMachineArn=machine, name="one", input='{"a": 1}')
    assert code == "ExecutionAlreadyExists"


@pytest.mark.document(API + "StartExecution (InvalidExecutionInput)")
@pytest.mark.parametrize("text", ["{", "NaN"])
def test_input_that_is_no_json_is_refused(caller: Caller, text: str) -> None:
    machine = caller.machine(ONE)
    code = refusal(caller.client("stepfunctions").start_execution, stateMachineArn=machine, input=text)
    assert code == "InvalidExecutionInput"


@pytest.mark.document(API + "StartExecution (StateMachineDoesNotExist)")
def test_machine_and_execution_that_there_are_not(caller: Caller) -> None:
    states, machine = caller.client("stepfunctions"), caller.machine(ONE)
    assert refusal(states.start_execution, stateMachineArn=f"{machine}-none") == "StateMachineDoesNotExist"
    execution = machine.replace(":stateMachine:", ":execution:") + ":none"
    assert refusal(states.describe_execution, executionArn=execution) == "ExecutionDoesNotExist"
    assert refusal(states.describe_execution, executionArn="none") == "InvalidArn"


@pytest.mark.document(API + "StopExecution")
def test_stopped_execution_has_its_error_and_cause(caller: Caller) -> None:
    states, machine = caller.client("stepfunctions"), caller.machine(WAIT)
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    states.stop_execution(executionArn=execution, error="Storm", cause="too windy")
    described = caller.ended(execution)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "Storm", "too windy")


@pytest.mark.document(API + "GetExecutionHistory")
def test_history_forwards_and_backwards(caller: Caller) -> None:
    execution = caller.execute(caller.machine(ONE))["executionArn"]
    states = caller.client("stepfunctions")
    types = [each["type"] for each in states.get_execution_history(executionArn=execution)["events"]]
    assert types == ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    page = states.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)
    assert [each["type"] for each in page["events"]] == ["ExecutionSucceeded"]
    rest = states.get_execution_history(executionArn=execution, reverseOrder=True, nextToken=page["nextToken"])
    assert [each["id"] for each in rest["events"]] == [3, 2, 1]


@pytest.mark.document(API + "ListExecutions")
def test_executions_by_status(caller: Caller) -> None:
    states = caller.client("stepfunctions")
    machine = caller.machine({"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "Lame"}}})
    execution = caller.execute(machine)["executionArn"]
    listed = states.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"]
    assert [each["executionArn"] for each in listed] == [execution]
    assert states.list_executions(stateMachineArn=machine, statusFilter="SUCCEEDED")["executions"] == []


@pytest.mark.document(GUIDE + "Restarting state machine executions with redrive")
def test_redrive_goes_on_at_the_state_that_failed(caller: Caller) -> None:
    states, parameter = caller.client("stepfunctions"), f"/{caller.name('parameter')}"
    read = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter",
        "Parameters": {"Name": parameter},
        "ResultSelector": {"is.$": "$.Parameter.Value"},
        "End": True,
    }
    first = {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "Next": "Read"}
    machine = caller.machine({"StartAt": "First", "States": {"First": first, "Read": read}}, allow("ssm:GetParameter"))
    failed = caller.execute(machine)
    assert (failed["status"], failed["redriveStatus"]) == ("FAILED", "REDRIVABLE")
    caller.client("ssm").put_parameter(Name=parameter, Value="there", Type="String")
    caller.at_end(caller.client("ssm").delete_parameter, Name=parameter)
    states.redrive_execution(executionArn=failed["executionArn"])
    redriven = caller.ended(failed["executionArn"])
    assert (redriven["status"], redriven["output"], redriven["redriveCount"]) == ("SUCCEEDED", '{"is":"there"}', 1)
    events = states.get_execution_history(executionArn=failed["executionArn"])["events"]
    entered = [each["stateEnteredEventDetails"]["name"] for each in events if "stateEnteredEventDetails" in each]
    assert entered.count("First") == 1
    assert refusal(states.redrive_execution, executionArn=failed["executionArn"]) == "ExecutionNotRedrivable"


@pytest.mark.document(GUIDE + "State machine versions in Step Functions workflows")
def test_version_stays_as_it_was_published(caller: Caller) -> None:
    states, machine = (
        caller.client("stepfunctions"),
        caller.machine({"StartAt": "A", "States": {"A": PASS | {"Result": 1}}}),
    )
    version = states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    states.update_state_machine(
        stateMachineArn=machine, definition=json.dumps({"StartAt": "A", "States": {"A": PASS | {"Result": 2}}})
    )
    assert version == f"{machine}:1"
    assert caller.execute(version)["output"] == "1"


@pytest.mark.document(GUIDE + "State machine aliases in Step Functions workflows")
def test_alias_routes_to_its_version(caller: Caller) -> None:
    states, machine = (
        caller.client("stepfunctions"),
        caller.machine({"StartAt": "A", "States": {"A": PASS | {"Result": 1}}}),
    )
    version = states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    routes = [{"stateMachineVersionArn": version, "weight": 100}]
    alias = states.create_state_machine_alias(name="live", routingConfiguration=routes)["stateMachineAliasArn"]
    caller.at_end(states.delete_state_machine_alias, stateMachineAliasArn=alias)
    described = caller.execute(alias)
    assert (described["output"], described["stateMachineVersionArn"]) == ("1", version)
    assert refusal(states.delete_state_machine_version, stateMachineVersionArn=version) == "ConflictException"


@pytest.mark.document(API + "ValidateStateMachineDefinition")
def test_faults_of_a_definition_are_named(caller: Caller) -> None:
    states = caller.client("stepfunctions")
    wrong = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}})
    answer = states.validate_state_machine_definition(definition=wrong)
    assert (answer["result"], answer["diagnostics"][0]["severity"]) == ("FAIL", "ERROR")
    assert states.validate_state_machine_definition(definition=json.dumps(ONE))["result"] == "OK"


@pytest.mark.document(GUIDE + "Using TestState API to test a state in Step Functions")
def test_one_state_is_tested(caller: Caller) -> None:
    state = {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "One"}], "Default": "Other"}
    settings = {"definition": json.dumps(state), "roleArn": caller.role("states"), "input": '{"n": 1}'}
    answer = caller.client("stepfunctions").test_state(**settings)
    assert (answer["status"], answer["nextState"]) == ("SUCCEEDED", "One")


@pytest.mark.differs("TestState takes no mock")
@pytest.mark.document(GUIDE + "Using TestState API to test a state in Step Functions (mock)")
def test_one_state_is_tested_with_a_mock(caller: Caller) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": "q"},
        "End": True,
    }
    settings = {"definition": json.dumps(state), "mock": {"result": '{"MessageId": "1"}'}}
    answer = caller.client("stepfunctions").test_state(**settings)
    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", {"MessageId": "1"})


@pytest.mark.document(API + "StartSyncExecution")
def test_express_workflow_answers_at_once(caller: Caller) -> None:
    machine = caller.machine({"StartAt": "A", "States": {"A": PASS | {"Result": 1}}}, type="EXPRESS")
    answer = caller.client("stepfunctions").start_sync_execution(stateMachineArn=machine)
    assert (answer["status"], answer["output"]) == ("SUCCEEDED", "1")
    standard = caller.machine(ONE)
    code = refusal(caller.client("stepfunctions").start_sync_execution, stateMachineArn=standard)
    assert code == "StateMachineTypeNotSupported"


@pytest.mark.differs("StartSyncExecution does not say what is billed")
@pytest.mark.document(API + "StartSyncExecution (billingDetails)")
def test_express_workflow_says_what_it_costs(caller: Caller) -> None:
    machine = caller.machine(ONE, type="EXPRESS")
    answer = caller.client("stepfunctions").start_sync_execution(stateMachineArn=machine)
    assert answer["billingDetails"]["billedMemoryUsedInMB"] >= 64


@pytest.mark.differs("StartExecution runs an Express workflow as a Standard one")
@pytest.mark.document(API + "ListExecutions (StateMachineTypeNotSupported)")
def test_executions_of_an_express_workflow_are_not_listed(caller: Caller) -> None:
    states, machine = caller.client("stepfunctions"), caller.machine(ONE, type="EXPRESS")
    assert ":express:" in states.start_execution(stateMachineArn=machine)["executionArn"]
    assert refusal(states.list_executions, stateMachineArn=machine) == "StateMachineTypeNotSupported"


@pytest.mark.document(API + "TagResource (TooManyTags)")
def test_machine_has_fifty_tags_at_most(caller: Caller) -> None:
    tags = [{"key": str(number), "value": ""} for number in range(51)]
    code = refusal(caller.client("stepfunctions").tag_resource, resourceArn=caller.machine(ONE), tags=tags)
    assert code in ("TooManyTags", "ValidationException")


@pytest.mark.document(GUIDE + "Automating Step Functions event delivery with EventBridge")
def test_end_of_an_execution_is_an_event(caller: Caller) -> None:
    machine, rules, name = caller.machine(ONE), caller.client("events"), caller.name("rule")
    url, arn = caller.open_queue("events")
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [machine], "status": ["SUCCEEDED"]}}
    rules.put_rule(Name=name, EventPattern=json.dumps(pattern))
    caller.at_end(rules.delete_rule, Name=name)
    rules.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    caller.at_end(rules.remove_targets, Rule=name, Ids=["queue"])
    execution = caller.execute(machine)["executionArn"]
    (message,) = until(lambda: caller.receive(url, 5))
    event = json.loads(message["Body"])
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert event["detail"]["executionArn"] == execution
