"""What `destroy` takes for the stack's: what CloudFormation made, and the role by which API Gateway writes logs."""

import io
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli import __main__ as commands
from cli import destroy, gateway_role, remains, removal
from cli.remains import PARAMETER, Inventory, Resource
from cli.stack import Account, NoStackError

ROLE = "stage-LogsRole-ABC123"
ARN = f"arn:aws:iam::123456789012:role/{ROLE}"


class Client:
    """Answers calls by their names, notes others; lists are of one page."""

    def __init__(self, **answers: Any) -> None:
        self.answers, self.calls = answers, list[tuple[str, Mapping[str, Any]]]()

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            if name not in self.answers:
                self.calls.append((name, request))
                return {}
            answer = self.answers[name]
            return answer(**request) if callable(answer) else answer

        return call

    def get_paginator(self, operation: str) -> Any:
        return type("Pages", (), {"paginate": lambda _, **request: [getattr(self, operation)(**request)]})()


def account(**clients: Client) -> Account:
    return Account(lambda service: clients[service], "a cloud")


def event(kind: str, name: str, status: str) -> dict[str, str]:
    return {"ResourceType": kind, "PhysicalResourceId": name, "ResourceStatus": status}


def cloudformation(*stacks: tuple[str, str, str], events: list[dict[str, str]]) -> Client:
    """A CloudFormation with these stacks: name, status and SSM parameter; each has these events and lists nothing."""
    described = {
        f"id-{place}": {
            "StackName": name,
            "StackId": f"id-{place}",
            "StackStatus": status,
            "Parameters": [{"ParameterKey": "ModelPathParameterName", "ParameterValue": value}] if value else [],
        }
        for place, (name, status, value) in enumerate(stacks)
    }

    def describe(StackName: str = "") -> Any:  # noqa: N803 - boto3's name
        there = [each for each in described.values() if each["StackStatus"] != "DELETE_COMPLETE"]
        return {"Stacks": [described[StackName]] if StackName else there}

    return Client(
        list_stacks={"StackSummaries": list(described.values())},
        describe_stacks=describe,
        describe_stack_events={"StackEvents": events},
        list_stack_resources={"StackResourceSummaries": []},
    )


def test_inventory_is_of_what_was_made() -> None:
    events = [
        event("AWS::S3::Bucket", "data", "CREATE_COMPLETE"),
        event("AWS::SQS::Queue", "replaced", "UPDATE_COMPLETE"),
        event("AWS::Logs::LogGroup", "of-somebody-else", "CREATE_FAILED"),
        event("AWS::Logs::LogGroup", "of-somebody-else", "DELETE_COMPLETE"),
        event("AWS::SQS::Queue", "", "CREATE_COMPLETE"),
    ]
    inventory = remains.take(account(cloudformation=cloudformation(("a", "DELETE_FAILED", "/own"), events=events)), "a")
    made = {each for each in inventory.resources if each.kind != PARAMETER}
    assert made == {Resource("AWS::S3::Bucket", "data"), Resource("AWS::SQS::Queue", "replaced")}
    assert inventory.live == "id-0"
    assert "/own" in inventory.of(PARAMETER)


def test_deleted_stack_is_remembered_by_its_events() -> None:
    events = [event("AWS::S3::Bucket", "data", "DELETE_SKIPPED")]
    inventory = remains.take(
        account(cloudformation=cloudformation(("a", "DELETE_COMPLETE", "/own"), events=events)), "a"
    )
    assert (inventory.live, inventory.of("AWS::S3::Bucket")) == (None, ["data"])


def test_parameter_that_another_stack_reads_is_not_the_stacks() -> None:
    stacks = (("a", "CREATE_COMPLETE", "/shared"), ("b", "CREATE_COMPLETE", "/shared"))
    inventory = remains.take(account(cloudformation=cloudformation(*stacks, events=[])), "a")
    assert "/shared" not in inventory.of(PARAMETER)
    assert "/wildrydes/a/model-path" in inventory.of(PARAMETER)


def test_stack_of_another_project_is_refused() -> None:
    with pytest.raises(NoStackError, match="another project's"):
        remains.take(account(cloudformation=cloudformation(("a", "CREATE_COMPLETE", ""), events=[])), "a")


def test_type_that_cannot_be_asked_about_counts_as_left() -> None:
    sagemaker = Client(
        list_endpoints={"Endpoints": []}, list_endpoint_configs={"EndpointConfigs": []}, list_models={"Models": []}
    )
    thing, part = Resource("AWS::New::Thing", "it"), Resource("AWS::Lambda::Alias", "live")
    inventory = Inventory("a", None, frozenset({thing, part}))
    assert remains.left(account(sagemaker=sagemaker).client, inventory) == [thing]


def gateway(role: str, *logging: bool) -> Client:
    """An API Gateway with that role, and an API for each flag: whether it logs."""
    apis = {
        f"api-{place}": {"accessLogSettings": {"destinationArn": "any"}} if logs else {}
        for place, logs in enumerate(logging)
    }
    return Client(
        get_account={"cloudwatchRoleArn": role},
        get_rest_apis={"items": [{"id": each} for each in apis]},
        get_stages=lambda restApiId: {"item": [apis[restApiId]]},  # noqa: N803 - boto3's name
    )


def iam(*roles: str) -> Client:
    return Client(
        list_roles={"Roles": [{"RoleName": each} for each in roles]},
        list_attached_role_policies={"AttachedPolicies": [{"PolicyArn": "policy"}]},
        list_role_policies={"PolicyNames": []},
    )


def removed(own: str, current: str, *logging: bool, live: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    """The roles that are deleted, and the calls of API Gateway, for a stack whose role is `own`."""
    roles, apis = iam(ROLE, "other-LogsRole-X", "LogsRole"), gateway(current, *logging)
    stacks = cloudformation(*((name, "CREATE_COMPLETE", "/p") for name in live), events=[])
    inventory = Inventory("stage", None, frozenset({Resource(remains.ROLE, own)}))
    gateway_role.remove(account(iam=roles, apigateway=apis, cloudformation=stacks).client, inventory)
    return [request["RoleName"] for name, request in roles.calls if name == "delete_role"], [
        name for name, _ in apis.calls
    ]


def test_role_goes_with_the_last_api_that_logs() -> None:
    assert removed(ROLE, ARN) == ([ROLE], ["update_account"])
    assert removed(ROLE, ARN, False) == ([ROLE], ["update_account"])
    assert removed(ROLE, ARN, False, True) == ([], [])


def test_role_that_an_earlier_stage_left_goes_too() -> None:
    other = "arn:aws:iam::123456789012:role/other-LogsRole-X"
    assert removed("stage-FunctionRole-A", other) == (["other-LogsRole-X"], ["update_account"])
    # Its stack is there, and may deploy an API again.
    assert removed("stage-FunctionRole-A", other, live=("other",)) == ([], [])


def test_role_that_somebody_made_by_hand_stays() -> None:
    assert removed("stage-FunctionRole-A", "arn:aws:iam::123456789012:role/LogsRole") == ([], [])
    # The stack's own is not the account's any more.
    assert removed(ROLE, "arn:aws:iam::123456789012:role/LogsRole") == ([ROLE], [])


def test_what_s3_does_not_delete_is_named() -> None:
    s3 = Client(
        list_object_versions={"Versions": [{"Key": "a", "VersionId": "1"}]},
        delete_objects={"Errors": [{"Key": "a", "Message": "Access Denied"}]},
    )
    with pytest.raises(removal.DestroyError, match="1 objects of data stay; a: Access Denied"):
        removal.empty(s3, "data")


def test_logs_of_jobs_are_looked_for_by_the_tag() -> None:
    tags = {"job-1": "a", "job-2": "b"}
    sagemaker = Client(
        list_training_jobs={
            "TrainingJobSummaries": [
                {"TrainingJobArn": each, "TrainingJobName": each, "TrainingJobStatus": "Completed"} for each in tags
            ]
        },
        list_tags=lambda ResourceArn: {"Tags": [{"Key": remains.TAG, "Value": tags[ResourceArn]}]},  # noqa: N803
    )
    logs = Client(
        describe_log_groups={"logGroups": [{"logGroupName": "/aws/sagemaker/TrainingJobs"}, {"logGroupName": "mine"}]},
        describe_log_streams=lambda logStreamNamePrefix="", **_: {  # noqa: N803 - boto3's name
            "logStreams": [{"logStreamName": f"{logStreamNamePrefix}algo-1"}]
        },
    )
    inventory = Inventory(
        "a", None, frozenset({Resource(remains.LOG_GROUP, "mine"), Resource(remains.LOG_GROUP, "gone")})
    )
    removal.remove_logs(account(logs=logs, sagemaker=sagemaker).client, inventory)
    assert logs.calls == [
        ("delete_log_group", {"logGroupName": "mine"}),
        ("delete_log_stream", {"logGroupName": "/aws/sagemaker/TrainingJobs", "logStreamName": "job-1/algo-1"}),
    ]


def test_functions_receive_from_no_queue_before_anything_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal.time, "sleep", lambda _: None)
    monkeypatch.setattr(removal, "_SECONDS", 5)
    states = {"busy": ["Updating", "Enabled", "Disabling", "Disabled"], "off": ["Disabled"], "goes": ["Deleting"]}
    states["without a queue"] = ["Enabled"]
    refusals = ["it is being updated"]

    def update(UUID: str, Enabled: bool) -> None:  # noqa: N803 - boto3's names
        disabled.append((UUID, Enabled))
        if UUID == "without a queue":
            message = "SQS Error Code: AWS.SimpleQueueService.NonExistentQueue."
            raise ClientError({"Error": {"Code": "InvalidParameterValueException", "Message": message}}, "Update")
        if refusals:
            raise ClientError({"Error": {"Code": "ResourceInUseException", "Message": refusals.pop()}}, "Update")

    def state(UUID: str) -> dict[str, str]:  # noqa: N803 - boto3's name
        if UUID == "gone":
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": ""}}, "Get")
        there = states[UUID]
        return {"State": there.pop(0) if len(there) > 1 else there[0]}

    disabled: list[tuple[str, bool]] = []
    listed = [{"UUID": each} for each in (*states, "gone")]
    functions = Client(
        list_event_source_mappings={"EventSourceMappings": listed},
        get_event_source_mapping=state,
        update_event_source_mapping=update,
    )
    inventory = Inventory("a", None, frozenset(Resource(remains.MAPPING, each["UUID"]) for each in listed))
    none = Client(
        list_schedules={"Schedules": []}, list_schedule_groups={"ScheduleGroups": []}, list_rules={"Rules": []}
    )
    removal.end_starts({"lambda": functions, "scheduler": none, "events": none}.__getitem__, inventory)
    assert sorted(disabled) == [("busy", False), ("busy", False), ("without a queue", False)]
    assert states["busy"] == ["Disabled"]


def test_live_endpoint_goes_with_its_configuration_and_its_model_and_no_other_stacks() -> None:
    owners = {"arn:a-task": "a", "arn:a-config": "a", "arn:a-model": "a", "arn:b-task": "b", "arn:b-config": "b"}
    there = ["a-task", "b-task"]
    listed = [{"EndpointConfigName": f"{each}-config", "EndpointConfigArn": f"arn:{each}-config"} for each in "ab"]
    deleted: list[str] = []

    def delete(**name: str) -> None:
        (each,) = name.values()
        deleted.append(each)
        if each in there:
            there.remove(each)

    sagemaker = Client(
        list_endpoints=lambda: {"Endpoints": [{"EndpointName": each, "EndpointArn": f"arn:{each}"} for each in there]},
        list_endpoint_configs={"EndpointConfigs": listed},
        list_models={"Models": [{"ModelName": "a-model", "ModelArn": "arn:a-model"}]},
        list_tags=lambda ResourceArn: {"Tags": [{"Key": remains.TAG, "Value": owners[ResourceArn]}]},  # noqa: N803
        **dict.fromkeys(("delete_endpoint", "delete_endpoint_config", "delete_model"), delete),
    )
    removal.remove_endpoints(account(sagemaker=sagemaker).client, "a")
    # What is in use comes after what uses it.
    assert deleted == ["a-task", "a-config", "a-model"]
    assert there == ["b-task"]


def test_endpoint_that_is_being_made_is_deleted_once_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal.time, "sleep", lambda _: None)
    there = [{"EndpointName": "a-task", "EndpointArn": "arn"}]
    refusals = ["Cannot update in-progress endpoint"] * 3

    def delete(**_: Any) -> None:
        if refusals:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": refusals.pop()}}, "DeleteEndpoint")
        there.clear()

    sagemaker = Client(
        list_endpoints=lambda: {"Endpoints": list(there)},
        list_tags={"Tags": [{"Key": remains.TAG, "Value": "a"}]},
        delete_endpoint=delete,
        list_endpoint_configs={"EndpointConfigs": []},
        list_models={"Models": []},
    )
    # Whoever asked once would wait for half an hour.
    monkeypatch.setattr(removal, "_SECONDS", 5)
    removal.remove_endpoints(account(sagemaker=sagemaker).client, "a")
    assert there == []


def test_destroy_that_was_interrupted_names_the_command_that_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inventory, bucket = Inventory("test", "id-0", frozenset()), Resource("AWS::S3::Bucket", "data")

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(destroy.options, "account", lambda *_: Account(lambda _: None, "a cloud", options=" --aws"))
    monkeypatch.setattr(destroy.remains, "take", lambda *_: inventory)
    monkeypatch.setattr(destroy.remains, "left", lambda *_: [bucket])
    monkeypatch.setattr(destroy, "removable", lambda *_: [bucket])
    monkeypatch.setattr(destroy.removal, "running_executions", lambda *_: [])
    monkeypatch.setattr(destroy, "STEPS", (("Deleting the stack", interrupt),))
    assert commands.main(["destroy", "--stack", "test", "--yes"]) == 130
    assert "`wildrydes destroy --aws --stack test` once more goes on from here." in capsys.readouterr().out


def test_question_names_the_place(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    inventory, bucket = Inventory("test", "id-0", frozenset()), Resource("AWS::S3::Bucket", "data")
    where = "eu-west-1 (profile default) at http://127.0.0.1:4733 (AWS_ENDPOINT_URL), which is not AWS"
    monkeypatch.setattr(destroy.options, "account", lambda *_: Account(lambda _: None, where))
    monkeypatch.setattr(destroy.remains, "take", lambda *_: inventory)
    monkeypatch.setattr(destroy.remains, "left", lambda *_: [bucket])
    monkeypatch.setattr(destroy, "removable", lambda *_: [bucket])
    monkeypatch.setattr(destroy.removal, "running_executions", lambda *_: [])
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert commands.main(["destroy", "--stack", "test"]) != 0
    assert f"Remove all of this from {where} for good? [y/N]" in capsys.readouterr().err
