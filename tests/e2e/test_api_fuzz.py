"""Requests generated from the document that the API serves: no 5xx, and each answer is as documented.

`make fuzz` generates ten thousand, which takes minutes; pytest by itself FEW.
"""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from hypothesis import HealthCheck, Phase, given, seed, settings
from requests.auth import AuthBase
from schemathesis import APIOperation, Case, CheckContext, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from http_caller import invoker
from promotions import WriteArtefact, promote, store, trained
from stacks import MakeStack, Stack
from wildrydes.tasks import TASKS

pytestmark = pytest.mark.fuzz

VALID, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
TASK = "pick_duration"
TASK_PATH = f"/tasks/{TASK}/predictions"
# How many requests of each operation and kind, of ten thousand: most where there is most to get wrong. The paths of the
# task that is live beside the default one stand for those of all tasks: they are rendered from one source.
PLAN = {
    ("POST /", VALID): 700,
    ("POST /", WRONG): 700,
    ("POST /predictions", VALID): 700,
    ("POST /predictions", WRONG): 700,
    ("GET /predictions", VALID): 2500,
    ("GET /predictions", WRONG): 1500,
    ("POST /outcomes", VALID): 300,
    ("POST /outcomes", WRONG): 300,
    ("GET /model", VALID): 10,
    ("GET /openapi.json", VALID): 10,
    (f"POST {TASK_PATH}", VALID): 600,
    (f"POST {TASK_PATH}", WRONG): 600,
    (f"GET {TASK_PATH}", WRONG): 700,
    ("GET /liveinference", WRONG): 700,
    (f"GET /tasks/{TASK}/model", VALID): 10,
}
MODELS = Path(__file__).parents[1] / "unit" / "model" / "xgboost_models"
FEW = 200
LARGEST = 1e9
# An answer, or a receipt for outcomes.
TAKEN = (200, 202)


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack, write_artefact: WriteArtefact, pack_xgboost: Callable[[bytes], bytes]) -> Stack:
    """Models of two tasks are live, one of them XGBoost's, and the plan stands in nobody's way."""
    stack = make_stack(ThrottleRate="10000", ThrottleBurst="5000", DailyQuota="10000000")
    promote(stack, trained(stack, write_artefact, 0.25))
    answers, features = json.loads((MODELS / "durations.answers.json").read_text()), TASKS[TASK].features
    sample, artefact = dict(zip(features, answers["rows"][0], strict=True)), (MODELS / "durations.ubj").read_bytes()
    model = store(stack, pack_xgboost(artefact), answers["scores"][0], features, sample, task=TASK, algorithm="xgboost")
    promote(stack, model)
    return stack


def refusal_names_what_is_at_fault(ctx: CheckContext, response: Response, case: Case) -> None:
    """Each answer of 4xx is a problem that names a field."""
    if 400 <= response.status_code < 500:
        problem = response.json()
        assert problem["status"] == response.status_code
        # A name may be empty, if it was.
        assert problem["field"] or (isinstance(case.body, dict) and "" in case.body), problem


def check_answer_to_valid_request(ctx: CheckContext, response: Response, case: Case) -> None:
    """What the document allows gets its number; a range it can state for neither a text nor a place in a row."""
    assert case.meta is not None
    if case.meta.generation.mode is VALID and response.status_code not in TAKEN:
        assert response.status_code == 422, response.json()
        assert beyond_the_range(case, response.json()["field"]), response.json()


def beyond_the_range(case: Case, field: str) -> bool:
    if field == "features":
        # The document has one range for all places of the row.
        return any(not 0 <= float(number) <= LARGEST for number in case.query["features"].split(","))
    if case.path == "/outcomes":
        # The document cannot say which values a task's outcome has, nor the range of a text.
        return field == "value"
    ride: Any = case.body
    value = ride[field]
    least = 0 if field == "distance" or field.lower() in TASKS[TASK].features else -LARGEST
    return isinstance(value, str) and not least <= float(value) <= LARGEST


CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    refusal_names_what_is_at_fault,
    check_answer_to_valid_request,
]


class Signed(AuthBase):
    """Signs a request as who may invoke the API's methods."""

    def __init__(self, stack: Stack) -> None:
        arn = f"arn:aws:execute-api:us-east-1:123456789012:{stack.outputs['ApiId']}/*"
        self.credentials = invoker(stack.client, arn)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed = AWSRequest(request.method, request.url)
        SigV4Auth(self.credentials, "execute-api", "us-east-1").add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        return request


def generated(stack: Stack, operation: APIOperation, mode: GenerationMode, count: int) -> Counter[int]:
    """Send so many requests of an operation, and check each answer; the answers by status."""
    headers = {"x-api-key": stack.key}
    auth = Signed(stack) if operation.path.endswith("/model") else None

    def send(case: Case) -> int:
        response = case.call(base_url=stack.url, session=session, headers=headers, auth=auth)
        case.validate_response(response, checks=CHECKS, headers=headers)
        return response.status_code

    @seed(f"{operation.label} {mode.value}")
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def generate(case: Case) -> None:
        sent.append(threads.submit(send, case))

    sent: list[Future[int]] = []
    # While these are answered the next are generated, which takes longer; and by one thread, or CPython 3.11's parser,
    # which Hypothesis uses, gets mixed up.
    with requests.Session() as session, ThreadPoolExecutor(2) as threads:
        generate()
    return Counter(each.result() for each in sent)


def test_generated_requests_are_answered_as_documented(stack: Stack, pytestconfig: pytest.Config) -> None:
    wanted = pytestconfig.getoption("generated_requests") or FEW
    whole = sum(PLAN.values())
    schema = schemathesis.openapi.from_dict(requests.get(f"{stack.url}openapi.json", timeout=30).json())
    operations = {label: schema[label.split()[1]][label.split()[0]] for label, _ in PLAN}
    paths = schema.raw_schema["paths"]
    live = [path for path in paths if not path.startswith("/tasks/") or path.startswith(f"/tasks/{TASK}/")]
    assert set(live) == {label.split()[1] for label in operations}
    # A twentieth more than its share: of an operation without input there are few different requests.
    answers = {
        (label, mode): generated(stack, operations[label], mode, max(10, -(-count * wanted * 21 // (20 * whole))))
        for (label, mode), count in PLAN.items()
    }
    for (_, mode), statuses in answers.items():
        # Valid ones are answered; the others are refused, by the gateway and by the function.
        shares = [sum(statuses[each] for each in TAKEN)] if mode is VALID else [statuses[400], statuses[422]]
        assert min(shares) >= statuses.total() / (10 if wanted > FEW else 20), answers
    assert sum(statuses.total() for statuses in answers.values()) >= wanted


def test_a_row_gets_the_number_that_the_library_gives(stack: Stack) -> None:
    answers = json.loads((MODELS / "durations.answers.json").read_text())
    query, headers = {"features": ",".join(map(str, answers["rows"][1]))}, {"x-api-key": stack.key}
    bare = requests.get(f"{stack.url}liveinference", params=query, headers=headers, timeout=30)
    assert (bare.status_code, bare.text, bare.headers["Content-Type"].partition(";")[0]) == (
        200,
        repr(answers["scores"][1]),
        "text/plain",
    )
    answer = requests.get(f"{stack.url}{TASK_PATH[1:]}", params=query, headers=headers, timeout=30).json()
    assert (answer["value"], answer["unit"], answer["target"]) == (answers["scores"][1], "ms", TASK)
