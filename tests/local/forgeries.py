"""What attacks are made of: requests that do what they say if the root signs them, and the forging of signatures."""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, urlencode

from besieged import Besieged
from local.account import ACCOUNT_ID
from raw_http import Keys, Request, presign, sign

Attack = Callable[[Besieged], Request]

EVIL = "http://evil.example"
ZEROS = "0" * 64
TEST = Keys("test", "test")
FUNCTIONS = "/2015-03-31/functions"
FORM = "application/x-www-form-urlencoded"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::vault/*",
            }
        ],
    }
)
LIST_USERS = "Action=ListUsers&Version=2010-05-08"
ASSUME_ROLE = urlencode(
    {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/web-identity",
        "RoleSessionName": "evil",
        "WebIdentityToken": "token",
        "ProviderId": "accounts.google.com",
    }
)
TAGGING = "<Tagging><TagSet><Tag><Key>key</Key><Value>good</Value></Tag></TagSet></Tagging>"


def create_role(name: str) -> str:
    """The parameters of a CreateRole; they may stand in a query too."""
    parameters = {"Action": "CreateRole", "Version": "2010-05-08", "RoleName": name, "AssumeRolePolicyDocument": TRUST}
    return urlencode(parameters, quote_via=quote)


def create_function(target: Besieged, name: str) -> str:
    """The body of a CreateFunction, with code that would run."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    return json.dumps(
        {
            "FunctionName": name,
            "Runtime": "python3.11",
            "Handler": "app.handler",
            "Role": target.function_role_arn,
            "Code": {"ZipFile": base64.b64encode(package.getvalue()).decode()},
        }
    )


def invocations(target: Besieged) -> str:
    return f"{FUNCTIONS}/{target.function_name}/invocations"


def read_object(target: Besieged, **headers: str) -> Request:
    return target.request("GET", "/vault/object", **headers)


def put_tags(target: Besieged) -> Request:
    return target.request("PUT", "/vault/object?tagging", TAGGING)


def list_parameters(target: Besieged) -> Request:
    return target.request("POST", "/", "{}", x_amz_target="AmazonSSM.DescribeParameters")


# By what they are for: the service that signs them, and the request without a signature.
PAYLOADS: dict[str, tuple[str, Attack]] = {
    "buckets": ("s3", lambda t: t.request("GET", "/")),
    "objects": ("s3", lambda t: t.request("GET", "/vault")),
    "an object": ("s3", read_object),
    "an object's head": ("s3", lambda t: t.request("HEAD", "/vault/object")),
    "an object's tags": ("s3", put_tags),
    "a new object": ("s3", lambda t: t.request("PUT", "/vault/evil", "evil")),
    "a new bucket": ("s3", lambda t: t.request("PUT", "/evil")),
    "a copied object": ("s3", lambda t: t.request("PUT", "/vault/copy", x_amz_copy_source="/vault/object")),
    "a deleted object": ("s3", lambda t: t.request("DELETE", "/vault/spare")),
    "a deleted bucket": ("s3", lambda t: t.request("DELETE", "/empty")),
    "a policy": ("s3", lambda t: t.request("PUT", "/vault?policy", POLICY)),
    "functions": ("lambda", lambda t: t.request("GET", f"{FUNCTIONS}/")),
    "a function": ("lambda", lambda t: t.request("GET", f"{FUNCTIONS}/{t.function_name}")),
    "a new function": ("lambda", lambda t: t.request("POST", FUNCTIONS, create_function(t, "evil"))),
    "an invocation": ("lambda", lambda t: t.request("POST", invocations(t), "{}")),
    "a new role": ("iam", lambda t: t.request("POST", "/", create_role("evil"), content_type=FORM)),
    "users": ("iam", lambda t: t.request("POST", "/", LIST_USERS, content_type=FORM)),
    "users by the query": ("iam", lambda t: t.request("GET", f"/?{LIST_USERS}")),
    "the caller": ("sts", lambda t: t.request("GET", "/?Action=GetCallerIdentity&Version=2011-06-15")),
    "a session by a web identity": ("sts", lambda t: t.request("GET", f"/?{ASSUME_ROLE}")),
    "a message": (
        "sqs",
        lambda t: t.request(
            "POST",
            "/",
            json.dumps({"QueueUrl": t.queue_url}),
            x_amz_target="AmazonSQS.ReceiveMessage",
            content_type="application/x-amz-json-1.0",
        ),
    ),
    "a parameter": (
        "ssm",
        lambda t: t.request("POST", "/", '{"Name": "/parameter"}', x_amz_target="AmazonSSM.GetParameter"),
    ),
    "parameters": ("ssm", list_parameters),
    "state machines": (
        "states",
        lambda t: t.request("POST", "/", "{}", x_amz_target="AWSStepFunctions.ListStateMachines"),
    ),
    "schedules": ("scheduler", lambda t: t.request("GET", "/schedules")),
    "APIs": ("apigateway", lambda t: t.request("GET", "/restapis")),
}


def forged(request: Request, service: str, keys: Keys = TEST, signature: str = ZEROS) -> Request:
    """Presigned by zeros: what a page can send, for it needs no header of its own."""
    whole = presign(request, keys, service)
    return replace(whole, target=whole.target.rpartition("=")[0] + "=" + signature)


def forged_header(request: Request, service: str, keys: Keys, signature: str = ZEROS) -> Request:
    signed = sign(request, keys, service)
    header = signed.header("authorization")
    return signed.without("authorization").with_headers(("authorization", header.rpartition("=")[0] + "=" + signature))
