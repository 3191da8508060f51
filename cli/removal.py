"""The steps of `destroy`: each looks at what is there, and can be repeated after an interruption at any point."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from cli import remains, stages, versions
from cli.deploy import ARTIFACTS
from cli.errors import CommandError
from cli.remains import BUCKET, LOG_GROUP, MACHINE, MAPPING, PARAMETER, RULE, SCHEDULE, TIMERS, Inventory
from cli.stack import Client, is_of_aws
from local.account import entries
from wildrydes.tasks import TASKS

SHARED_LOGS = {"/aws/sagemaker/TrainingJobs": "training", "/aws/sagemaker/TransformJobs": "transform"}
"""Log groups that SageMaker has for all jobs of an account, with the jobs whose streams are in them."""

_SECONDS = 1800
_PAUSE = 1
# The SAM CLI's stack with the bucket for what is deployed; it has the bucket for all stacks of an account and region.
_SAM_STACK = "aws-sam-cli-managed-default"
# What GetSchedule answers and UpdateSchedule does not take.
_READ_ONLY = ("Arn", "CreationDate", "LastModificationDate", "ResponseMetadata")

_JOBS = {
    "training": ("list_training_jobs", "TrainingJobSummaries", "TrainingJob", "stop_training_job"),
    "transform": ("list_transform_jobs", "TransformJobSummaries", "TransformJob", "stop_transform_job"),
    "tuning": (
        "list_hyper_parameter_tuning_jobs",
        "HyperParameterTuningJobSummaries",
        "HyperParameterTuningJob",
        "stop_hyper_parameter_tuning_job",
    ),
}


class DestroyError(CommandError):
    """Something could not be removed; the message says what and why. Another `destroy` goes on from there."""


@dataclass(frozen=True)
class Job:
    """A job in SageMaker that has the stack's tag."""

    kind: str
    name: str
    status: str


def until(is_over: Callable[[], bool], what: str) -> None:
    """Wait until something is over. Raises DestroyError where that takes half an hour."""
    deadline = time.monotonic() + _SECONDS
    while not is_over():
        if time.monotonic() > deadline:
            raise DestroyError(f"{what} did not end within {_SECONDS // 60} minutes.")
        time.sleep(_PAUSE)


def end_starts(client: Client, inventory: Inventory) -> None:
    """Let nothing start an execution any more: timers go; schedules, rules and queues' mappings are disabled.

    They go with the stack. Where the removal stops before that, a deployment can switch them on again.
    """
    for name in remains.present(client, SCHEDULE, inventory.of(SCHEDULE)):
        if inventory.live is None:
            client("scheduler").delete_schedule(Name=name)
        else:
            set_schedule(client, name, "DISABLED")
    for group in remains.present(client, TIMERS, inventory.of(TIMERS)):
        for timer in entries(client("scheduler"), "list_schedules", "Schedules", GroupName=group):
            # It may have gone off meanwhile, and deleted itself.
            _tolerate(
                "ResourceNotFoundException", client("scheduler").delete_schedule, Name=timer["Name"], GroupName=group
            )
    for name in remains.present(client, RULE, inventory.of(RULE)):
        client("events").disable_rule(Name=name)
    _disable_mappings(client, remains.present(client, MAPPING, inventory.of(MAPPING)))


def set_schedule(client: Client, name: str, state: str) -> None:
    """Let a schedule be `ENABLED` or `DISABLED`. UpdateSchedule takes the default for whatever it is not told."""
    described = client("scheduler").get_schedule(Name=name)
    settings = {key: value for key, value in described.items() if key not in _READ_ONLY}
    client("scheduler").update_schedule(**settings | {"State": state})


def _disable_mappings(client: Client, mappings: set[str]) -> None:
    """Let no function receive from its queue any more, and wait until none does: what it stores would come afterwards.

    One that is being changed is refused until that has ended. From a queue that is gone nothing is received.
    """
    functions, sources = client("lambda"), set(mappings)

    def is_over() -> bool:
        states = {name: _mapping_state(functions, name) for name in sources}
        for name in (name for name, state in states.items() if state not in (None, "Disabled", "Disabling")):
            try:
                _tolerate("ResourceInUseException", functions.update_event_source_mapping, UUID=name, Enabled=False)
            except ClientError as fault:
                if "NonExistentQueue" not in fault.response["Error"]["Message"]:
                    raise
                sources.discard(name)
                states[name] = None
        return all(state in (None, "Disabled") for state in states.values())

    until(is_over, "The functions' receiving from queues")


def _mapping_state(functions: Any, name: str) -> str | None:
    """The state of a mapping; None where it has gone, or goes, meanwhile."""
    try:
        state = functions.get_event_source_mapping(UUID=name)["State"]
    except ClientError as fault:
        if fault.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    return None if state == "Deleting" else state


def running_executions(client: Client, inventory: Inventory) -> list[str]:
    """The ARNs of the executions that run."""
    states = client("stepfunctions")
    machines = remains.present(client, MACHINE, inventory.of(MACHINE))
    return [
        each["executionArn"]
        for machine in sorted(machines)
        for each in entries(states, "list_executions", "executions", stateMachineArn=machine, statusFilter="RUNNING")
    ]


def stop_executions(client: Client, inventory: Inventory) -> None:
    """Stop what runs, until nothing does: a stopped execution may have started another just before."""

    def is_over() -> bool:
        running = running_executions(client, inventory)
        for arn in running:
            client("stepfunctions").stop_execution(executionArn=arn, cause="wildrydes destroy")
        return not running

    until(is_over, "The executions")


def jobs(client: Client, stack: str, *kinds: str, **filters: Any) -> Iterator[Job]:
    """The jobs in SageMaker that have the stack's tag."""
    for kind in kinds or _JOBS:
        operation, member, prefix, _ = _JOBS[kind]
        for each in entries(client("sagemaker"), operation, member, **filters):
            if remains.has_tag(client, each[f"{prefix}Arn"], stack):
                yield Job(kind, each[f"{prefix}Name"], each[f"{prefix}Status"])


def stop_jobs(client: Client, stack: str) -> None:
    """Stop the jobs that stopped executions have left, and wait for their end."""
    running = {job.name: job for job in jobs(client, stack, StatusEquals="InProgress")}
    for job in running.values():
        *_, prefix, stop = _JOBS[job.kind]
        getattr(client("sagemaker"), stop)(**{f"{prefix}Name": job.name})
    until(lambda: not any(jobs(client, stack, StatusEquals="Stopping")), "The jobs in SageMaker")


def remove_endpoints(client: Client, stack: str) -> None:
    """Delete what promotions have made in SageMaker: endpoints, then configurations, then models."""
    sagemaker = client("sagemaker")

    def is_over() -> bool:
        endpoints = remains.tagged(client, "endpoint", stack)
        for name, _ in endpoints:
            # One that is being created, updated or deleted is refused until that has ended.
            _tolerate("ValidationException", sagemaker.delete_endpoint, EndpointName=name)
        return not endpoints

    until(is_over, "The deletion of the endpoints")
    for name, _ in remains.tagged(client, "endpoint configuration", stack):
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
    for name, _ in remains.tagged(client, "model", stack):
        sagemaker.delete_model(ModelName=name)


def delete_stack(client: Client, inventory: Inventory) -> None:
    """Delete the stack that is there, and wait. Raises DestroyError with what CloudFormation says."""
    if inventory.live is None:
        return
    cloudformation = client("cloudformation")
    cloudformation.delete_stack(StackName=inventory.live)
    wait = {"Delay": _PAUSE, "MaxAttempts": _SECONDS // _PAUSE}
    try:
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=inventory.live, WaiterConfig=wait)
    except WaiterError as failure:
        reasons = _failures(client, inventory.live)
        raise DestroyError("CloudFormation could not delete the stack:\n  " + "\n  ".join(reasons)) from failure


def _failures(client: Client, stack_id: str) -> list[str]:
    events = entries(client("cloudformation"), "describe_stack_events", "StackEvents", StackName=stack_id)
    return [
        f"{each['LogicalResourceId']} ({each['ResourceType']}): {each.get('ResourceStatusReason', 'no reason')}"
        for each in reversed(events)
        if each["ResourceStatus"] == "DELETE_FAILED"
    ]


def remove_logs(client: Client, inventory: Inventory) -> None:
    """Delete the log groups, those that a late line has made anew too, and in SageMaker's the streams of the jobs."""
    logs = client("logs")
    there = set(remains.listing(client, LOG_GROUP))
    for name in there & (set(inventory.of(LOG_GROUP)) | endpoint_logs(inventory.name)):
        _tolerate("ResourceNotFoundException", logs.delete_log_group, logGroupName=name)
    for group in there & set(SHARED_LOGS):
        for job in jobs(client, inventory.name, SHARED_LOGS[group]):
            for stream in entries(
                logs, "describe_log_streams", "logStreams", logGroupName=group, logStreamNamePrefix=f"{job.name}/"
            ):
                logs.delete_log_stream(logGroupName=group, logStreamName=stream["logStreamName"])
        if not logs.describe_log_streams(logGroupName=group, limit=1)["logStreams"]:
            _tolerate("ResourceNotFoundException", logs.delete_log_group, logGroupName=group)


def endpoint_logs(stack: str) -> set[str]:
    """The log groups that SageMaker makes for the endpoints of a stack."""
    return {f"/aws/sagemaker/Endpoints/{stack}-{task.replace('_', '-')}" for task in TASKS}


def remove_parameters(client: Client, inventory: Inventory) -> None:
    """Delete the SSM parameters with the champions, but none that another stack reads."""
    for name in remains.present(client, PARAMETER, inventory.of(PARAMETER)):
        client("ssm").delete_parameter(Name=name)


def remove_buckets(client: Client, inventory: Inventory) -> None:
    """Empty and delete the data bucket; nobody writes into it any more."""
    for name in remains.present(client, BUCKET, inventory.of(BUCKET)):
        empty(client("s3"), name)
        client("s3").delete_bucket(Bucket=name)


def empty(s3: Any, bucket: str, prefix: str = "", page: int = 1000) -> None:
    """Delete every version and delete marker below a prefix, and uploads that never ended. Raises DestroyError.

    So many are deleted at a time; S3 takes up to 1000. The first page is asked for again and again: a second one would
    begin after a version that is there no more.
    """
    while objects := versions.first(s3, bucket, prefix, page):
        if errors := versions.delete(s3, bucket, objects):
            raise DestroyError(f"{len(errors)} objects of {bucket} stay; {errors[0]['Key']}: {errors[0]['Message']}")
    for upload in entries(s3, "list_multipart_uploads", "Uploads", Bucket=bucket, Prefix=prefix):
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])


def remove_artefacts(client: Client, inventory: Inventory) -> None:
    """Delete what was uploaded for the deployments: the stack's part of the SAM CLI's bucket, or the embedded AWS's.

    On the embedded AWS stacks share objects by their digests; the bucket goes with the last stack.
    """
    s3 = client("s3")
    there = set(remains.listing(client, BUCKET))
    # On AWS a bucket of that name would be somebody else's.
    if not is_of_aws(s3.meta.endpoint_url) and ARTIFACTS in there and not stages.deployed(client):
        empty(s3, ARTIFACTS)
        s3.delete_bucket(Bucket=ARTIFACTS)
    for bucket in there & set(sam_buckets(client)):
        empty(s3, bucket, f"{inventory.name}/")


def sam_buckets(client: Client) -> Iterable[str]:
    """The bucket that the SAM CLI manages in the account and region, if there is one."""
    try:
        (stack,) = client("cloudformation").describe_stacks(StackName=_SAM_STACK)["Stacks"]
    except ClientError as fault:
        if "does not exist" not in fault.response["Error"]["Message"]:
            raise
        return []
    return [each["OutputValue"] for each in stack.get("Outputs", ()) if each["OutputKey"] == "SourceBucket"]


def _tolerate(code: str, operation: Callable[..., Any], **request: Any) -> None:
    """Call an operation; a refusal with that code means that it is done already."""
    try:
        operation(**request)
    except ClientError as fault:
        if fault.response["Error"]["Code"] != code:
            raise
