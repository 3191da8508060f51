"""The API as its callers have it, those who make mistakes too: HTTP alone, and no mistake is answered by a 5xx."""

import csv
import json
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from cli import leaderboard
from http_caller import Answer, Caller, invoker
from local import account
from promotions import FEATURES, RIDE, Model, WriteArtefact, promote, store, trained
from stacks import MakeStack, Stack
from wildrydes.model.linear_model import LinearModel, read_model
from wildrydes.tasks import TASKS

ROW = ",".join(str(RIDE[name]) for name in FEATURES)
RANGE = {"minimum": -1e9, "maximum": 1e9}


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    return make_stack()


@pytest.fixture(scope="module")
def live(stack: Stack, write_artefact: WriteArtefact) -> Model:
    model = trained(stack, write_artefact, 0.25)
    promote(stack, model)
    return model


@pytest.fixture(scope="module")
def model(stack: Stack, live: Model) -> LinearModel:
    """The champion, to tell the right numbers by."""
    return read_model(stack.read(live.path))


@pytest.fixture
def api(stack: Stack, live: Model) -> Caller:
    return Caller(stack.url, stack.key)


def post(api: Caller, value: Any, path: str = "predictions", **headers: str | None) -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return api.ask(path, body, **{"content_type": "application/json"} | headers)


def refused(answer: Answer, status: int, field: str, **more: Any) -> dict[str, Any]:
    """The problem in an answer, which must be whole and name the field."""
    problem = answer.json()
    assert (answer.status, problem["status"], problem["field"]) == (status, status, field), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-amzn-requestid"]
    assert answer.body.endswith(b"}\n")
    assert {name: problem.get(name) for name in more} == more
    return problem


@pytest.mark.parametrize("path", ["", "predictions"])
def test_ride_is_answered(api: Caller, live: Model, path: str) -> None:
    answer = post(api, RIDE, path)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.body.endswith(b"}\n")
    assert answer.json() == {
        "probability": live.probability,
        "label": int(live.probability >= 0.5),
        "threshold": 0.5,
        "target": "heavy_utilization",
        "model": live.execution,
        "request_id": answer.headers["x-amzn-requestid"],
    }


@pytest.mark.parametrize(
    "ride",
    [
        {name.upper(): value for name, value in RIDE.items()},
        {name.title(): str(value) for name, value in RIDE.items()},
        RIDE | {"TMAX": 333, "tmin": 300, "Prcp": 0},
    ],
    ids=["in capitals", "as strings", "with what the model does not need"],
)
def test_spellings_of_a_ride_are_the_same_ride(api: Caller, live: Model, ride: dict[str, Any]) -> None:
    assert post(api, ride).json()["probability"] == live.probability


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain; charset=utf-8", None])
def test_body_is_json_whatever_curl_calls_it(api: Caller, live: Model, content_type: str | None) -> None:
    assert post(api, RIDE, content_type=content_type).json()["probability"] == live.probability


def test_row_of_numbers_is_answered(api: Caller, live: Model) -> None:
    for separator in (",", "%2C"):
        answer = api.ask(f"predictions?features={ROW.replace(',', separator)}")
        assert (answer.status, answer.json()["probability"]) == (200, live.probability)


def test_answer_is_the_bare_number_for_plain_text(api: Caller, live: Model) -> None:
    for answer in (post(api, RIDE, accept="text/plain"), api.ask(f"predictions?features={ROW}", accept="text/plain")):
        assert answer.headers["content-type"].split(";")[0] == "text/plain"
        assert float(answer.body) == live.probability
    assert post(api, [RIDE], accept="text/plain").headers["content-type"] == "application/json"


def test_answer_is_a_table_for_csv(api: Caller, live: Model) -> None:
    for answer in (post(api, RIDE, accept="text/csv"), api.ask(f"predictions?features={ROW}", accept="text/csv")):
        assert answer.headers["content-type"].split(";")[0] == "text/csv"
        (row,) = csv.DictReader(answer.body.decode().splitlines())
        assert (float(row["probability"]), row["error"]) == (live.probability, "")


def test_thousand_rides_are_answered_in_their_places(api: Caller, model: LinearModel) -> None:
    rides: list[Any] = [{**RIDE, "distance": place / 8, "healthpoints": place % 7} for place in range(1000)]
    wrong = {3: {}, 77: {**RIDE, "distance": "far"}, 500: None, 998: {**RIDE, "magicpoints": None}}
    for place, ride in wrong.items():
        rides[place] = ride
    answer = post(api, rides)
    assert answer.status == 200
    assert set(answer.json()) == {"predictions", "threshold", "target", "model", "request_id"}
    predictions = answer.json()["predictions"]
    errors = {place: each["error"] for place, each in enumerate(predictions) if "error" in each}
    assert {place: error["field"] for place, error in errors.items()} == {
        3: "distance",
        77: "distance",
        500: "body",
        998: "magicpoints",
    }
    assert {error["status"] for error in errors.values()} == {422}
    assert all("request_id" not in error for error in errors.values())
    for place, ride in enumerate(rides):
        if place not in wrong:
            probability = predictions[place]["probability"]
            assert probability == model.score([float(ride[name]) for name in FEATURES])
            assert predictions[place]["label"] == int(probability >= 0.5)
    table = list(csv.DictReader(post(api, rides, accept="text/csv").body.decode().splitlines()))
    assert [float(row["probability"]) if row["probability"] else None for row in table] == [
        each.get("probability") for each in predictions
    ]
    assert [place for place, row in enumerate(table) if row["error"]] == sorted(wrong)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"distance=30",
        b"30",
        b"null",
        b'"ride"',
        b"{}",
        b"[]",
        b"[" + b",".join([b"{}"] * 1001) + b"]",
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        json.dumps(RIDE).encode("utf-16"),
        '{"distancé": 1}'.encode("latin-1"),
        b"\x00\x01\x02",
    ],
    ids=lambda body: repr(body[:12]) + f" of {len(body)}",
)
def test_body_that_cannot_be_read_is_refused(api: Caller, body: bytes) -> None:
    refused(api.ask("predictions", body, "POST", content_type="application/json"), 400, "body")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ('"distance": null', "distance"),
        ('"distance": true', "distance"),
        ('"distance": "far"', "distance"),
        ('"distance": ""', "distance"),
        ('"distance": [1]', "distance"),
        ('"Distance": {"miles": 1}', "Distance"),
        ('"distance": 1e400', "distance"),
        ('"distance": -1', "distance"),
        ('"distance": 1e10', "distance"),
        ('"distance": "NaN"', "distance"),
        ('"distance": "Infinity"', "distance"),
        ('"distance": 1, "speed": 3', "speed"),
        ('"distance": 1, "distance": 1', "distance"),
        ('"distance": 1, "DISTANCE": 1', "DISTANCE"),
        ('"TMAX": 1', "distance"),
    ],
)
def test_value_that_cannot_be_used_is_refused_by_its_field(api: Caller, changed: str, field: str) -> None:
    body = f'{{"healthpoints": 1, "magicpoints": 1, {changed}}}'.encode()
    problem = refused(post(api, body), 422, field)
    if field.lower() == "distance" and "more than once" not in problem["detail"]:
        assert problem["allowed"] == {"minimum": 0, "maximum": 1e9}
    # In an array the ride has the same error, without an id of its own.
    (prediction,) = post(api, b"[" + body + b"]").json()["predictions"]
    assert prediction == {"error": {name: value for name, value in problem.items() if name != "request_id"}}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_json_does_not_know_for_a_number_is_refused(api: Caller, number: str) -> None:
    body = f'{{"healthpoints": {number}, "magicpoints": 1, "distance": 1}}'.encode()
    refused(post(api, body), 422, "healthpoints", allowed=RANGE)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?row=1,2,3", 400),
        (f"?features={ROW}&features={ROW}", 400),
        ("?features=1,2", 422),
        ("?features=1,2,3,4,5,6", 422),
        ("?features=1,2,far", 422),
        ("?features=,,", 422),
        ("?features=NaN,1,2", 422),
        ("?features=-1,1,2", 422),
        ("?features=%FF%FE", 422),
    ],
)
def test_row_that_cannot_be_used_is_refused(api: Caller, query: str, status: int) -> None:
    refused(api.ask(f"predictions{query}"), status, "features")


def test_body_that_is_too_large_for_the_function_is_refused(api: Caller) -> None:
    refused(post(api, body_of(1_000_001)), 413, "body", allowed={"maximum": 1_000_000})


@pytest.mark.parametrize("size", [6_300_000, 10 * 1024 * 1024 + 1])
def test_body_that_is_too_large_for_the_gateway_is_refused(api: Caller, size: int) -> None:
    """This answer of API Gateway's cannot be customised."""
    answer = post(api, body_of(size))
    assert (answer.status, list(answer.json())) == (413, ["message"])


def body_of(size: int) -> bytes:
    """A ride of so many bytes."""
    return b'{"distance": "' + b"1" * (size - 16) + b'"}'


@pytest.mark.parametrize("content_type", ["image/png", "application/xml", "multipart/form-data; boundary=x", "json"])
def test_body_of_another_type_is_refused(api: Caller, content_type: str) -> None:
    problem = refused(post(api, RIDE, content_type=content_type), 415, "Content-Type")
    assert "application/json" in problem["allowed"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "", ["POST"]),
        ("PUT", "", ["POST"]),
        ("DELETE", "predictions", ["GET", "POST"]),
        ("PATCH", "predictions", ["GET", "POST"]),
        ("OPTIONS", "predictions", ["GET", "POST"]),
        ("POST", "openapi.json", ["GET"]),
    ],
)
def test_method_that_is_not_there_is_refused(api: Caller, method: str, path: str, allowed: list[str]) -> None:
    answer = api.ask(path, method=method)
    refused(answer, 405, "method", allowed=allowed)
    assert answer.headers["allow"] == ", ".join(allowed)


@pytest.mark.parametrize("path", ["nowhere", "predictions/1", "model/card", "%2e%2e/predictions", "admin"])
def test_path_that_is_not_there_is_refused(api: Caller, path: str) -> None:
    refused(api.ask(path), 404, "path")


@pytest.mark.parametrize("key", [None, "", "not-the-key-of-anybody", "x" * 5_000])
@pytest.mark.parametrize("path", ["", "predictions"])
def test_key_is_asked_for(api: Caller, path: str, key: str | None) -> None:
    refused(post(api, RIDE, path, x_api_key=key), 403, "x-api-key")
    refused(api.ask(path, method="DELETE", x_api_key=key), 403, "x-api-key")


def card_of(stack: Stack) -> str:
    """The ARN of the method that tells the champion's card."""
    return f"arn:aws:execute-api:us-east-1:123456789012:{stack.outputs['ApiId']}/live/GET/model"


def test_card_is_for_who_may_invoke_its_method(stack: Stack, api: Caller, live: Model) -> None:
    answer = api.ask_signed("model", invoker(stack.client, card_of(stack)))
    assert (answer.status, answer.json()["execution"]) == (200, live.execution)
    assert answer.json()["features"] == list(FEATURES)


def test_card_is_told_to_nobody_else(stack: Stack, api: Caller) -> None:
    refused(api.ask("model"), 404, "path")
    refused(api.ask("model", authorization="Bearer of-something"), 403, "Authorization")
    refused(api.ask_signed("model", invoker(stack.client)), 403, "Authorization")
    caller = invoker(stack.client, card_of(stack))
    refused(api.ask_signed("model", Credentials(caller.access_key, "guessed")), 403, "Authorization")


def test_document_is_for_everybody_and_for_the_live_model(api: Caller) -> None:
    answer = api.ask("openapi.json", x_api_key=None)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    document = answer.json()
    assert b"x-amazon" not in answer.body
    assert b"Fn::" not in answer.body
    assert document["components"]["schemas"]["Ride"]["required"] == list(FEATURES)
    of_tasks = {f"/tasks/{task}/{path}" for task in TASKS for path in ("predictions", "model")}
    assert (
        set(document["paths"])
        == {
            "/",
            "/predictions",
            "/outcomes",
            "/model",
            "/openapi.json",
            "/liveinference",
        }
        | of_tasks
    )


def test_flood_of_headers_is_no_fault_of_the_service(api: Caller, live: Model) -> None:
    many = {f"x_flood_{number}": "f" * 60 for number in range(90)}
    assert post(api, RIDE, **many).json()["probability"] == live.probability
    assert 400 <= post(api, RIDE, x_flood="f" * 100_000).status < 500


def test_no_origin_may_ask_in_a_browser(api: Caller) -> None:
    answers = [
        post(api, RIDE, origin="https://example.com"),
        post(api, {}, origin="https://example.com"),
        api.ask("predictions", method="OPTIONS", origin="https://example.com", x_api_key=None),
    ]
    assert [answer.status for answer in answers] == [200, 400, 403]
    assert not [name for answer in answers for name in answer.headers if name.startswith("access-control")]


def test_access_log_tells_who_asked_and_nothing_of_what(stack: Stack, api: Caller) -> None:
    answer = post(api, RIDE | {"distance": 987654}, "predictions?features=123987")
    group = f"/aws/apigateway/{stack.name}"
    identity = answer.headers["x-amzn-requestid"]
    logs = stack.client("logs")
    (event,) = account.entries(logs, "filter_log_events", "events", logGroupName=group, filterPattern=f'"{identity}"')
    line = json.loads(event["message"])
    assert (line["method"], line["path"], line["status"]) == ("POST", "/live/predictions", "200")
    assert line["apiKeyId"] == stack.outputs["ApiKeyId"]
    assert not [secret for secret in ("987654", "123987", stack.key) if secret in event["message"]]


def test_promoting_another_model_changes_what_is_asked_for(
    make_stack: MakeStack, write_artefact: WriteArtefact
) -> None:
    stack = make_stack(CorsOrigin="https://example.com")
    api = Caller(stack.url, stack.key)
    problem = refused(post(api, {"distance": 1}), 503, "model")
    assert problem["detail"].startswith("no model has been promoted yet")
    assert int(post(api, {"distance": 1}).headers["retry-after"]) > 0
    assert "required" not in api.ask("openapi.json").json()["components"]["schemas"]["Ride"]

    features = ("distance", "TMIN", "TMAX", "PRCP")
    ride = {"distance": 30, "TMAX": 333, "TMIN": 300, "PRCP": 0}
    artefact = write_artefact([0.01, 0.001, 0.002, 0.003], -1.0, 0.5)
    probability = read_model(artefact).score([30.0, 300.0, 333.0, 0.0])
    model = store(stack, artefact, probability, features, ride)
    promote(stack, model)
    answer = post(api, ride)
    assert (answer.status, answer.json()["probability"]) == (200, probability)
    assert api.ask("predictions?features=30,300,333,0").json()["probability"] == probability
    refused(post(api, {"distance": 30}), 422, "TMIN", allowed=RANGE)
    assert api.ask("openapi.json").json()["components"]["schemas"]["Ride"]["required"] == list(features)

    # This stack lets the pages of one origin ask.
    for each in (answer, post(api, b"{"), api.ask("nowhere"), post(api, ride, x_api_key=None)):
        assert each.headers["access-control-allow-origin"] == "https://example.com"
    preflight = api.ask("predictions", method="OPTIONS", x_api_key=None, origin="https://example.com")
    assert preflight.status == 200
    assert preflight.headers["access-control-allow-origin"] == "https://example.com"
    assert preflight.headers["access-control-allow-methods"] == "GET,POST"
    assert "X-Api-Key" in preflight.headers["access-control-allow-headers"]


@pytest.fixture(scope="module")
def signed(make_stack: MakeStack) -> Stack:
    """A stack whose API is for signed requests, at another stage, with a cache; nothing is captured."""
    return make_stack(ApiAuthorization="AWS_IAM", Stage="beta", CacheSize="0.5", CacheSeconds="60", CaptureFraction="0")


def test_predictions_are_for_signed_requests_where_the_stack_says_so(signed: Stack) -> None:
    stack = signed
    assert "ApiKeyId" not in stack.outputs
    api = Caller(stack.url, "a-key-of-nothing-of-nothing")
    body = json.dumps(RIDE).encode()
    arn = f"arn:aws:execute-api:us-east-1:123456789012:{stack.outputs['ApiId']}/beta"
    # Past the gateway there is no model yet.
    refused(api.ask_signed("predictions", invoker(stack.client, f"{arn}/POST/predictions"), body), 503, "model")
    refused(api.ask_signed("predictions", invoker(stack.client, f"{arn}/GET/model"), body), 403, "Authorization")
    refused(post(api, RIDE), 404, "path")
    assert api.ask("openapi.json", x_api_key=None).status == 200


def test_functions_ask_by_their_roles_and_the_leaderboard_has_what_they_measured(
    signed: Stack, write_artefact: WriteArtefact
) -> None:
    ride = {"distance": 30, "TMIN": 150, "TMAX": 320, "PRCP": 0}
    artefact = write_artefact([20.0, 0.0, 1.0, 3.0], 300.0, 0.0, "LinearRegressionOutput")
    model = store(signed, artefact, 1220.0, tuple(ride), ride, task="magic_points")
    promote(signed, model)
    signed.put(f"training-sets/{model.execution}/split=test/part-0.csv", "1225,30,150,320,0\n1215,30,150,320,0\n")

    def invoke(function: str, event: Any) -> Any:
        name = signed.command_stack.functions()[function]
        return json.load(signed.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))["Payload"])

    price = invoke("quote_price", ride)
    assert (price["price"], price["weather"], price["model"]) == (1220.0, "hot", model.execution)
    assert [reason["points"] for reason in price["reasons"]] == [1100.0, 120.0]
    measured = invoke("edge_compute", {"task": "magic_points", "rate": 20, "seconds": 1})["standings"]
    assert [(each["model"], each["requests"], each["errors"], each["rmse"]) for each in measured] == [
        (model.execution, 20, 0, 5.0)
    ]
    ranked = leaderboard.ranking(signed.command_stack, "magic_points", 2)
    assert [(each.requests, each.loss) for each in ranked if each.model == model.execution] == [(20, 25.0)]


def test_stage_answers_at_its_url_and_live_is_closed(signed: Stack) -> None:
    api = Caller(signed.url, "a-key-of-nothing-of-nothing")
    assert signed.url.endswith(f"/{signed.outputs['ApiId']}/beta/")
    assert signed.outputs["ApiUrl"].endswith(".amazonaws.com/beta/")
    assert api.ask("openapi.json", x_api_key=None).status == 200
    assert Caller(signed.url.replace("/beta/", "/live/"), "").ask("openapi.json", x_api_key=None).status == 429


def counted(stack: Stack, metric: str) -> float:
    """How often a metric of the stack's API was counted."""
    now = stack.server.request("/_local/clock")["now"]
    points = stack.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ApiGateway",
        MetricName=metric,
        Dimensions=[{"Name": "ApiName", "Value": f"{stack.name} predictions"}, {"Name": "Stage", "Value": "beta"}],
        StartTime=now - 86_400,
        EndTime=now + 60,
        Period=86_400,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points)


def test_cache_answers_a_row_again_for_who_may_ask_until_its_time_is_up(
    signed: Stack, write_artefact: WriteArtefact
) -> None:
    task = "service_requested"
    promote(signed, trained(signed, write_artefact, 0.5, task))
    api = Caller(signed.url, "a-key-of-nothing-of-nothing")
    arn = f"arn:aws:execute-api:us-east-1:123456789012:{signed.outputs['ApiId']}/beta"
    credentials = invoker(signed.client, f"{arn}/GET/tasks/{task}/predictions")

    def ask(row: str, caller: Credentials = credentials) -> Answer:
        # What is signed is the query as it is encoded.
        return api.ask_signed(f"tasks/{task}/predictions?features={row.replace(',', '%2C')}", caller)

    def counts() -> list[float]:
        return [counted(signed, f"Cache{each}Count") for each in ("Hit", "Miss")]

    before = counts()
    first, other = ask(ROW), ask(ROW.replace("30", "31", 1))
    again = ask(ROW)
    assert (first.status, again.body) == (200, first.body)
    assert again.headers["x-amzn-requestid"] != first.headers["x-amzn-requestid"]
    assert other.json()["request_id"] != first.json()["request_id"]
    refused(ask(ROW, invoker(signed.client, f"{arn}/GET/predictions")), 403, "Authorization")
    assert [after - earlier for after, earlier in zip(counts(), before, strict=True)] == [1, 2]
    signed.server.request("/_local/clock", advance_seconds=61)
    assert ask(ROW).json()["request_id"] != first.json()["request_id"]


def test_key_may_send_what_its_plan_says(make_stack: MakeStack) -> None:
    stack = make_stack(ThrottleRate="0.001", ThrottleBurst="3")
    api = Caller(stack.url, stack.key)
    answers = [post(api, RIDE) for _ in range(5)]
    assert [each.status for each in answers] == [503, 503, 503, 429, 429]
    refused(answers[-1], 429, "rate", allowed={"maximum": 0.001})
    assert int(answers[-1].headers["retry-after"]) > 0


def test_key_may_send_so_many_requests_a_day(make_stack: MakeStack) -> None:
    stack = make_stack(DailyQuota="2")
    api = Caller(stack.url, stack.key)
    answers = [post(api, RIDE) for _ in range(3)]
    assert [each.status for each in answers] == [503, 503, 429]
    refused(answers[-1], 429, "quota", allowed={"maximum": 2})
    assert int(answers[-1].headers["retry-after"]) > 0


def test_web_acl_that_nothing_plays_is_refused_by_name(make_stack: MakeStack) -> None:
    acl = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/rydes/1"
    with pytest.raises(ClientError, match="AWS::WAFv2::WebACLAssociation"):
        make_stack(WebAclArn=acl)
