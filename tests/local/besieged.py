"""A server with something to steal in every service, and what its owner sees of it: the attacks must change nothing."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from botocore.exceptions import ClientError

from cli import embedded
from local import account
from local.account import EmbeddedAws
from machines import allow, function, machine, role
from raw_http import Keys, Request

SECRET = "the-owner-alone-may-read-this"
# What a shell of the user's holds.
USERS = {
    "HOME": f"/nonexistent/{SECRET}",
    "SSH_AUTH_SOCK": SECRET,
    "GPG_AGENT_INFO": SECRET,
    "DBUS_SESSION_BUS_ADDRESS": SECRET,
    "GITHUB_TOKEN": SECRET,
    "AWS_SESSION_TOKEN": SECRET,
    "GOOGLE_APPLICATION_CREDENTIALS": SECRET,
    "XDG_RUNTIME_DIR": SECRET,
}
_CORS = "Access-Control-Allow-Origin"


@dataclass(frozen=True)
class Besieged:
    """The server, and what lies in it."""

    server: EmbeddedAws
    queue_url: str
    function_arn: str
    function_role_arn: str
    role_arn: str
    api_id: str
    calls: Path

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    @property
    def root(self) -> Keys:
        return Keys(self.server.access_key_id, self.server.secret_access_key)

    @property
    def function_name(self) -> str:
        return self.function_arn.rpartition(":")[2]

    def request(self, method: str, target: str, body: bytes | str = b"", **headers: str) -> Request:
        """A request to this server's address; a header's name has `_` for `-`."""
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return Request(method, target, (("host", self.host), *named), body.encode() if isinstance(body, str) else body)

    def inventory(self) -> dict[str, Any]:
        """All that the owner's clients see: what a successful attack would have changed."""
        (api,) = self._listed("apigateway", "get_rest_apis", "items")
        objects = self._listed("s3", "list_object_versions", "Versions", Bucket="vault")
        functions = self._listed("lambda", "list_functions", "Functions")
        queue = self.server.client("sqs").get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["All"])
        return {
            "buckets": [each["Name"] for each in self._listed("s3", "list_buckets", "Buckets")],
            "objects": [(each["Key"], each["VersionId"], each["ETag"]) for each in objects],
            "tags": self.server.client("s3").get_object_tagging(Bucket="vault", Key="object")["TagSet"],
            "policy": self._policy(),
            "functions": [(each["FunctionName"], each["RevisionId"]) for each in functions],
            "calls": self.calls.read_text(encoding="utf-8") if self.calls.exists() else "",
            "roles": [each["Arn"] for each in self._listed("iam", "list_roles", "Roles")],
            "users": [each["Arn"] for each in self._listed("iam", "list_users", "Users")],
            # With the messages that are in it: the schedule adds one if the clock is moved on.
            "queues": (self._listed("sqs", "list_queues", "QueueUrls"), queue["Attributes"]),
            "stacks": [each["StackName"] for each in self._listed("cloudformation", "describe_stacks", "Stacks")],
            "parameters": self._listed("ssm", "get_parameters_by_path", "Parameters", Path="/"),
            "machines": [
                each["name"] for each in self._listed("stepfunctions", "list_state_machines", "stateMachines")
            ],
            "topics": self._listed("sns", "list_topics", "Topics"),
            "schedules": [each["Name"] for each in self._listed("scheduler", "list_schedules", "Schedules")],
            "api": api["id"],
        }

    def _policy(self) -> str | None:
        try:
            return self.server.client("s3").get_bucket_policy(Bucket="vault")["Policy"]
        except ClientError as fault:
            if fault.response["Error"]["Code"] != "NoSuchBucketPolicy":
                raise
            return None

    def _listed(self, service: str, operation: str, member: str, **parameters: Any) -> list[Any]:
        return account.entries(self.server.client(service), operation, member, **parameters)


@contextlib.contextmanager
def besieged(folder: Path) -> Iterator[Besieged]:
    """Serve, with a user's variables around and the secret in every store, for the length of the block."""
    with contextlib.ExitStack() as stack:
        with mock.patch.dict("os.environ", USERS):
            server = stack.enter_context(embedded.temporary_server(folder / "embedded-aws.log"))
        yield _furnished(server, folder / "calls")


def _furnished(server: EmbeddedAws, calls: Path) -> Besieged:
    client = server.client
    client("s3").create_bucket(Bucket="vault")
    client("s3").put_bucket_versioning(Bucket="vault", VersioningConfiguration={"Status": "Enabled"})
    for key in ("object", "spare"):
        client("s3").put_object(Bucket="vault", Key=key, Body=SECRET.encode())
    client("s3").create_bucket(Bucket="empty")
    _trust_a_web_identity(client("iam"))
    client("ssm").put_parameter(Name="/parameter", Value=SECRET, Type="String")
    client("sns").create_topic(Name="topic")
    queue_url = client("sqs").create_queue(QueueName="queue")["QueueUrl"]
    client("sqs").send_message(QueueUrl=queue_url, MessageBody=SECRET)
    polls = allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    lambda_role = role(client, "lambda.amazonaws.com", polls, allow("s3:*"))
    code = f"SECRET = {SECRET!r}\ndef handler(event, context):\n    open({str(calls)!r}, 'a').write('called')\n"
    function_arn = function(client, code, lambda_role, Environment={"Variables": {"WORD": SECRET}})
    # The mapping asks for the role's permissions; it takes nothing.
    queue_arn = client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
    client("lambda").create_event_source_mapping(
        EventSourceArn=queue_arn["QueueArn"], FunctionName=function_arn, Enabled=False
    )
    states_role = role(client, "states.amazonaws.com", allow("*"))
    machine(client, {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}, states_role)
    _schedule(server, client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"]))
    api_id = _deploy_api(server)
    return Besieged(server, queue_url, function_arn, lambda_role, states_role, api_id, calls)


def _trust_a_web_identity(iam: Any) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "accounts.google.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName="web-identity", AssumeRolePolicyDocument=document)


def _schedule(server: EmbeddedAws, queue: dict[str, Any]) -> None:
    """A message in two hours: it shows whether somebody moved the clock on."""
    due = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S")
    server.client("scheduler").create_schedule(
        Name="due",
        ScheduleExpression=f"at({due})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": queue["Attributes"]["QueueArn"],
            "RoleArn": role(server.client, "scheduler.amazonaws.com", allow("sqs:SendMessage")),
        },
    )


def _deploy_api(server: EmbeddedAws) -> str:
    """An API that answers pages of one site, and everybody without a key."""
    responses = {"default": {"statusCode": "200", "responseParameters": {f"method.response.header.{_CORS}": "'*'"}}}
    method = {
        "responses": {"200": {"description": "public", "headers": {_CORS: {"type": "string"}}}},
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "responses": responses,
        },
    }
    document = {"swagger": "2.0", "info": {"title": "api", "version": "1"}, "paths": {"/public": {"get": method}}}
    resources = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": document}},
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "live"},
        },
    }
    cloudformation = server.client("cloudformation")
    cloudformation.create_stack(StackName="stack", TemplateBody=json.dumps({"Resources": resources}))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="stack", WaiterConfig={"Delay": 1})
    (api,) = account.entries(server.client("apigateway"), "get_rest_apis", "items")
    return api["id"]
