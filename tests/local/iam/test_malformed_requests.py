"""Requests that AWS's services refuse by the models of their APIs, and bodies that nobody can read."""

import json
import re
from typing import Any, NamedTuple
from urllib.parse import urlencode
from urllib.request import Request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from http_caller import REGION, Answer, send
from local.account import ACCOUNT_ID, EmbeddedAws, make_client
from local.iam.malformed_requests import refusal
from machines import Client, role, unique

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
PATTERN = json.dumps({"source": ["rides"]})
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/any"
WORDS = "Member must satisfy regular expression pattern: "
BUDGET = {"BudgetName": "b", "TimeUnit": "MONTHLY", "BudgetType": "COST"}


class Refused(NamedTuple):
    """A call that is refused, with the error's code and a part of its message."""

    service: str
    call: str
    parameters: dict[str, Any]
    code: str
    message: str


REFUSED = [
    Refused(
        "athena",
        "start_query_execution",
        {"QueryString": "SELECT 1", "WorkGroup": "a group"},
        "InvalidRequestException",
        f"1 validation error detected: Value 'a group' at 'workGroup' failed to satisfy constraint: {WORDS}",
    ),
    Refused(
        "budgets", "create_budget", {"AccountId": "x" * 12, "Budget": BUDGET}, "ValidationException", "'accountId'"
    ),
    Refused(
        "cloudformation", "create_stack", {"StackName": "1st", "TemplateBody": "{}"}, "ValidationError", "'stackName'"
    ),
    Refused(
        "ecr",
        "create_repository",
        {"repositoryName": "Rides"},
        "InvalidParameterException",
        "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '",
    ),
    Refused(
        "events",
        "put_rule",
        {"Name": "a rule", "EventPattern": PATTERN},
        "ValidationException",
        r"Value 'a rule' at 'name' failed to satisfy constraint: " + WORDS + r"[\.\-_A-Za-z0-9]+",
    ),
    Refused(
        "events",
        "put_rule",
        {"Name": "rule"},
        "ValidationException",
        "Parameter(s) EventPattern or ScheduleExpression must be specified.",
    ),
    Refused(
        "events", "put_rule", {"Name": "rule", "EventPattern": "[" * 9000}, "ValidationException", "'eventPattern'"
    ),
    Refused("events", "put_rule", {"Name": "rule", "EventPattern": "[" * 4000}, "InvalidEventPatternException", ""),
    Refused(
        "glue", "create_database", {"DatabaseInput": {"Name": "d" * 256}}, "ValidationException", "databaseInput.name"
    ),
    Refused(
        "iam",
        "create_role",
        {"RoleName": "a role", "AssumeRolePolicyDocument": TRUST},
        "ValidationError",
        "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the "
        "following: +=,.@_-",
    ),
    Refused(
        "iam",
        "create_role",
        {"RoleName": "r" * 65, "AssumeRolePolicyDocument": TRUST},
        "ValidationError",
        "'roleName' failed to satisfy constraint: Member must have length less than or equal to 64",
    ),
    Refused(
        "iam",
        "create_role",
        {"RoleName": "deep", "AssumeRolePolicyDocument": "[" * 9000},
        "MalformedPolicyDocument",
        "This policy contains invalid Json",
    ),
    Refused(
        "sns",
        "create_topic",
        {"Name": "t", "Attributes": {"Policy": "no json"}},
        "InvalidParameter",
        "Invalid parameter: Policy Error: null",
    ),
    Refused(
        "kms", "create_alias", {"AliasName": "alias/a b", "TargetKeyId": "k"}, "ValidationException", "'aliasName'"
    ),
    Refused("lambda", "get_function", {"FunctionName": "a function"}, "ValidationException", "'functionName'"),
    Refused("lambda", "invoke", {"FunctionName": "a function"}, "ValidationException", "'functionName'"),
    Refused(
        "logs",
        "create_log_group",
        {"logGroupName": "a group"},
        "InvalidParameterException",
        "Value 'a group' at 'logGroupName' failed to satisfy constraint",
    ),
    Refused("logs", "put_retention_policy", {"logGroupName": "g" * 513, "retentionInDays": 1}, "", "'logGroupName'"),
    Refused("scheduler", "get_schedule", {"Name": "a schedule"}, "ValidationException", "Value 'a schedule' at 'name'"),
    Refused("sns", "create_topic", {"Name": "a topic"}, "InvalidParameter", "Invalid parameter: Topic Name"),
    Refused("sns", "create_topic", {"Name": "t" * 257}, "InvalidParameter", "Invalid parameter: Topic Name"),
    Refused(
        "sns", "create_topic", {"Name": "t", "Attributes": {"FifoTopic": "true"}}, "InvalidParameter", "end with .fifo"
    ),
    Refused(
        "ssm", "put_parameter", {"Name": "a name", "Value": "v", "Type": "String"}, "ValidationException", "symbols .-_"
    ),
    Refused(
        "ssm",
        "put_parameter",
        {"Name": "a/b", "Value": "v", "Type": "String"},
        "ValidationException",
        "Parameter name must be a fully qualified name.",
    ),
    Refused(
        "ssm",
        "put_parameter",
        {"Name": "a", "Value": "v", "Type": "Text"},
        "ValidationException",
        "Value 'Text' at 'type' failed to satisfy constraint: Member must satisfy enum value set: "
        "[SecureString, String, StringList]",
    ),
    Refused(
        "sts",
        "assume_role",
        {"RoleArn": ROLE, "RoleSessionName": "a session"},
        "ValidationError",
        "Value 'a session' at 'roleSessionName' failed to satisfy constraint",
    ),
    Refused(
        "sts",
        "assume_role",
        {"RoleArn": ROLE, "RoleSessionName": "session", "DurationSeconds": 43_201},
        "ValidationError",
        "Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to",
    ),
    Refused(
        "resourcegroupstaggingapi",
        "get_resources",
        {"ResourceARNList": ["arn:aws:s3:::a"] * 101},
        "InvalidParameterException",
        "Value at 'resourceARNList' failed to satisfy constraint: Member must have length less than or equal to 100",
    ),
    Refused("firehose", "describe_delivery_stream", {"DeliveryStreamName": "a stream"}, "", "'deliveryStreamName'"),
    Refused(
        "s3", "create_bucket", {"Bucket": "rides-s3alias"}, "InvalidBucketName", "The specified bucket is not valid."
    ),
]


@pytest.mark.parametrize("refused", REFUSED, ids=lambda each: f"{each.service}-{each.call}-{each.code}")
def test_call_that_the_model_does_not_allow_is_refused_in_aws_s_words(client: Client, refused: Refused) -> None:
    with pytest.raises(ClientError) as answer:
        getattr(client(refused.service), refused.call)(**refused.parameters)
    error = answer.value.response["Error"]
    assert answer.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error
    assert error["Code"] == refused.code or not refused.code
    assert refused.message in error["Message"]


def test_names_of_any_form_that_the_models_have_are_taken(client: Client) -> None:
    names = {f"/{unique('rides')}/a.b-c_d": "String", unique("Plain.Name_"): "String"}
    for name, kind in names.items():
        client("ssm").put_parameter(Name=name, Value="v", Type=kind, Tags=[{"Key": "für", "Value": "zwei Fahrten"}])
    topic = client("sns").create_topic(Name=f"{unique('topic')}.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    rule = unique("rule.of-rides_")
    client("events").put_rule(Name=rule, ScheduleExpression="rate(1 day)", Tags=[{"Key": "a", "Value": ""}])
    client("logs").create_log_group(logGroupName=f"/{unique('a')}/b-c_d.e#f", tags={"a": "b"})
    client("sns").delete_topic(TopicArn=topic)
    client("events").delete_rule(Name=rule)


ACTIONS = {
    "athena": "ListWorkGroups",
    "budgets": "DescribeBudgets",
    "cloudwatch": "ListMetrics",
    "dynamodb": "ListTables",
    "ecr": "DescribeRepositories",
    "events": "PutRule",
    "firehose": "ListDeliveryStreams",
    "glue": "GetDatabases",
    "kms": "ListKeys",
    "logs": "DescribeLogGroups",
    "resourcegroupstaggingapi": "GetResources",
    "sagemaker": "ListModels",
    "sqs": "ListQueues",
    "ssm": "DescribeParameters",
    "stepfunctions": "ListStateMachines",
}
PATHS = {
    "apigateway": ("POST", "/restapis"),
    "lambda": ("PUT", "/2015-03-31/functions/any/configuration"),
    "scheduler": ("POST", "/schedules/any"),
}
DEEP = "[" * 100_000
FORMS = [
    ("cloudformation", {"Action": "CreateStack", "StackName": "deep", "TemplateBody": DEEP}),
    ("iam", {"Action": "CreateRole", "RoleName": "deep", "AssumeRolePolicyDocument": DEEP}),
    ("sns", {"Action": "CreateTopic", "Name": "deep", "Attributes.entry.1.key": "Policy"}),
]


def ask(server: EmbeddedAws, service: str, method: str, path: str, body: bytes, **headers: str) -> Answer:
    """A request as its SDK would sign it, with any body."""
    scope = server.client(service).meta.service_model.signing_name
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    signed = AWSRequest(method, server.endpoint + path, data=body, headers=named)
    SigV4Auth(Credentials(server.access_key_id, server.secret_access_key), scope, REGION).add_auth(signed)
    return send(Request(server.endpoint + path, data=body, headers=dict(signed.headers.items()), method=method))


@pytest.mark.parametrize("body", [DEEP.encode(), b"{", b"[]"], ids=["deep", "cut off", "no object"])
@pytest.mark.parametrize("service", [*ACTIONS, *PATHS])
def test_body_that_is_no_json_is_the_caller_s_fault(server: EmbeddedAws, service: str, body: bytes) -> None:
    """A 500 would be sent again by SDKs."""
    method, path = PATHS.get(service, ("POST", "/"))
    headers = {"content_type": "application/x-amz-json-1.1"}
    if service in ACTIONS:
        prefix = server.client(service).meta.service_model.metadata["targetPrefix"]
        headers["x_amz_target"] = f"{prefix}.{ACTIONS[service]}"
    answer = ask(server, service, method, path, body, **headers)
    assert answer.status == 400, answer.body[:500]


@pytest.mark.parametrize(("service", "form"), FORMS)
def test_text_in_a_form_that_goes_too_deep_is_the_caller_s_fault(
    server: EmbeddedAws, service: str, form: dict[str, str]
) -> None:
    body = urlencode({**form, "Attributes.entry.1.value": DEEP}).encode()
    answer = ask(server, service, "POST", "/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status == 400, answer.body[:500]


def test_definition_that_goes_too_deep_is_refused(client: Client) -> None:
    with pytest.raises(ClientError, match="InvalidDefinition"):
        client("stepfunctions").create_state_machine(
            name=unique("deep"), definition=DEEP, roleArn=role(client, "states.amazonaws.com")
        )


@pytest.mark.parametrize(
    ("service", "headers", "body", "path"),
    [
        ("events", {"x-amz-target": "AWSEvents.PutRule"}, b'{"Name": ["rule"]}', r"'name' is not of the member's type"),
        ("events", {"x-amz-target": "AWSEvents.PutTargets"}, b'{"Rule": "r", "Targets": {"Id": "a"}}', r"'targets' is"),
        ("sts", {}, b"Action=AssumeRole&RoleArn=short&RoleSessionName=s", r"'roleArn'.*'roleSessionName'"),
        ("iam", {}, b"Action=TagRole&RoleName=r&Tags.member.1.Key=&Tags.member.1.Value=v", r"'tags\.1\.member\.key'"),
        ("sns", {}, b"Action=TagResource&ResourceArn=a&Tags.member.1.Key=", r"tags\.1\.member\.key"),
        ("logs", {"x-amz-target": "Logs_20140328.CreateLogGroup"}, b"{}", r"Value null at 'logGroupName'"),
    ],
)
def test_each_protocol_s_members_are_named_by_their_paths(
    service: str, headers: dict[str, str], body: bytes, path: str
) -> None:
    refused = refusal(service, "POST", "/", headers, body, {})
    assert refused is not None
    assert re.search(path, refused.message), refused


FIELDS = {"Action": "TagRole", "RoleName": "r"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({f"Tags.member.{'9' * 5000}.Key": "k"}, "ValidationError"),
        ({"Tags.member.\u0661.Key": "k"}, "ValidationError"),
        ({f"Tags.member.{number}.Key": "k" for number in range(10_001)}, "MalformedInput"),
        ({".".join(["Tags"] * 5000): "k"}, "ValidationError"),
    ],
    ids=["long number", "Arabic number", "many", "deep"],
)
def test_form_that_is_out_of_all_bounds_is_the_caller_s_fault(fields: dict[str, str], code: str) -> None:
    refused = refusal("iam", "POST", "/", {}, urlencode({**FIELDS, **fields}).encode(), {})
    assert refused is not None
    assert refused.code == code


def test_null_in_a_list_or_a_map_is_no_text() -> None:
    """The text `None` would do for a name."""
    for body, path in (
        (b'{"ResourceARNList": ["arn:aws:s3:::a", null]}', "resourceARNList.2.member"),
        (b'{"ResourceARNList": ["arn:aws:s3:::a"], "Tags": {"kind": null}}', "tags.kind.member"),
    ):
        headers = {"x-amz-target": "ResourceGroupsTaggingAPI_20170126.TagResources"}
        refused = refusal("tagging", "POST", "/", headers, body, {})
        assert refused is not None
        assert f"null at '{path}' failed to satisfy constraint: Member must not be null" in refused.message


def test_denial_names_action_and_resource_as_the_service_spells_them(client: Client, server: EmbeddedAws) -> None:
    """ "Troubleshoot access denied error messages": the resource on which a grant is missing."""
    name = unique("nobody")
    client("iam").create_user(UserName=name)
    key = client("iam").create_access_key(UserName=name)["AccessKey"]
    user = f"arn:aws:iam::{ACCOUNT_ID}:user/{name}"
    bucket = unique("rides")
    client("s3").create_bucket(Bucket=bucket)
    here = f"us-east-1:{ACCOUNT_ID}"
    topic, url = f"arn:aws:sns:{here}:rides", f"{server.endpoint}/{ACCOUNT_ID}/rides"
    cases = (
        (
            "s3",
            "get_object",
            {"Bucket": bucket, "Key": "a b.json"},
            "s3:GetObject",
            f'"arn:aws:s3:::{bucket}/a b.json"',
        ),
        ("sqs", "send_message", {"QueueUrl": url, "MessageBody": "x"}, "sqs:sendmessage", f"arn:aws:sqs:{here}:rides"),
        ("sns", "publish", {"TopicArn": topic, "Message": "x"}, "SNS:Publish", topic),
        (
            "dynamodb",
            "get_item",
            {"TableName": "rides", "Key": {"a": {"S": "b"}}},
            "dynamodb:GetItem",
            f"arn:aws:dynamodb:{here}:table/rides",
        ),
        (
            "lambda",
            "invoke",
            {"FunctionName": "rides"},
            "lambda:InvokeFunction",
            f"arn:aws:lambda:{here}:function:rides",
        ),
        ("cloudwatch", "list_metrics", {}, "cloudwatch:ListMetrics", ""),
    )
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    for service, call, parameters, action, resource in cases:
        asking = make_client(service, endpoint_url=server.endpoint, region_name=REGION, **keys)
        with pytest.raises(ClientError) as denied:
            getattr(asking, call)(**parameters)
        where = f" on resource: {resource}" if resource else ""
        expected = (
            f"User: {user} is not authorized to perform: {action}{where} because no identity-based policy allows the"
        )
        assert denied.value.response["Error"]["Message"] == f"{expected} {action} action"
