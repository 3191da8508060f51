"""Resources that a function of the template answers for: "Custom resources", "Custom resource response objects"."""

import io
import json
import urllib.error
import urllib.request
import zipfile
from typing import Any

from local.account import entries
from local.cloudformation.inline_code import with_module
from machines import Client, role, unique, until


def request(url: str, body: bytes = b"{}", method: str = "PUT", **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


def test_nobody_answers_who_was_not_asked(endpoint: str) -> None:
    for path in ("/_ministack/cfn-response/", "/_ministack/cfn-signal/"):
        url = f"{endpoint}{path}3b241101-e2bb-4255-8caf-4136c566a962"
        assert request(url, b'{"Status": "SUCCESS"}') == 403
        assert request(url, method="POST") == 403
        assert request(url, Origin="https://elsewhere.example") == 403
    assert request(f"{endpoint}/_ministack/config") == 403


def test_custom_resource_fails_with_the_error_of_its_function(client: Client) -> None:
    name, stacks = unique("stack"), client("cloudformation")
    code = "def handler(event, context):\n    raise ValueError('no ride')\n"
    properties = {
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Role": role(client, "lambda.amazonaws.com"),
        "Code": {"ZipFile": code},
    }
    resources: dict[str, Any] = {
        "Function": {"Type": "AWS::Lambda::Function", "Properties": properties},
        "Ride": {"Type": "Custom::Ride", "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}}},
    }
    stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    until(
        lambda: stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"],
        lambda status: not status.endswith("IN_PROGRESS"),
    )
    events = entries(stacks, "describe_stack_events", "StackEvents", StackName=name)
    reasons = [each["ResourceStatusReason"] for each in events if each["ResourceStatus"] == "CREATE_FAILED"]
    assert any("The function failed: ValueError: no ride" in reason for reason in reasons), reasons


def test_module_is_beside_code_of_python_and_of_node_alone() -> None:
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    names = [
        zipfile.ZipFile(io.BytesIO(with_module(empty.getvalue(), runtime))).namelist()
        for runtime in ("python3.12", "nodejs20.x", "provided.al2")
    ]
    assert names == [["cfnresponse.py"], ["cfn-response.js"], []]
