"""AWS CloudFormation: templates, functions in them, updates, failures."""

import json
from typing import Any

import pytest

from caller import FAST, Caller, delete_stack, refusal

API = "AWS CloudFormation API Reference: "
GUIDE = "AWS CloudFormation User Guide: "

QUEUE = {"Type": "AWS::SQS::Queue"}


def create(caller: Caller, template: dict[str, Any], **settings: Any) -> str:
    return caller.new_stack(template, **settings)


def described(caller: Caller, name: str) -> dict[str, Any]:
    return caller.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]


def outputs(caller: Caller, name: str) -> dict[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in described(caller, name)["Outputs"]}


@pytest.mark.document(GUIDE + "Intrinsic function reference")
def test_functions_of_a_template(caller: Caller) -> None:
    seconds = {"Fn::FindInMap": ["Sizes", "small", "seconds"]}
    joined = [{"Fn::Select": [1, {"Ref": "Colours"}]}, {"Fn::If": ["Never", "a", "b"]}]
    template = {
        "Parameters": {"Colours": {"Type": "CommaDelimitedList", "Default": "red,green"}},
        "Mappings": {"Sizes": {"small": {"seconds": 7}}},
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": {
            "Queue": QUEUE | {"Properties": {"VisibilityTimeout": seconds}},
            "Other": QUEUE | {"Condition": "Never"},
        },
        "Outputs": {
            "Joined": {"Value": {"Fn::Join": ["-", joined]}},
            "Arn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}},
            "Sub": {"Value": {"Fn::Sub": "${AWS::StackName}:${Queue.QueueName}"}},
            "Url": {"Value": {"Ref": "Queue"}},
        },
    }
    name = create(caller, template)
    answer = outputs(caller, name)
    queue = answer["Arn"].rpartition(":")[2]
    assert (answer["Joined"], answer["Sub"]) == ("green-b", f"{name}:{queue}")
    attributes = caller.client("sqs").get_queue_attributes(QueueUrl=answer["Url"], AttributeNames=["VisibilityTimeout"])
    assert attributes["Attributes"] == {"VisibilityTimeout": "7"}


FAILING = {
    "Resources": {
        "Queue": QUEUE,
        "Wrong": {"Type": "AWS::SQS::Queue", "DependsOn": "Queue", "Properties": {"DelaySeconds": 901}},
    }
}


@pytest.mark.document(GUIDE + "Stack failure options (roll back)")
def test_stack_that_fails_is_rolled_back(caller: Caller) -> None:
    name = create(caller, FAILING)
    assert described(caller, name)["StackStatus"] == "ROLLBACK_COMPLETE"
    events = caller.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    failed = [each["LogicalResourceId"] for each in events if each["ResourceStatus"] == "CREATE_FAILED"]
    assert failed == ["Wrong"]


@pytest.mark.document(API + "ListStackResources")
@pytest.mark.differs("a rolled back stack lists none of the resources that were deleted")
def test_rolled_back_stack_lists_what_it_deleted(caller: Caller) -> None:
    name = create(caller, FAILING)
    listed = caller.client("cloudformation").list_stack_resources(StackName=name)["StackResourceSummaries"]
    assert {each["LogicalResourceId"]: each["ResourceStatus"] for each in listed}["Queue"] == "DELETE_COMPLETE"


@pytest.mark.document(API + "UpdateStack")
def test_update_that_changes_nothing_is_refused(caller: Caller) -> None:
    template = {"Resources": {"Queue": QUEUE}}
    name = create(caller, template)
    code = refusal(caller.client("cloudformation").update_stack, StackName=name, TemplateBody=json.dumps(template))
    assert code == "ValidationError"


@pytest.mark.document(GUIDE + "Update CloudFormation stacks using change sets")
def test_change_set_says_what_it_changes(caller: Caller) -> None:
    stacks, name = caller.client("cloudformation"), create(caller, {"Resources": {"Queue": QUEUE}})
    body = json.dumps({"Resources": {"Queue": QUEUE, "Topic": {"Type": "AWS::SNS::Topic"}}})
    stacks.create_change_set(StackName=name, ChangeSetName="add", TemplateBody=body)
    stacks.get_waiter("change_set_create_complete").wait(StackName=name, ChangeSetName="add", WaiterConfig=FAST)
    changes = stacks.describe_change_set(StackName=name, ChangeSetName="add")["Changes"]
    assert [(each["ResourceChange"]["Action"], each["ResourceChange"]["LogicalResourceId"]) for each in changes] == [
        ("Add", "Topic")
    ]
    stacks.execute_change_set(StackName=name, ChangeSetName="add")
    stacks.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig=FAST)
    assert len(stacks.list_stack_resources(StackName=name)["StackResourceSummaries"]) == 2


@pytest.mark.document(GUIDE + "Get exported outputs from a deployed CloudFormation stack")
def test_export_in_use_keeps_its_stack(caller: Caller) -> None:
    stacks, export = caller.client("cloudformation"), caller.name("export")
    exporting = {
        "Resources": {"Queue": QUEUE},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}, "Export": {"Name": export}}},
    }
    name = create(caller, exporting)
    importing = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"Arn": {"Value": {"Fn::ImportValue": export}}},
    }
    other = create(caller, importing)
    assert outputs(caller, other)["Arn"].startswith("arn:aws:sqs:")
    assert refusal(stacks.delete_stack, StackName=name) == "ValidationError"


UNKNOWN = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "None"}}}


@pytest.mark.document(API + "CreateStack (ValidationError)")
@pytest.mark.parametrize(
    "template",
    [
        pytest.param({}, marks=pytest.mark.differs("a template without resources is a stack")),
        pytest.param(
            {"Resources": {"A": UNKNOWN}},
            marks=pytest.mark.differs("a reference to nothing fails the stack, and not the call"),
        ),
        {"Resources": {"A": {"Type": "AWS::None::Queue"}}},
    ],
    ids=["no resources", "no such reference", "no such type"],
)
def test_template_that_is_none_is_refused(caller: Caller, template: dict[str, Any]) -> None:
    stacks, name = caller.client("cloudformation"), caller.name("stack")
    caller.at_end(stacks.delete_stack, StackName=name)
    assert refusal(stacks.create_stack, StackName=name, TemplateBody=json.dumps(template)) == "ValidationError"


@pytest.mark.document(GUIDE + "DeletionPolicy attribute")
def test_resource_that_is_retained(caller: Caller) -> None:
    queues, name = (
        caller.client("sqs"),
        create(
            caller,
            {
                "Resources": {"Queue": QUEUE | {"DeletionPolicy": "Retain"}},
                "Outputs": {"Url": {"Value": {"Ref": "Queue"}}},
            },
        ),
    )
    url = outputs(caller, name)["Url"]
    caller.at_end(queues.delete_queue, QueueUrl=url)
    delete_stack(caller.client("cloudformation"), name)
    assert "QueueArn" in queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]


@pytest.mark.document("AWS SAM Developer Guide: AWS::Serverless::StateMachine")
def test_template_of_sam(caller: Caller) -> None:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "${Colour}", "End": True}}}
    machine = {
        "Type": "AWS::Serverless::StateMachine",
        "Properties": {"Definition": definition, "DefinitionSubstitutions": {"Colour": "red"}},
    }
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"Machine": machine},
        "Outputs": {"Arn": {"Value": {"Ref": "Machine"}}},
    }
    name = create(caller, template, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
    assert caller.execute(outputs(caller, name)["Arn"])["output"] == '"red"'
