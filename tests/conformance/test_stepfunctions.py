"""AWS Step Functions: states, paths, errors, intrinsic functions and workflows in workflows."""

import json
from typing import Any

import pytest

from caller import Caller, allow, refusal, until

GUIDE = "AWS Step Functions Developer Guide: "
LANGUAGE = "Amazon States Language specification: "

PASS = {"Type": "Pass", "End": True}


def output(described: dict[str, Any]) -> Any:
    assert described["status"] == "SUCCEEDED", described
    return json.loads(described["output"])


def error(described: dict[str, Any]) -> tuple[str, str | None]:
    return described["status"], described.get("error")


@pytest.mark.document(GUIDE + "Processing input and output in Step Functions")
def test_input_parameters_result_and_output(caller: Caller) -> None:
    state = PASS | {
        "InputPath": "$.ride",
        "Parameters": {"miles.$": "$.distance", "unit": "mile"},
        "ResultPath": "$.shown",
        "OutputPath": "$['shown', 'distance']",
    }
    states = {"Show": state | {"OutputPath": "$.shown"}}
    assert output(caller.run(states, {"ride": {"distance": 3}})) == {"miles": 3, "unit": "mile"}


INTRINSICS = {
    "States.Format('{} of {}', 1, $.name)": "1 of ride",
    "States.Format('{}', $['name'])": "ride",
    "States.StringToJson('{\"a\": [1]}')": {"a": [1]},
    "States.JsonToString($.list)": "[1,2,2,3]",
    "States.Array(1, 'a', null)": [1, "a", None],
    "States.ArrayPartition($.list, 3)": [[1, 2, 2], [3]],
    "States.ArrayContains($.list, 3)": True,
    "States.ArrayRange(1, 9, 4)": [1, 5, 9],
    "States.ArrayGetItem($.list, 3)": 3,
    "States.ArrayLength($.list)": 4,
    "States.ArrayUnique($.list)": [1, 2, 3],
    "States.Base64Encode('Data to encode')": "RGF0YSB0byBlbmNvZGU=",
    "States.Base64Decode('RGVjb2RlZCBkYXRh')": "Decoded data",
    "States.Hash('input data', 'SHA-1')": "aaff4a450a104cd177d28d18d74485e8cae074b7",
    "States.JsonMerge($.one, $.two, false)": {"a": {"a3": 1, "a4": 2}, "b": 2, "c": 3},
    "States.MathAdd(111, -1)": 110,
    "States.StringSplit('1,2,3', ',')": ["1", "2", "3"],
}


@pytest.mark.document(GUIDE + "Intrinsic functions")
@pytest.mark.parametrize("call", INTRINSICS)
def test_intrinsic_function(caller: Caller, call: str) -> None:
    value = {
        "name": "ride",
        "list": [1, 2, 2, 3],
        "one": {"a": {"a1": 1}, "b": 2},
        "two": {"a": {"a3": 1, "a4": 2}, "c": 3},
    }
    assert output(caller.run({"Call": PASS | {"Parameters": {"is.$": call}}}, value)) == {"is": INTRINSICS[call]}


@pytest.mark.document(GUIDE + "Intrinsic functions (States.UUID, States.MathRandom)")
def test_random_intrinsic_functions(caller: Caller) -> None:
    parameters = {"id.$": "States.UUID()", "number.$": "States.MathRandom(3, 5)"}
    answer = output(caller.run({"Call": PASS | {"Parameters": parameters}}))
    assert len(answer["id"]) == 36
    assert answer["number"] in (3, 4)


@pytest.mark.document(GUIDE + "Handling errors in Step Functions workflows (States.IntrinsicFailure)")
def test_intrinsic_function_that_fails(caller: Caller) -> None:
    state = PASS | {"Parameters": {"a.$": "States.ArrayGetItem(States.Array(1), 9)"}}
    assert error(caller.run({"Call": state})) == ("FAILED", "States.IntrinsicFailure")


def choice(rule: dict[str, Any], **fields: Any) -> dict[str, Any]:
    match = {"Type": "Pass", "Result": "found", "End": True}
    other = {"Type": "Pass", "Result": "other", "End": True}
    states = {"Which": {"Type": "Choice", "Choices": [rule | {"Next": "Found"}], **fields}, "Found": match}
    return states | ({"Other": other} if "Default" in fields else {})


@pytest.mark.document(GUIDE + "Choice workflow state")
@pytest.mark.parametrize(
    ("rule", "is_match"),
    [
        ({"Variable": "$.name", "StringMatches": "ri*.json"}, True),
        ({"Variable": "$.n", "NumericGreaterThanEqualsPath": "$.least"}, True),
        ({"Variable": "$.at", "TimestampLessThan": "2026-01-01T00:00:00.5Z"}, True),
        ({"Not": {"Variable": "$.none", "IsPresent": True}}, True),
        ({"And": [{"Variable": "$.name", "IsString": True}, {"Variable": "$.n", "IsNull": True}]}, False),
        ({"Variable": "$.name", "NumericEquals": 1}, False),
    ],
)
def test_choice_by_a_rule(caller: Caller, rule: dict[str, Any], is_match: bool) -> None:
    value = {"name": "ride.json", "n": 3, "least": 3, "at": "2026-01-01T00:00:00.25Z"}
    assert output(caller.run(choice(rule, Default="Other"), value)) == ("found" if is_match else "other")


@pytest.mark.document(GUIDE + "Choice workflow state (States.NoChoiceMatched)")
def test_choice_that_none_matches(caller: Caller) -> None:
    described = caller.run(choice({"Variable": "$.n", "NumericEquals": 1}), {"n": 2})
    assert error(described) == ("FAILED", "States.NoChoiceMatched")


@pytest.mark.document(GUIDE + "Handling errors in Step Functions workflows (States.Runtime)")
def test_path_that_leads_nowhere_is_not_caught(caller: Caller) -> None:
    assert error(caller.run(choice({"Variable": "$.none", "NumericEquals": 1}, Default="Other"))) == (
        "FAILED",
        "States.Runtime",
    )
    branch = {"StartAt": "A", "States": {"A": PASS | {"InputPath": "$.none"}}}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    states = {"Both": {"Type": "Parallel", "Branches": [branch], "Catch": catch, "End": True}, "Caught": PASS}
    assert error(caller.run(states)) == ("FAILED", "States.Runtime")


@pytest.mark.document(GUIDE + "Handling errors in Step Functions workflows (States.ResultPathMatchFailure)")
def test_result_that_has_no_place(caller: Caller) -> None:
    described = caller.run({"A": PASS | {"Result": 1, "ResultPath": "$.n.m"}}, {"n": 1})
    assert error(described) == ("FAILED", "States.ResultPathMatchFailure")


@pytest.mark.document(GUIDE + "Step Functions service quotas (input or result of a state)")
def test_data_of_over_256_kilobytes(caller: Caller) -> None:
    half = {"Type": "Pass", "Result": "x" * 140_000, "ResultPath": "$.half", "Next": "Double"}
    states = {"Half": half, "Double": PASS | {"Parameters": {"one.$": "$.half", "two.$": "$.half"}}}
    assert error(caller.run(states)) == ("FAILED", "States.DataLimitExceeded")


@pytest.mark.document(GUIDE + "Parallel workflow state")
def test_branches_answer_in_their_order_and_fail_together(caller: Caller) -> None:
    slow = {"StartAt": "S", "States": {"S": {"Type": "Wait", "Seconds": 1, "Next": "R"}, "R": PASS | {"Result": 1}}}
    quick = {"StartAt": "Q", "States": {"Q": PASS | {"Result": 2}}}
    assert output(caller.run({"Both": {"Type": "Parallel", "Branches": [slow, quick], "End": True}})) == [1, 2]
    fail = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Lame", "Cause": "horse"}}}
    catch = [{"ErrorEquals": ["Lame"], "ResultPath": "$.error", "Next": "Caught"}]
    states = {"Both": {"Type": "Parallel", "Branches": [slow, fail], "Catch": catch, "End": True}, "Caught": PASS}
    assert output(caller.run(states, {"a": 1})) == {"a": 1, "error": {"Error": "Lame", "Cause": "horse"}}


@pytest.mark.document(GUIDE + "Using Map state in Inline mode")
def test_map_over_items_with_their_index(caller: Caller) -> None:
    selector = {"at.$": "$$.Map.Item.Index", "item.$": "$$.Map.Item.Value.n", "of.$": "$.of"}
    processor = {"StartAt": "A", "States": {"A": PASS}}
    state = {"Type": "Map", "ItemsPath": "$.items", "ItemSelector": selector, "ItemProcessor": processor, "End": True}
    value = {"of": "herd", "items": [{"n": 5}, {"n": 6}]}
    assert output(caller.run({"Each": state}, value)) == [
        {"at": 0, "item": 5, "of": "herd"},
        {"at": 1, "item": 6, "of": "herd"},
    ]


@pytest.mark.document(GUIDE + "Fail workflow state (ErrorPath, CausePath)")
def test_fail_by_paths(caller: Caller) -> None:
    state = {"Type": "Fail", "ErrorPath": "$.error", "CausePath": "States.Format('{} is lame', $.name)"}
    described = caller.run({"End": state}, {"error": "Lame", "name": "Angel"})
    assert (*error(described), described["cause"]) == ("FAILED", "Lame", "Angel is lame")


@pytest.mark.document(GUIDE + "Wait workflow state")
def test_wait_for_seconds_of_a_path(caller: Caller) -> None:
    described = caller.run({"Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "End": True}}, {"seconds": 1})
    assert output(described) == {"seconds": 1}
    assert (described["stopDate"] - described["startDate"]).total_seconds() >= 1


@pytest.mark.document(LANGUAGE + "Top-level fields (TimeoutSeconds)")
def test_execution_runs_out_of_time(caller: Caller) -> None:
    described = caller.run({"Wait": {"Type": "Wait", "Seconds": 30, "End": True}}, TimeoutSeconds=1)
    assert described["status"] == "TIMED_OUT"


@pytest.mark.document(GUIDE + "Accessing execution data from the Context object")
def test_context_object(caller: Caller) -> None:
    names = {"execution": "$$.Execution.Id", "state": "$$.State.Name", "machine": "$$.StateMachine.Id"}
    parameters = {f"{name}.$": path for name, path in names.items()} | {"at.$": "$$.State.EnteredTime"}
    described = caller.run({"Look": PASS | {"Parameters": parameters}})
    answer = output(described)
    assert (answer["execution"], answer["state"]) == (described["executionArn"], "Look")
    assert answer["machine"] == described["stateMachineArn"]
    assert answer["at"].endswith("Z")
    assert len(answer["at"]) == len("2026-01-01T00:00:00.000Z")


def distributed(**fields: Any) -> dict[str, Any]:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "A",
        "States": {"A": PASS},
    }
    return {"Type": "Map", "ItemProcessor": processor, "End": True} | fields


@pytest.mark.document(GUIDE + "Using Map state in Distributed mode")
def test_distributed_map_over_items(caller: Caller) -> None:
    assert output(caller.run({"Each": distributed()}, [1, 2, 3], allow("states:*"))) == [1, 2, 3]


@pytest.mark.document(GUIDE + "ItemReader (Map)")
@pytest.mark.parametrize(
    ("kind", "text", "items"),
    [
        ({"InputType": "JSON"}, '[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        (
            {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            "a,b\n1,x\n2,y\n",
            [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}],
        ),
        ({"InputType": "JSON", "MaxItems": 1}, '[{"a": 1}, {"a": 2}]', [{"a": 1}]),
    ],
)
def test_distributed_map_over_an_object(caller: Caller, kind: dict[str, Any], text: str, items: list[Any]) -> None:
    bucket = caller.bucket()
    caller.client("s3").put_object(Bucket=bucket, Key="rides", Body=text.encode())
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": kind,
        "Parameters": {"Bucket": bucket, "Key": "rides"},
    }
    described = caller.run({"Each": distributed(ItemReader=reader)}, None, allow("states:*", "s3:*"))
    assert output(described) == items


@pytest.mark.document(GUIDE + "Setting failure thresholds for Distributed Map states")
def test_too_many_children_fail(caller: Caller) -> None:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "F",
        "States": {"F": {"Type": "Fail", "Error": "Lame"}},
    }
    state = distributed(ItemProcessor=processor, ToleratedFailurePercentage=50)
    described = caller.run({"Each": state}, [1, 2], allow("states:*"))
    assert error(described) == ("FAILED", "States.ExceedToleratedFailureThreshold")


@pytest.mark.document(GUIDE + "ResultWriter (Map)")
def test_results_are_written(caller: Caller) -> None:
    bucket, objects = caller.bucket(), caller.client("s3")
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": bucket, "Prefix": "out"}}
    described = caller.run({"Each": distributed(ResultWriter=writer)}, [1, 2], allow("states:*", "s3:*"))
    details = output(described)["ResultWriterDetails"]
    manifest = json.loads(objects.get_object(Bucket=details["Bucket"], Key=details["Key"])["Body"].read())
    (file,) = manifest["ResultFiles"]["SUCCEEDED"]
    children = json.loads(objects.get_object(Bucket=bucket, Key=file["Key"])["Body"].read())
    assert sorted(child["Output"] for child in children) == ["1", "2"]


@pytest.mark.differs("ItemBatcher is refused by the grammar")
@pytest.mark.document(GUIDE + "ItemBatcher (Map)")
def test_items_in_batches(caller: Caller) -> None:
    state = distributed(ItemBatcher={"MaxItemsPerBatch": 2, "BatchInput": {"of": "herd"}})
    assert output(caller.run({"Each": state}, [1, 2, 3], allow("states:*"))) == [
        {"BatchInput": {"of": "herd"}, "Items": [1, 2]},
        {"BatchInput": {"of": "herd"}, "Items": [3]},
    ]


@pytest.mark.differs("JSONata is not wired in")
@pytest.mark.document(GUIDE + "Transforming data with JSONata in Step Functions")
def test_jsonata(caller: Caller) -> None:
    state = PASS | {"QueryLanguage": "JSONata", "Output": {"total": "{% $sum($states.input.fares) %}"}}
    assert output(caller.run({"Sum": state}, {"fares": [1, 2, 3]})) == {"total": 6}


@pytest.mark.differs("JSONata, and with it the assignment of variables, is not wired in")
@pytest.mark.document(GUIDE + "Passing data between states with variables")
def test_variables(caller: Caller) -> None:
    states = {
        "Assign": {"Type": "Pass", "Assign": {"ride.$": "$.ride"}, "Result": "lost", "Next": "Use"},
        "Use": PASS | {"Parameters": {"ride.$": "$ride"}},
    }
    assert output(caller.run(states, {"ride": 7})) == {"ride": 7}


@pytest.mark.document(GUIDE + "Start a Step Functions execution from an existing one")
def test_workflow_in_a_workflow(caller: Caller) -> None:
    child = caller.machine({"StartAt": "A", "States": {"A": PASS | {"Result": {"fare": 3}}}})
    grants = allow("states:*", "events:PutTargets", "events:PutRule", "events:DescribeRule")
    results = []
    for suffix in (".sync", ".sync:2"):
        resource = f"arn:aws:states:::states:startExecution{suffix}"
        task = {"Type": "Task", "Resource": resource, "Parameters": {"StateMachineArn": child}, "End": True}
        results.append(output(caller.run({"Start": task}, None, grants))["Output"])
    assert [json.loads(results[0]), results[1]] == [{"fare": 3}, {"fare": 3}]


@pytest.mark.document(GUIDE + "Activities")
def test_activity(caller: Caller) -> None:
    states, name = caller.client("stepfunctions"), caller.name("activity")
    arn = states.create_activity(name=name)["activityArn"]
    caller.at_end(states.delete_activity, activityArn=arn)
    task = {"Type": "Task", "Resource": arn, "TimeoutSeconds": 60, "End": True}
    machine = caller.machine({"StartAt": "Do", "States": {"Do": task}})
    execution = states.start_execution(stateMachineArn=machine, input='{"ride": 1}')["executionArn"]
    handed = until(lambda: states.get_activity_task(activityArn=arn), lambda each: each.get("taskToken"))
    states.send_task_success(taskToken=handed["taskToken"], output='"done"')
    assert (json.loads(handed["input"]), output(caller.ended(execution))) == ({"ride": 1}, "done")


@pytest.mark.document(GUIDE + "Discover service integration patterns (Wait for a callback with task token)")
def test_task_waits_for_its_token(caller: Caller) -> None:
    states, url = caller.client("stepfunctions"), caller.queue()
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
        "Catch": [{"ErrorEquals": ["Refused"], "Next": "Caught"}],
        "End": True,
    }
    machine = caller.machine({"StartAt": "Ask", "States": {"Ask": task, "Caught": PASS}}, allow("sqs:SendMessage"))
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    (message,) = caller.receive(url, 20)
    states.send_task_failure(taskToken=json.loads(message["Body"])["token"], error="Refused", cause="too far")
    assert output(caller.ended(execution)) == {"Error": "Refused", "Cause": "too far"}
    code = refusal(states.send_task_success, taskToken="none", output="{}")
    assert code in ("InvalidToken", "TaskDoesNotExist")
