"""What API Gateway answers by itself: keys, plans, signatures, sizes, faults, and what it logs of it all."""

import json
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import WaiterError

from api_makers import PROBLEM, MadeApi, document, echo, make, template
from http_caller import invoker
from local import account
from local.apigateway.access_log import format_line
from machines import Client, function, role, unique

LOG_FORMAT = json.dumps(
    {
        "id": "$context.requestId",
        "key": "$context.identity.apiKeyId",
        "caller": "$context.identity.caller",
        "method": "$context.httpMethod",
        "path": "$context.path",
        "status": "$context.status",
        "length": "$context.responseLength",
        "error": "$context.error.responseType",
        "unknown": "$context.no.such",
    }
)


def documented(function_arn: str) -> dict[str, Any]:
    made = document(
        function_arn,
        keyed={"get": {}, "post": {}},
        signed={"get": {"security": [{"sigv4": []}]}},
        open={"get": {"security": []}, "post": {"security": []}},
    )
    responses = {"DEFAULT_4XX": {}, "DEFAULT_5XX": {}}
    made["x-amazon-apigateway-gateway-responses"] = {
        each: {"responseTemplates": {"application/json": PROBLEM}} for each in responses
    }
    return made


@pytest.fixture(scope="module")
def function_arn(client: Client) -> str:
    return echo(client)


@pytest.fixture(scope="module")
def api(client: Client, endpoint: str, function_arn: str) -> MadeApi:
    return make(client, endpoint, documented(function_arn), LOG_FORMAT)


def test_key_of_the_plan_is_asked_for_where_the_document_says_so(api: MadeApi) -> None:
    assert api.ask("keyed").status == 200
    assert api.ask("open", x_api_key=None).status == 200
    for key in (None, "of-nobody-of-nobody-of-nobody"):
        answer = api.ask("keyed", x_api_key=key)
        assert (answer.status, answer.json()["title"]) == (403, "INVALID_API_KEY")


def test_key_of_another_api_is_none(client: Client, endpoint: str, api: MadeApi, function_arn: str) -> None:
    other = make(client, endpoint, documented(function_arn))
    assert other.ask("keyed", x_api_key=api.key).status == 403


@pytest.mark.races
def test_key_that_is_disabled_or_deleted_is_none(client: Client, endpoint: str, function_arn: str) -> None:
    made = make(client, endpoint, documented(function_arn))
    keys = account.entries(client("apigateway"), "get_api_keys", "items", includeValues=True)
    (key,) = [each["id"] for each in keys if each["value"] == made.key]
    disable = [{"op": "replace", "path": "/enabled", "value": "false"}]
    client("apigateway").update_api_key(apiKey=key, patchOperations=disable)
    assert made.ask("keyed").status == 403


def test_burst_of_the_plan_is_all_that_a_key_may_send_at_once(client: Client, endpoint: str, function_arn: str) -> None:
    made = make(client, endpoint, documented(function_arn), throttle=(0.001, 3))
    answers = [made.ask("keyed") for _ in range(5)]
    assert [each.status for each in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json()["title"] == "THROTTLED"
    # A plan is for keys.
    assert made.ask("open", x_api_key=None).status == 200


def test_quota_of_the_plan_is_all_that_a_key_may_send_in_a_day(
    client: Client, endpoint: str, function_arn: str
) -> None:
    made = make(client, endpoint, documented(function_arn), quota=2)
    answers = [made.ask("keyed") for _ in range(3)]
    assert [each.status for each in answers] == [200, 200, 429]
    assert answers[-1].json()["title"] == "QUOTA_EXCEEDED"


def arn(api: MadeApi, method: str) -> str:
    return f"arn:aws:execute-api:us-east-1:123456789012:{api.id}/live/{method}"


def test_signed_method_is_for_who_may_invoke_it(client: Client, api: MadeApi) -> None:
    answer = api.ask_signed("signed", invoker(client, arn(api, "GET/signed")))
    assert answer.status == 200
    assert answer.json()["requestContext"]["identity"]["userArn"].startswith("arn:aws:iam::123456789012:user/invoker-")


def test_caller_whose_policies_allow_another_method_is_denied(client: Client, api: MadeApi) -> None:
    answer = api.ask_signed("signed", invoker(client, arn(api, "GET/keyed")))
    assert (answer.status, answer.json()["title"]) == (403, "ACCESS_DENIED")
    assert answer.json()["id"] == answer.headers["x-amzn-requestid"]
    assert "is not authorized to perform: execute-api:Invoke" in answer.json()["detail"]


def test_wrong_signature_is_refused(client: Client, api: MadeApi) -> None:
    keys = invoker(client, arn(api, "GET/signed"))
    answer = api.ask_signed("signed", Credentials(keys.access_key, "not-the-secret"))
    assert (answer.status, answer.json()["title"]) == (403, "INVALID_SIGNATURE")
    nobody = api.ask_signed("signed", Credentials("AKIANOBODYNOBODYNOBO", "secret"))
    assert (nobody.status, nobody.json()["title"]) == (403, "DEFAULT_4XX")


def test_signed_method_without_a_signature_is_as_good_as_not_there(api: MadeApi) -> None:
    answer = api.ask("signed")
    assert (answer.status, answer.json()["title"]) == (403, "MISSING_AUTHENTICATION_TOKEN")


def test_body_over_ten_megabytes_is_refused(api: MadeApi) -> None:
    answer = api.ask("keyed", b" " * (10 * 1024 * 1024 + 1))
    assert (answer.status, answer.headers["content-type"]) == (413, "application/json")
    assert answer.json() == {"message": "HTTP content length exceeded 10485760 bytes."}


@pytest.mark.parametrize("body", [b"x" * 6_291_556, b'"' * 3_200_000], ids=["as it is", "with its escapes"])
def test_event_over_six_megabytes_is_refused(api: MadeApi, body: bytes) -> None:
    answer = api.ask("keyed", body)
    assert (answer.status, answer.json()) == (413, {"message": "Request Too Long"})


def test_function_gets_the_id_that_the_answer_and_the_log_have(client: Client, api: MadeApi) -> None:
    answer = api.ask("keyed")
    assert answer.json()["requestContext"]["requestId"] == answer.headers["x-amzn-requestid"]
    assert logged(client, api, answer.headers["x-amzn-requestid"])["status"] == "200"


def test_function_that_fails_is_a_fault_of_the_service(api: MadeApi) -> None:
    answer = api.ask("open", b'{"fail": true}', content_type="application/json")
    assert (answer.status, answer.json()["title"]) == (500, "DEFAULT_5XX")
    assert b"as was wished" not in answer.body


def test_answer_of_the_function_is_handed_on_with_its_type(api: MadeApi) -> None:
    table = {"statusCode": 200, "headers": {"content-type": "text/csv"}, "body": "a,b\r\n1,é\r\n"}
    answer = api.ask("open", json.dumps({"answer": table}).encode(), content_type="application/json")
    assert answer.headers["content-type"] == "text/csv"
    assert answer.body.decode() == table["body"]


def test_bytes_that_are_no_text_reach_the_function_as_text(api: MadeApi) -> None:
    event = api.ask("open", b'\xff{"a"', content_type="image/png").json()
    assert (event["body"], event["isBase64Encoded"]) == ('\ufffd{"a"', False)


def test_function_whose_policy_does_not_name_the_api_is_not_invoked(client: Client, endpoint: str) -> None:
    unwilling = function(client, "def handler(*_): return {'statusCode': 200}", role(client, "lambda.amazonaws.com"))
    client("lambda").add_permission(
        FunctionName=unwilling,
        StatementId="another",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn="arn:aws:execute-api:us-east-1:123456789012:another0/live/*",
    )
    answer = make(client, endpoint, documented(unwilling)).ask("keyed")
    assert (answer.status, answer.json()["title"]) == (500, "API_CONFIGURATION_ERROR")


def logged(client: Client, api: MadeApi, request_id: str) -> dict[str, Any]:
    pattern = {"logGroupName": api.log_group, "filterPattern": f'"{request_id}"'}
    (event,) = account.entries(client("logs"), "filter_log_events", "events", **pattern)
    return json.loads(event["message"])


def test_access_log_has_the_stage_s_variables_and_no_payload(client: Client, api: MadeApi) -> None:
    answer = api.ask("keyed?secret=query", b'{"secret": "body"}', method="POST")
    line = logged(client, api, answer.headers["x-amzn-requestid"])
    assert line.pop("key") != "-"
    assert line == {
        "id": answer.headers["x-amzn-requestid"],
        "caller": "-",
        "method": "POST",
        "path": "/live/keyed",
        "status": "200",
        "length": str(len(answer.body)),
        "error": "-",
        "unknown": "-",
    }


def test_access_log_says_why_the_gateway_refused(client: Client, api: MadeApi) -> None:
    for answer, error in (
        (api.ask("keyed", x_api_key=None), "INVALID_API_KEY"),
        (api.ask("nowhere"), "MISSING_AUTHENTICATION_TOKEN"),
        (api.ask_signed("signed", invoker(client)), "ACCESS_DENIED"),
    ):
        assert logged(client, api, answer.headers["x-amzn-requestid"])["error"] == error


def test_stage_that_logs_asks_for_the_role_of_the_account(client: Client, endpoint: str, function_arn: str) -> None:
    gateway = client("apigateway")
    role_arn = gateway.get_account()["cloudwatchRoleArn"]
    body = template(documented(function_arn), LOG_FORMAT, (1, 1), 1, "Deployment")
    del body["Resources"]["Account"], body["Resources"]["Stage"]["DependsOn"]
    name = unique("api")
    gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": ""}])
    try:
        client("cloudformation").create_stack(
            StackName=name, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_IAM"], OnFailure="DO_NOTHING"
        )
        with pytest.raises(WaiterError):
            client("cloudformation").get_waiter("stack_create_complete").wait(
                StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300}
            )
    finally:
        gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role_arn}])
    reasons = [
        event.get("ResourceStatusReason", "")
        for event in account.entries(client("cloudformation"), "describe_stack_events", "StackEvents", StackName=name)
        if event["LogicalResourceId"] == "Stage"
    ]
    assert "CloudWatch Logs role ARN must be set in account settings to enable logging" in " ".join(reasons)


def test_line_has_a_dash_for_what_is_not_known() -> None:
    line = format_line('{"id":"$context.requestId","key":"$context.identity.apiKeyId"}', {"requestId": 7})
    assert json.loads(line) == {"id": "7", "key": "-"}
