"""The template against folders and workflow, and what it grants."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.template_document import read_template
from local.sagemaker import images
from wildrydes.parameters import check_parameters
from wildrydes.rides.partitions import FIRST_YEAR, LAST_YEAR, year_of
from wildrydes.tasks import TASKS, Task

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "template.yaml").read_text(encoding="utf-8")
TEMPLATE = read_template(ROOT / "template.yaml")
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]


def of_type(name: str) -> dict[str, dict[str, Any]]:
    return {key: resource["Properties"] for key, resource in RESOURCES.items() if resource["Type"] == name}


FUNCTIONS = of_type("AWS::Serverless::Function")


def statements() -> list[dict[str, Any]]:
    """Every statement that allows something, of functions and roles."""
    documents = [policy for function in FUNCTIONS.values() for policy in function.get("Policies", [])]
    documents += [
        policy["PolicyDocument"] for role in of_type("AWS::IAM::Role").values() for policy in role.get("Policies", [])
    ]
    return [statement for document in documents for statement in document["Statement"]]


def actions(statement: dict[str, Any]) -> list[str]:
    return [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]


def test_each_folder_with_an_app_is_a_function_and_the_other_way_round() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    handlers = {function["Handler"].split(".")[0] for function in FUNCTIONS.values()}
    assert folders == handlers
    for name, function in FUNCTIONS.items():
        folder = function["Handler"].removesuffix(".app.handler")
        # One folder serves every task, by a function each.
        task = "" if folder != "predict" else TASKS[function["Environment"]["Variables"]["TASK"]].words
        assert name == "".join(word.capitalize() for word in folder.split("_")) + f"{task}Function"


def test_the_table_of_rides_has_every_year_that_a_ride_can_have_and_no_other_objects() -> None:
    parameters = of_type("AWS::Glue::Table")["RidesTable"]["TableInput"]["Parameters"]
    assert parameters["projection.year.range"] == f"{FIRST_YEAR},{LAST_YEAR}"
    folder = parameters["storage.location.template"]["Fn::Sub"].removeprefix("s3://${DataBucket}/")
    assert year_of(f"{folder.replace('${!year}', '2017')}a") == 2017


def test_code_and_definitions_are_files_and_nothing_is_inline() -> None:
    assert (ROOT / TEMPLATE["Globals"]["Function"]["CodeUri"]).is_dir()
    assert "InlineCode" not in TEXT
    assert "DefinitionString" not in TEXT
    for machine in of_type("AWS::Serverless::StateMachine").values():
        assert (ROOT / machine["DefinitionUri"]).is_file()


def test_definition_uses_each_substitution_and_no_other() -> None:
    for machine in of_type("AWS::Serverless::StateMachine").values():
        definition = (ROOT / machine["DefinitionUri"]).read_text(encoding="utf-8")
        assert set(re.findall(r"\$\{(\w+)\}", definition)) == set(machine["DefinitionSubstitutions"])


def test_restore_may_end_a_promotion_and_do_no_more_of_it_than_it_does() -> None:
    assert RESOURCES["Restore"]["Properties"]["Role"] == {"Fn::GetAtt": ["RestoreRole", "Arn"]}
    granted = {}
    for name in ("Promote", "Restore"):
        (policy,) = RESOURCES[f"{name}Role"]["Properties"]["Policies"]
        granted[name] = {action for each in policy["PolicyDocument"]["Statement"] for action in actions(each)}
    assert granted["Restore"] - granted["Promote"] == {"states:StopExecution"}
    assert granted["Promote"] - granted["Restore"] == {
        "lambda:PublishVersion", "lambda:InvokeFunction", "cloudwatch:DescribeAlarms", "sagemaker:DescribeTrainingJob",
        "sagemaker:CreateModel", "sagemaker:CreateEndpointConfig", "sagemaker:CreateEndpoint", "sagemaker:AddTags",
        "iam:PassRole", "s3:DeleteObject",
    }  # fmt: skip


def test_functions_that_a_file_may_be_deleted_under_may_list_without_a_condition() -> None:
    """S3 answers 403 for what is gone unless the role may list; a condition on a prefix never holds for a GetObject."""
    uses = {
        name
        for name, function in FUNCTIONS.items()
        if re.search(
            r"s3\.(open_latest|open_source|blocks)\(",
            (ROOT / "functions" / function["Handler"].split(".")[0] / "app.py").read_text(encoding="utf-8"),
        )
    }
    may_list = {
        name
        for name, function in FUNCTIONS.items()
        for policy in function.get("Policies", [])
        for statement in policy["Statement"]
        if "s3:ListBucket" in actions(statement) and "Condition" not in statement
    }
    assert uses == may_list == {"PlanIngestionFunction", "IngestRidesFunction", "FanOutRidesFunction"}


def invocations(value: Any) -> Iterator[tuple[str, int]]:
    """The function of each Task below a value that invokes one, and the Task's timeout."""
    if isinstance(value, dict):
        if value.get("Resource") == "arn:aws:states:::lambda:invoke":
            name = value["Parameters"].get("FunctionName.$")
            # A task's function: they are all alike.
            assert name in (None, "$.serving.function")
            substitution = re.fullmatch(r"\$\{(\w+)Arn\}", value["Parameters"].get("FunctionName", ""))
            yield substitution[1] if substitution else "PredictFunction", value["TimeoutSeconds"]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from invocations(each)


def test_a_task_outlasts_its_function() -> None:
    """A function that takes too long ends by Sandbox.Timedout, which is retried; States.Timeout is not."""
    definitions = [machine["DefinitionUri"] for machine in of_type("AWS::Serverless::StateMachine").values()]
    tasks = [task for uri in definitions for task in invocations(json.loads((ROOT / uri).read_text(encoding="utf-8")))]
    assert {name for name, _ in tasks} >= {"PlanIngestionFunction", "IngestRidesFunction", "EvaluateModelFunction"}
    for name, seconds in tasks:
        assert seconds > FUNCTIONS[name]["Timeout"]


def hyphens(task: Task) -> str:
    return task.name.replace("_", "-")


def test_functions_of_tasks_differ_in_task_model_logs_and_what_they_may_read_alone() -> None:
    served = {task.name: json.dumps(FUNCTIONS[task.function]) for task in TASKS.values()}
    default = FUNCTIONS["PredictFunction"]
    statements = default["Policies"][0]["Statement"]
    allowed = [each for each in statements if each["Effect"] == "Allow"]
    served["heavy_utilization"] = json.dumps(default | {"Policies": [{"Statement": allowed}]})
    for task in TASKS.values():
        text = served[task.name]
        for own, default in (
            (f'"TASK": "{task.name}"', '"TASK": "heavy_utilization"'),
            (f'"Predicts {task.name}"', '"Predicts heavy_utilization"'),
            (f'"Ref": "{task.model_path}"', '"Ref": "ModelPath"'),
            (f'"Ref": "Predict{task.words}Logs"', '"Ref": "PredictLogs"'),
            (f"/{task.models_prefix}*", "/models/*"),
            (f'"${{AWS::StackName}}-{hyphens(task)}"', '"${AWS::StackName}-heavy-utilization"'),
            (f"endpoint/${{AWS::StackName}}-{hyphens(task)}", "endpoint/${AWS::StackName}-heavy-utilization"),
        ):
            assert text.count(own) == 1
            text = text.replace(own, default)
        assert text == served["heavy_utilization"]


def test_parameters_that_a_deployment_reads_are_those_that_the_command_creates() -> None:
    """`wildrydes deploy` creates one a task, by `Task.parameter` below the folder of the stage."""
    created = [task.parameter for task in TASKS.values()]
    parameters = TEMPLATE["Parameters"]
    read = [each["Default"] for each in parameters.values() if each["Type"].startswith("AWS::SSM::Parameter::Value")]
    assert read == created
    assert [parameters[task.model_path_name]["Default"] for task in TASKS.values()] == created


def test_no_workflow_makes_or_ends_in_sagemaker_what_is_not_the_stacks() -> None:
    """What has a name that is not known before has the stack's tag; an endpoint has a name of the stack's."""
    stack = {"Ref": "AWS::StackName"}
    writes = []
    for role in ("RetrainRole", "PromoteRole", "RestoreRole"):
        (policy,) = RESOURCES[role]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]:
            changes = [each for each in actions(statement) if re.match("sagemaker:(?!Describe)", each)]
            resources = json.dumps(statement["Resource"])
            if not changes or "*" not in resources:
                assert not changes or set(re.findall(r":endpoint/([^-]*)-", resources)) == {"${AWS::StackName}"}
                continue
            if "sagemaker:AddTags" in changes:
                # Nothing is tagged but what is being created, which the request's tag bounds.
                assert (changes, statement["Condition"]) == (
                    ["sagemaker:AddTags"], {"Null": {"sagemaker:TaggingAction": "false"}},
                )  # fmt: skip
                continue
            makes = {each for each in changes if re.match("sagemaker:Create(?!Endpoint$)", each)}
            assert makes in (set(), set(changes))
            key = "aws:RequestTag/wildrydes:stack" if makes else "aws:ResourceTag/wildrydes:stack"
            assert statement["Condition"] == {"StringEquals": {key: stack}}
            writes += changes
    assert {"sagemaker:DeleteModel", "sagemaker:DeleteEndpointConfig", "sagemaker:StopTrainingJob"} <= set(writes)
    for name in ("retrain", "promote"):
        definition = (ROOT / "statemachines" / f"{name}.asl.json").read_text(encoding="utf-8")
        made = re.findall(r"sagemaker:create(?!Endpoint\")\w+", definition)
        assert made
        assert definition.count('"Key": "wildrydes:stack"') == len(made)


def test_no_function_of_a_task_may_read_the_models_of_another() -> None:
    for task in TASKS.values():
        (policy,) = FUNCTIONS[task.function]["Policies"]
        reads = [each for each in policy["Statement"] if actions(each) == ["s3:GetObject"]]
        (allowed,) = [each["Resource"]["Fn::Sub"] for each in reads if each["Effect"] == "Allow"]
        denied = {place["Fn::Sub"] for each in reads if each["Effect"] == "Deny" for place in each["Resource"]}
        others = {f"${{DataBucket.Arn}}/{other.models_prefix}*" for other in TASKS.values() if other != task}
        assert allowed == f"${{DataBucket.Arn}}/{task.models_prefix}*"
        assert denied == (others if task.is_default else set())


def test_no_statement_allows_every_action() -> None:
    assert all("*" not in action for statement in statements() for action in actions(statement))


def test_wildcard_resource_has_its_reason_beside_it() -> None:
    wild = [statement for statement in statements() if statement.get("Resource") == "*"]
    assert wild
    for statement in wild:
        before = TEXT[: TEXT.index(f"Sid: {statement['Sid']}")]
        comment = [line for line in before.splitlines()[-8:] if line.strip().startswith("#")]
        assert comment, f"{statement['Sid']} allows all resources and does not say why"


def test_every_statement_has_a_name() -> None:
    assert all("Sid" in statement or len(actions(statement)) == 1 for statement in statements())


def test_buckets_are_private_encrypted_and_versioned() -> None:
    for bucket in of_type("AWS::S3::Bucket").values():
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert bucket["VersioningConfiguration"]["Status"] == "Enabled"


def test_every_function_has_a_log_group_with_retention_and_is_traced() -> None:
    groups = of_type("AWS::Logs::LogGroup")
    assert all("RetentionInDays" in group for group in groups.values())
    assert TEMPLATE["Globals"]["Function"]["Tracing"] == "Active"
    for function in FUNCTIONS.values():
        assert function["LoggingConfig"]["LogGroup"]["Ref"] in groups


def test_image_is_known_in_each_supported_region() -> None:
    asserted = TEMPLATE["Rules"]["SupportedRegion"]["Assertions"][0]["Assert"]["Fn::Contains"][0]
    assert sorted(asserted) == sorted(TEMPLATE["Mappings"]["LinearLearner"])
    assert set(asserted) == {
        "us-east-1", "us-east-2", "us-west-2", "ap-southeast-1", "ap-northeast-1", "eu-central-1", "eu-west-1",
    }  # fmt: skip


def test_accounts_of_images_are_those_by_which_the_embedded_sagemaker_knows_them() -> None:
    mappings = TEMPLATE["Mappings"]
    tables = {"linear-learner": "LinearLearner", "knn": "LinearLearner", "sagemaker-xgboost": "XGBoost"}
    assert {image.repository for image in images.IMAGES} == set(tables)
    for image in images.IMAGES:
        accounts = {region: each["Account"] for region, each in mappings[tables[image.repository]].items()}
        assert accounts == dict(image.registries)


def test_schedule_is_off_by_an_empty_parameter() -> None:
    assert TEMPLATE["Parameters"]["ScheduleExpression"]["Default"] == ""
    assert {name for name, resource in RESOURCES.items() if resource.get("Condition") == "HasSchedule"} == {
        "Schedule",
        "ScheduleRole",
        "FreshnessSchedule",
        "FreshnessScheduleRole",
        "RetrainingOverdue",
    }


def test_uploads_start_nothing_by_default_and_alarms_do() -> None:
    assert TEMPLATE["Parameters"]["NewRidesQuietMinutes"]["Default"] == 0
    assert TEMPLATE["Parameters"]["RetrainOnAlarm"]["Default"] == "true"
    conditional = {
        condition: {name for name, resource in RESOURCES.items() if resource.get("Condition") == condition}
        for condition in ("TakesUploads", "TakesAlarms")
    }
    assert conditional == {
        "TakesUploads": {"RidesUploaded", "UploadsToStart"},
        "TakesAlarms": {"ModelAlarmChanged", "ModelAlarmPermission"},
    }


def test_schedule_says_that_it_is_one_and_when_it_was_due() -> None:
    start = json.loads(RESOURCES["Schedule"]["Properties"]["Target"]["Input"])
    assert start == {"reason": "schedule", "reason_detail": "<aws.scheduler.scheduled-time>"}
    check_parameters("run-1", start, 2026)


def test_edge_is_off_by_an_empty_parameter_and_its_schedule_may_start_it_alone() -> None:
    assert TEMPLATE["Parameters"]["EdgeTask"]["Default"] == ""
    conditional = {name for name, resource in RESOURCES.items() if resource.get("Condition") == "HasEdgeTask"}
    assert conditional == {"EdgeSchedule", "EdgeScheduleRole"}
    (policy,) = RESOURCES["EdgeScheduleRole"]["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (actions(statement), statement["Resource"]) == (
        ["lambda:InvokeFunction"],
        {"Fn::GetAtt": ["EdgeComputeFunction", "Arn"]},
    )


@pytest.mark.parametrize("machine", ["promote", "restore"])
def test_an_endpoint_is_deleted_once_no_function_can_still_ask_it(machine: str) -> None:
    definition = json.loads((ROOT / "statemachines" / f"{machine}.asl.json").read_text(encoding="utf-8"))
    timeouts = {RESOURCES[task.function]["Properties"]["Timeout"] for task in TASKS.values()}
    assert max(timeouts) <= definition["States"]["Wait for requests"]["Seconds"]


def test_an_invocation_of_the_edge_that_failed_is_not_repeated_beside_the_next_minutes() -> None:
    assert RESOURCES["EdgeComputeFunction"]["Properties"]["EventInvokeConfig"] == {"MaximumRetryAttempts": 0}


def test_seconds_to_bake_are_whole_and_an_hour_at_most() -> None:
    parameter = TEMPLATE["Parameters"]["BakeSeconds"]
    # CloudFormation has no pattern for a Number, and takes 0.5 for one.
    assert parameter["Type"] == "String"
    pattern = re.compile(parameter["AllowedPattern"])
    assert [number for number in range(5000) if pattern.fullmatch(str(number))] == list(range(3601))
    assert not any(pattern.fullmatch(text) for text in ("", "0.5", "1.0", "-1", "1e2", "007", " 7", "none"))


def test_every_end_of_a_promotion_but_success_starts_what_puts_it_in_order() -> None:
    rule = RESOURCES["PromotionEnded"]["Properties"]
    assert rule["EventPattern"]["source"] == ["aws.states"]
    detail = rule["EventPattern"]["detail"]
    assert detail["stateMachineArn"] == [{"Ref": "Promote"}]
    # As Step Functions names them, without RUNNING, PENDING_REDRIVE and SUCCEEDED.
    assert set(detail["status"]) == {"FAILED", "TIMED_OUT", "ABORTED"}
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Ref": "Restore"}
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["PromotionEndsDeadLetterQueue", "Arn"]}}
    _, admitted = RESOURCES["PromotionEndsQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (admitted["Principal"], admitted["Action"]) == ({"Service": "events.amazonaws.com"}, "sqs:SendMessage")
    assert admitted["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["PromotionEnded", "Arn"]}}}


def test_ground_stations_of_the_domain_are_those_of_the_query() -> None:
    from wildrydes.rides.stations import ground_stations

    definition = json.loads((ROOT / "statemachines" / "retrain.asl.json").read_text(encoding="utf-8"))
    query = definition["States"]["Select weather"]["Parameters"]["QueryString.$"]
    assert re.findall(r"\(\\'(\w+)\\', ([-\d.]+)E0, ([-\d.]+)E0\)", query) == [
        (station.id, str(station.latitude), str(station.longitude)) for station in ground_stations()
    ]
