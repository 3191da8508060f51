"""Stages: stacks that `wildrydes deploy` makes and updates, and `wildrydes destroy` removes to the last resource."""

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import deploy, destroy, embedded, remains, removal, stages
from cli import stack as command_stack
from cli.remains import Inventory
from cli.stack import Client
from commands import Ran, RunCommand, caller, use_record
from local.account import EmbeddedAws, entries
from local.sagemaker.images import LINEAR_LEARNER
from promotions import RIDE, WriteArtefact, promote, trained
from stacks import ROOT, SAMPLE_RIDES, Stack

pytestmark = pytest.mark.proof

BEFORE_THE_LOOP_WAS_CLOSED = "e4312a7"
FOREVER = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 86_400, "End": True}}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """An account of its own: where other stacks have APIs, API Gateway's role stays, and what they make is left."""
    with embedded.temporary_server(tmp_path_factory.mktemp("stages") / "embedded-aws.log") as started:
        yield started


@pytest.fixture
def run(server: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Runs a command on the server, as if `up` had started it."""
    use_record(monkeypatch, server)
    return caller(capsys)


def everything(client: Client) -> dict[str, set[str]]:
    """All that the account has, as each service lists it."""
    there = {kind: set(remains.listing(client, kind)) for kind in remains.LISTED}
    sagemaker = client("sagemaker")
    for kind, (operation, member, name, _) in remains.TAGGED.items():
        there[kind] = {each[name] for each in entries(sagemaker, operation, member)}
    role = client("apigateway").get_account().get("cloudwatchRoleArn") or ""
    return there | {"role of API Gateway": {role}, "stacks": set(stages.deployed(client))}


def furnish(stack: Stack, artefact: bytes) -> str:
    """Leave in a stack what a long life does: versions, what promotions made, an execution that runs; its ARN."""
    for body in ("one", "two"):
        stack.put("raw/rides.json", body)
    stack.client("s3").delete_object(Bucket=stack.bucket, Key="raw/rides.json")
    stack.client("s3").create_multipart_upload(Bucket=stack.bucket, Key="raw/large.json")
    stack.put("models/any/any/output/model.tar.gz", artefact)
    describe(stack, stack.name, "stage-model")
    describe(stack, "stage-two", "stage-two-model")
    machine = stack.outputs["PromoteStateMachineArn"]
    stack.client("scheduler").create_schedule(
        Name="timer",
        GroupName=f"{stack.name}-retraining",
        ScheduleExpression="rate(30 days)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": machine, "RoleArn": role_of(stack, "RetrainingTimerRole"), "Input": "{}"},
    )
    stack.client("stepfunctions").update_state_machine(stateMachineArn=machine, definition=json.dumps(FOREVER))
    return stack.client("stepfunctions").start_execution(stateMachineArn=machine)["executionArn"]


def role_of(stack: Stack, logical_id: str) -> str:
    """The ARN of a role of the stack."""
    described = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId=logical_id
    )
    name = described["StackResourceDetail"]["PhysicalResourceId"]
    return stack.client("iam").get_role(RoleName=name)["Role"]["Arn"]


def describe(stack: Stack, owner: str, name: str) -> None:
    """A model and a configuration that have the tag of `owner`, as a promotion makes them."""
    sagemaker, tags = stack.client("sagemaker"), [{"Key": remains.TAG, "Value": owner}]
    container = {
        "Image": LINEAR_LEARNER.uri("us-east-1"),
        "ModelDataUrl": f"s3://{stack.bucket}/models/any/any/output/model.tar.gz",
    }
    arn = role_of(stack, "ModelRole")
    sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=arn, Tags=tags)
    variant = {"VariantName": "any", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], Tags=tags)


@pytest.fixture
def neighbour(server: EmbeddedAws) -> Iterator[None]:
    """What another stack of a name that begins alike has."""
    server.client("ssm").put_parameter(Name="/wildrydes/stage-two/model-path", Value="none", Type="String")
    server.client("logs").create_log_group(logGroupName="/aws/lambda/stage-two-predict")
    yield
    server.client("ssm").delete_parameter(Name="/wildrydes/stage-two/model-path")
    server.client("logs").delete_log_group(logGroupName="/aws/lambda/stage-two-predict")


def interrupted(_client: Client, _inventory: Inventory) -> None:
    """Somebody presses Ctrl-C."""
    raise KeyboardInterrupt


def test_destroy_leaves_nothing(
    server: EmbeddedAws,
    run: RunCommand,
    neighbour: None,
    write_artefact: WriteArtefact,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = everything(server.client)
    schedule = ("--parameter", "ScheduleExpression=rate(30 days)", "--parameter", "MonthlyBudget=50")
    ran = run("deploy", "--stack", "stage", "--yes", "--json", *schedule)
    assert (ran.code, json.loads(ran.out)["created"]) == (0, True), ran.err
    stack = Stack(server, command_stack.Stack.on_embedded_aws(server, "stage"))
    execution = furnish(stack, write_artefact([0.25, -0.05, 0.0001], 0.125, 0.5))
    inventory = remains.take(command_stack.Account.on_embedded_aws(server), "stage")
    # Each resource of the stack is seen where it is: what is asked for it can answer no.
    seen = {each.name for each in remains.left(server.client, inventory)}
    assert {each.name for each in inventory.resources if each.kind not in remains.PARTS} <= seen
    assert {each.kind for each in inventory.resources} <= remains.PARTS | set(remains.LISTED) | {remains.KEY}

    def interrupted_after(steps: int) -> Ran:
        with monkeypatch.context() as patch:
            patch.setattr(destroy, "STEPS", (*destroy.STEPS[:steps], ("Waiting", interrupted)))
            return run("destroy", "--stack", "stage", "--yes")

    ran = interrupted_after(2)
    assert (ran.code, "1 executions that run" in ran.out) == (130, True), ran.err
    assert server.client("stepfunctions").describe_execution(executionArn=execution)["status"] == "ABORTED"
    assert server.client("scheduler").get_schedule(Name="stage-retrain")["State"] == "DISABLED"
    assert "timer" not in remains.listing(server.client, remains.SCHEDULE)
    ran = interrupted_after(5)
    assert (ran.code, "executions that run" in ran.out) == (130, False), ran.err
    # The stack is gone, and what it leaves is there.
    assert "stage" not in stages.deployed(server.client)
    assert stack.bucket in remains.listing(server.client, remains.BUCKET)

    ran = run("destroy", "--stack", "stage", "--yes", "--json")
    assert (ran.code, json.loads(ran.out)["left"]) == (0, []), ran.err
    assert "0 resources of the stack stage are left" in ran.err
    # The other stack's are there, and go now.
    server.client("sagemaker").delete_endpoint_config(EndpointConfigName="stage-two-model")
    server.client("sagemaker").delete_model(ModelName="stage-two-model")
    assert everything(server.client) == before

    ran = run("destroy", "--stack", "stage", "--yes")
    assert (ran.code, ran.out.partition(" in ")[0]) == (0, "There is nothing of the stack 'stage'")


def test_upgrade_keeps_data_and_champion(
    server: EmbeddedAws, run: RunCommand, write_artefact: WriteArtefact, tmp_path: Path
) -> None:
    before = everything(server.client)
    export(BEFORE_THE_LOOP_WAS_CLOSED, tmp_path)
    deploy.deploy(tmp_path, server, "grown", deploy.parameters_of_champions("/wildrydes/grown"))
    stack = Stack(server, command_stack.Stack.on_embedded_aws(server, "grown"))
    stack.upload(SAMPLE_RIDES[:1])
    model = trained(stack, write_artefact, 0.25)
    promote(stack, model)
    answer, data = stack.ask(RIDE), stack.keys("")
    assert answer[1]["probability"] == pytest.approx(model.probability)

    ran = run("deploy", "--stack", "grown", "--yes", "--parameter", "LogRetentionDays=7")
    assert (ran.code, "is up to date" in ran.out) == (0, True), ran.err
    grown = Stack(server, command_stack.Stack.on_embedded_aws(server, "grown"))
    assert grown.bucket == stack.bucket
    assert data.items() <= grown.keys("").items()
    assert grown.ask(RIDE)[1]["probability"] == answer[1]["probability"]
    assert "MonitorStateMachineArn" in grown.outputs
    assert "MonitorStateMachineArn" not in stack.outputs
    # A second deployment names no parameter, and keeps that of the first.
    assert run("deploy", "--stack", "grown", "--yes").code == 0
    assert stages.deployed(server.client)["grown"].parameters["LogRetentionDays"] == "7"
    # Another stage and a key, of a stack that has been there: the API stays, and answers at its new URL.
    key = server.client("kms").create_key()["KeyMetadata"]["Arn"]
    ran = run("deploy", "--stack", "grown", "--yes", "--parameter", f"KmsKeyArn={key}", "--parameter", "Stage=beta")
    assert ran.code == 0, ran.err
    beta = Stack(server, command_stack.Stack.on_embedded_aws(server, "grown"))
    assert beta.url == grown.url.replace("/live/", "/beta/")
    assert beta.ask(RIDE)[1]["probability"] == answer[1]["probability"]
    assert len(remains.listing(server.client, "AWS::IAM::ManagedPolicy")) == 2

    assert run("destroy", "--stack", "grown", "--yes").code == 0
    assert everything(server.client) == before


def export(commit: str, folder: Path) -> None:
    """Template, definitions and functions as they were; without the history the test is skipped."""
    listed = subprocess.run(
        ["git", "archive", commit, "template.yaml", "functions", "statemachines"], cwd=ROOT, capture_output=True
    )
    if listed.returncode:
        pytest.skip(f"the history without {commit}: {listed.stderr.decode()}")
    with tarfile.open(fileobj=io.BytesIO(listed.stdout)) as archive:
        archive.extractall(folder, filter="data")


def test_bucket_is_emptied_page_by_page(server: EmbeddedAws) -> None:
    s3: Any = server.client("s3")
    s3.create_bucket(Bucket="many-versions")
    s3.put_bucket_versioning(Bucket="many-versions", VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "b", "a", "b", "c/d", "a"):
        s3.put_object(Bucket="many-versions", Key=key, Body=key.encode())
    s3.delete_object(Bucket="many-versions", Key="a")
    removal.empty(s3, "many-versions", "c/", page=2)
    versions = entries(s3, "list_object_versions", "Versions", Bucket="many-versions")
    assert [each["Key"] for each in versions] == ["a", "a", "a", "b", "b"]
    removal.empty(s3, "many-versions", page=2)
    s3.delete_bucket(Bucket="many-versions")
