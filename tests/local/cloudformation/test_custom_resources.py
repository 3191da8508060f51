"""Resources that a function of the template answers for: "Custom resources", "Custom resource response objects"."""

import asyncio
import io
import json
import urllib.error
import urllib.request
import zipfile
from typing import Any

from ministack.services.cloudformation import custom_resource, wait_conditions

from local import account
from local.account import entries
from local.cloudformation.inline_code import with_module
from local.cloudformation.response_urls import LARGEST_ANSWER, MOST_SIGNALS, AnswerUrls
from local.iam.request_guard import ANSWER_PREFIXES
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


def test_signals_come_from_who_has_the_url_and_from_no_page(client: Client) -> None:
    name, stacks = unique("stack"), client("cloudformation")
    template = {
        "Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
        "Outputs": {"Url": {"Value": {"Ref": "Handle"}}},
    }
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(template))
    (stack,) = until(
        lambda: stacks.describe_stacks(StackName=name)["Stacks"],
        lambda described: described[0]["StackStatus"] == "CREATE_COMPLETE",
    )
    url = stack["Outputs"][0]["OutputValue"]
    assert url.startswith(f"http://{account.HOST}:"), url
    signal = {"Status": "SUCCESS", "UniqueId": "first", "Data": "", "Reason": ""}
    assert request(url, json.dumps(signal).encode(), Origin="https://elsewhere.example") == 403
    assert request(url, json.dumps(signal).encode(), **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert request(url, json.dumps(signal).encode(), method="POST") == 403
    assert request(url, json.dumps(signal).encode().ljust(LARGEST_ANSWER + 1)) == 400
    assert request(url, b"no signal") == 400
    assert request(url, json.dumps(signal).encode().ljust(LARGEST_ANSWER)) == 200
    stacks.delete_stack(StackName=name)


def put(path: str, body: bytes) -> int:
    """The status of a PUT to the URLs themselves, with nothing behind them."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    async def nothing(*_: Any) -> None:
        raise AssertionError("the request is for nobody else")

    scope = {"type": "http", "method": "PUT", "path": path, "headers": []}
    asyncio.run(AnswerUrls(nothing)(scope, receive, send))
    return sent[0]["status"]


def test_custom_resource_takes_one_answer() -> None:
    token = unique("token")
    custom_resource.register_token(token)
    path = ANSWER_PREFIXES[0] + token
    answers = [put(path, json.dumps({"Status": status}).encode()) for status in ("RIDING", "SUCCESS", "FAILED")]
    assert answers == [400, 200, 403]
    assert custom_resource._pending.pop(token)["result"] == {"Status": "SUCCESS"}


def test_wait_condition_takes_so_many_signals_and_no_more() -> None:
    url, token = wait_conditions.register_handle("stack")
    for number in range(MOST_SIGNALS):
        wait_conditions.deliver_signal(token, {"Status": "SUCCESS", "UniqueId": str(number)})
    assert put(ANSWER_PREFIXES[1] + token, b'{"Status": "SUCCESS", "UniqueId": "last"}') == 400
    wait_conditions.discard_handle(url)


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
