"""What there is of a stack: CloudFormation says what it has made, and each service is asked which of it is there.

CloudFormation remembers a deleted stack for 90 days. So an interrupted `destroy` needs no notes of its own, and it sees
an earlier stack of the name whose bucket stayed, too.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cli import stages
from cli.stack import Account, Client, NoStackError
from local.account import entries

TAG = "wildrydes:stack"
"""What a workflow creates in SageMaker has it, with the stack's name."""

ROLE, BUCKET, LOG_GROUP = "AWS::IAM::Role", "AWS::S3::Bucket", "AWS::Logs::LogGroup"
MACHINE, RULE, SCHEDULE = "AWS::StepFunctions::StateMachine", "AWS::Events::Rule", "AWS::Scheduler::Schedule"
TIMERS = "AWS::Scheduler::ScheduleGroup"
MAPPING = "AWS::Lambda::EventSourceMapping"
KEY, PARAMETER, STACK = "AWS::KMS::Key", "AWS::SSM::Parameter", "AWS::CloudFormation::Stack"

PARTS = frozenset(
    {
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::Stage",
        "AWS::ApiGateway::UsagePlanKey",
        "AWS::Glue::Table",
        "AWS::IAM::Policy",
        "AWS::Lambda::Alias",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Version",
        "AWS::Logs::SubscriptionFilter",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::WAFv2::WebACLAssociation",
    }
)
"""Types that go with what they are part of, or are settings: no service lists them by themselves."""

_LISTINGS = {
    "AWS::ApiGateway::ApiKey": ("apigateway", "get_api_keys", "items", "id"),
    "AWS::ApiGateway::RestApi": ("apigateway", "get_rest_apis", "items", "id"),
    "AWS::ApiGateway::UsagePlan": ("apigateway", "get_usage_plans", "items", "id"),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "AWS::CloudWatch::Dashboard": ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "AWS::DynamoDB::Table": ("dynamodb", "list_tables", "TableNames", ""),
    RULE: ("events", "list_rules", "Rules", "Name"),
    "AWS::Glue::Database": ("glue", "get_databases", "DatabaseList", "Name"),
    ROLE: ("iam", "list_roles", "Roles", "RoleName"),
    MAPPING: ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    "AWS::Lambda::Function": ("lambda", "list_functions", "Functions", "FunctionName"),
    LOG_GROUP: ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    BUCKET: ("s3", "list_buckets", "Buckets", "Name"),
    SCHEDULE: ("scheduler", "list_schedules", "Schedules", "Name"),
    TIMERS: ("scheduler", "list_schedule_groups", "ScheduleGroups", "Name"),
    "AWS::SNS::Subscription": ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    "AWS::SNS::Topic": ("sns", "list_topics", "Topics", "TopicArn"),
    "AWS::SQS::Queue": ("sqs", "list_queues", "QueueUrls", ""),
    PARAMETER: ("ssm", "describe_parameters", "Parameters", "Name"),
    MACHINE: ("stepfunctions", "list_state_machines", "stateMachines", "stateMachineArn"),
}
"""Service, operation, member and identifier of what pages list; without an identifier the entries are that."""

TAGGED = {
    "endpoint": ("list_endpoints", "Endpoints", "EndpointName", "EndpointArn"),
    "endpoint configuration": ("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName", "EndpointConfigArn"),
    "model": ("list_models", "Models", "ModelName", "ModelArn"),
}
"""What promotions make in SageMaker: operation, member, name and ARN."""


_MADE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "DELETE_SKIPPED")
_NOT_MADE = ("CREATE_IN_PROGRESS", "CREATE_FAILED", "DELETE_COMPLETE")


@dataclass(frozen=True, order=True)
class Resource:
    """Something that is there, or was: its type as CloudFormation calls it, and the identifier it has there."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Inventory:
    """What CloudFormation made for the stacks of a name: the one that is there (`live`, its ID), and deleted ones."""

    name: str
    live: str | None
    resources: frozenset[Resource]

    def of(self, *kinds: str) -> list[str]:
        """The identifiers of all resources of these types."""
        return sorted(each.name for each in self.resources if each.kind in kinds)


def take(account: Account, name: str) -> Inventory:
    """The inventory of a name. Raises NoStackError where the stack that is there is another project's."""
    client = account.client
    summaries = entries(client("cloudformation"), "list_stacks", "StackSummaries")
    ids = {each["StackId"]: each["StackStatus"] for each in summaries if each["StackName"] == name}
    live, resources, parameters = None, set[Resource](), set(stages.default_champions(name).values())
    for stack_id, status in ids.items():
        (described,) = client("cloudformation").describe_stacks(StackName=stack_id)["Stacks"]
        champions = stages.champions_of(stages.values_of(described))
        gone = status == "DELETE_COMPLETE"
        if not champions and not gone:
            raise NoStackError(f"The stack {name!r} in {account.where} is another project's.")
        if champions:
            live = live if gone else stack_id
            resources |= _made(client, stack_id)
            parameters |= set(champions.values())
    used = {
        each for stack in stages.deployed(client).values() if stack.name != name for each in stack.champions.values()
    }
    resources |= {Resource(PARAMETER, each) for each in parameters - used}
    return Inventory(name, live, frozenset(resources))


def _made(client: Client, stack_id: str) -> set[Resource]:
    """What events and list say that was made. What failed to be made, since it was there, is somebody else's."""
    cloudformation = client("cloudformation")
    events = entries(cloudformation, "describe_stack_events", "StackEvents", StackName=stack_id)
    listed = entries(cloudformation, "list_stack_resources", "StackResourceSummaries", StackName=stack_id)
    made = [each for each in events if each["ResourceStatus"] in _MADE]
    made += [each for each in listed if each["ResourceStatus"] not in _NOT_MADE]
    named = [each for each in made if each.get("PhysicalResourceId")]
    return {Resource(each["ResourceType"], each["PhysicalResourceId"]) for each in named} - {Resource(STACK, stack_id)}


def left(client: Client, inventory: Inventory) -> list[Resource]:
    """What is there of an inventory, and in SageMaker with the stack's tag: each service is asked for all it has.

    Of a type that no service can be asked about, everything counts as left: nothing says that it is gone.
    """
    kinds = {each.kind for each in inventory.resources} - PARTS
    there = {Resource(kind, name) for kind in kinds for name in present(client, kind, inventory.of(kind))}
    there |= {Resource(kind, name) for kind in TAGGED for name, _ in tagged(client, kind, inventory.name)}
    if inventory.live:
        there.add(Resource(STACK, inventory.name))
    return sorted(there)


def present(client: Client, kind: str, names: Collection[str]) -> set[str]:
    """Those of the resources of a type that their service knows."""
    if kind == KEY:
        return {name for name in names if pending_deletion(client, name) is False}
    if kind not in LISTED:
        return set(names)
    there = {_last(each) for each in listing(client, kind)}
    return {name for name in names if _last(name) in there}


def listing(client: Client, kind: str) -> list[str]:
    """The identifiers of all that an account has of a type."""
    if kind in _ASK:
        return list(_ASK[kind](client))
    service, operation, member, identifier = _LISTINGS[kind]
    listed = entries(client(service), operation, member)
    return [each[identifier] if identifier else each for each in listed]


def _last(identifier: str) -> str:
    """A queue's URL has another host for each way to the account; its name says which it is."""
    return identifier.rpartition("/")[2] if identifier.startswith("http") else identifier


def _work_groups(client: Client) -> Iterable[str]:
    return [each["Name"] for each in _pages(client("athena").list_work_groups, "WorkGroups", "NextToken")]


def _pages(operation: Callable[..., Mapping[str, Any]], member: str, token: str) -> Iterable[Any]:
    """The entries of an operation that boto3 has no pages for."""
    page = operation()
    yield from page[member]
    while page.get(token):
        page = operation(**{token: page[token]})
        yield from page[member]


def _delivery_streams(client: Client) -> Iterable[str]:
    firehose, start = client("firehose"), {}
    while True:
        page = firehose.list_delivery_streams(**start)
        yield from page["DeliveryStreamNames"]
        if not page["HasMoreDeliveryStreams"]:
            return
        start = {"ExclusiveStartDeliveryStreamName": page["DeliveryStreamNames"][-1]}


def _budgets(client: Client) -> Iterable[str]:
    number = client("sts").get_caller_identity()["Account"]
    return [each["BudgetName"] for each in entries(client("budgets"), "describe_budgets", "Budgets", AccountId=number)]


def _policies(client: Client) -> Iterable[str]:
    return [each["Arn"] for each in entries(client("iam"), "list_policies", "Policies", Scope="Local")]


_ASK: Mapping[str, Callable[[Client], Iterable[str]]] = {
    "AWS::Athena::WorkGroup": _work_groups,
    "AWS::Budgets::Budget": _budgets,
    "AWS::IAM::ManagedPolicy": _policies,
    "AWS::KinesisFirehose::DeliveryStream": _delivery_streams,
}


LISTED = frozenset({*_LISTINGS, *_ASK})
"""The types that `listing` can ask for."""


def pending_deletion(client: Client, key: str) -> bool | None:
    """Whether a KMS key waits for its deletion, which takes days on AWS; None where there is none."""
    try:
        state = client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    except ClientError as fault:
        if fault.response["Error"]["Code"] != "NotFoundException":
            raise
        return None
    return state == "PendingDeletion"


def tagged(client: Client, kind: str, stack: str) -> list[tuple[str, str]]:
    """Names and ARNs of the endpoints, configurations or models that have the stack's tag."""
    operation, member, name, arn = TAGGED[kind]
    listed = entries(client("sagemaker"), operation, member)
    return [(each[name], each[arn]) for each in listed if has_tag(client, each[arn], stack)]


def has_tag(client: Client, arn: str, stack: str) -> bool:
    """Whether something in SageMaker has the stack's tag; what has gone meanwhile has none."""
    try:
        tags = entries(client("sagemaker"), "list_tags", "Tags", ResourceArn=arn)
    except ClientError as fault:
        if fault.response["Error"]["Code"] not in ("ValidationException", "ResourceNotFound"):
            raise
        return False
    return {"Key": TAG, "Value": stack} in tags
