"""The API's document against the template and the function that it speaks of."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.template_document import read_template
from statemachines import api_paths
from wildrydes.api.requests import LARGEST_BODY, MOST_RIDES
from wildrydes.capture.outcome import MOST_PLACE
from wildrydes.tasks import DEFAULT_TASK, LIVE_INFERENCE_TASK, TASKS

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = read_template(ROOT / "template.yaml")
API = TEMPLATE["Resources"]["Api"]["Properties"]
SOURCE = ROOT / API["DefinitionBody"]["Fn::Transform"]["Parameters"]["Location"]
DOCUMENT = json.loads(SOURCE.read_text(encoding="utf-8"))
GATEWAY_RESPONSES = DOCUMENT["x-amazon-apigateway-gateway-responses"]
ANY = "x-amazon-apigateway-any-method"
BY_PARAMETER = {"Fn::If": ["AuthorizesByKey", [{"api_key": []}], [{"sigv4": []}]]}
SIGNED: list[Any] = [{"sigv4": []}]


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation; what is there under a condition is taken as if it held."""
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield path, method, operation["Fn::If"][1] if "Fn::If" in operation else operation


def test_only_the_document_itself_and_preflights_are_public() -> None:
    security = {"/": BY_PARAMETER, "/openapi.json": [], "/liveinference": BY_PARAMETER, "/outcomes": BY_PARAMETER}
    by_end = {"predictions": BY_PARAMETER, "model": SIGNED}
    for path, method, operation in operations():
        expected = security.get(path) if path in security else by_end[path.rpartition("/")[2]]
        assert operation["security"] == ([] if method == "options" else expected), (path, method)


def test_no_page_of_another_origin_may_ask_unless_the_stack_says_so() -> None:
    assert {item["options"]["Fn::If"][0] for item in DOCUMENT["paths"].values()} == {"AllowsOrigin"}
    assert {item["options"]["Fn::If"][2]["Ref"] for item in DOCUMENT["paths"].values()} == {"AWS::NoValue"}
    assert TEMPLATE["Parameters"]["CorsOrigin"]["Default"] == ""


def test_every_path_says_what_it_does_with_other_methods() -> None:
    assert all(ANY in item for item in DOCUMENT["paths"].values())


def test_each_path_leads_to_the_alias_of_its_tasks_function() -> None:
    for path, method, operation in operations():
        if method == "options" or path == "/outcomes":
            continue
        (name,) = [each for each in TASKS if path.startswith(f"/tasks/{each}/")] or [
            LIVE_INFERENCE_TASK if path == "/liveinference" else DEFAULT_TASK
        ]
        function = TASKS[name].function
        target = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        assert target.endswith(f"/functions/${{{function}.Arn}}:live/invocations"), (path, method)
        assert TEMPLATE["Resources"][function]["Properties"]["AutoPublishAlias"] == "live"


def test_outcomes_lead_to_their_own_function() -> None:
    item = DOCUMENT["paths"]["/outcomes"]
    targets = {item[method]["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"] for method in ("post", ANY)}
    (target,) = targets
    assert target.endswith("/functions/${RecordOutcomesFunction.Arn}/invocations")
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Outcomes"]["maxItems"] == schemas["Receipt"]["properties"]["accepted"]["maximum"] == MOST_RIDES
    assert MOST_PLACE == MOST_RIDES - 1


def test_each_task_has_its_paths_and_its_record() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for task in TASKS.values():
        predictions = DOCUMENT["paths"][f"/tasks/{task.name}/predictions"]
        row, _ = predictions["get"]["parameters"]
        assert row["schema"]["maxItems"] == len(row["example"]) == len(task.features)
        content = predictions["post"]["requestBody"]["content"]["application/json"]
        request = schemas[content["schema"]["$ref"].rpartition("/")[2]]
        assert request["oneOf"][0]["$ref"] == f"#/components/schemas/{task.schema}"
        answer = predictions["post"]["responses"]["200"]["content"]["application/json"]["schema"]["oneOf"][0]["$ref"]
        assert task.name in schemas[answer.rpartition("/")[2]]["properties"]["target"]["enum"]
    identifiers = [operation["operationId"] for _, _, operation in operations() if "operationId" in operation]
    assert len(set(identifiers)) == len(identifiers) > 10


def test_requests_for_predictions_are_validated_whatever_a_body_calls_itself() -> None:
    for path, method, operation in operations():
        if not path.endswith(("/model", ".json")) and method in ("get", "post"):
            assert operation["x-amazon-apigateway-request-validator"] == "all"
    contents = [operation["requestBody"]["content"] for _, method, operation in operations() if method == "post"]
    for content in contents:
        assert set(content) == {"application/json", "application/x-www-form-urlencoded", "text/plain"}
        (schema,) = {each["schema"]["$ref"] for each in content.values()}
        assert schema.endswith("Request")


def test_conditions_and_parameters_that_it_names_are_the_template_s() -> None:
    text = SOURCE.read_text(encoding="utf-8")
    assert set(re.findall(r'"Fn::If": \[\s*"(\w+)"', text)) <= set(TEMPLATE["Conditions"])
    names = set(re.findall(r"\$\{(\w+)(?:\.\w+)?\}", text))
    assert names <= set(TEMPLATE["Parameters"]) | set(TEMPLATE["Resources"])


@pytest.mark.parametrize("response_type", GATEWAY_RESPONSES)
def test_gateway_response_is_a_problem_of_its_status(response_type: str) -> None:
    response = GATEWAY_RESPONSES[response_type]
    template = response["responseTemplates"]["application/json"]
    text = template["Fn::Sub"] if isinstance(template, dict) else template
    problem = json.loads(re.sub(r"\$\{\w+\}", "50", text))
    assert problem["status"] == int(response["statusCode"])
    assert problem["request_id"] == "$context.requestId"
    assert {"type", "title", "detail"} <= set(problem)
    assert ("field" in problem) == (problem["status"] < 500)
    assert response["responseParameters"]["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
    assert ("gatewayresponse.header.Retry-After" in response["responseParameters"]) == (problem["status"] in (429, 503))


def test_limits_that_it_states_are_the_function_s() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Rides"]["maxItems"] == schemas["Predictions"]["properties"]["predictions"]["maxItems"] == MOST_RIDES
    too_large = DOCUMENT["components"]["responses"]["TooLarge"]["content"]["application/problem+json"]["example"]
    assert too_large["allowed"] == {"maximum": LARGEST_BODY}
    row, _ = DOCUMENT["paths"]["/predictions"]["get"]["parameters"]
    assert row["schema"]["maxItems"] == len(row["example"]) == len(TASKS[DEFAULT_TASK].features)


def test_access_log_has_no_payload_no_query_and_no_key() -> None:
    variables = set(re.findall(r"\$context\.([\w.]+)", API["AccessLogSetting"]["Format"]))
    assert "requestId" in variables
    assert not {"identity.apiKey", "requestOverride.path", "authorizer.claims"} & variables
    assert json.loads(API["AccessLogSetting"]["Format"])["status"] == "$context.status"


def test_row_of_the_default_task_follows_from_its_features() -> None:
    text = SOURCE.read_text(encoding="utf-8")
    changed = json.loads(text)
    row = changed["paths"]["/predictions"]["get"]["parameters"][0]
    row["schema"]["maxItems"], row["example"] = 1, [30]
    assert api_paths.rendered(json.dumps(changed)) == text
