"""predict, on an artefact that MXNet wrote."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wildrydes.errors import MissingSetting

FUNCTIONS = Path(__file__).parents[2] / "functions"
KEY = "models/e1/e1-job/output/model.tar.gz"
RIDE = {"distance": 10, "magicpoints": 550}


@pytest.fixture
def ask(evaluate: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Asks predict, with the model promoted: the status and the body of the answer."""
    evaluate()
    monkeypatch.setenv("MODEL_PATH", KEY)

    def ask(body: Any, **event: Any) -> tuple[int, Any]:
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        answer = run("predict", {"httpMethod": "POST", "body": text, "isBase64Encoded": False} | event)
        assert answer["headers"] == {"Content-Type": "application/json"}
        return answer["statusCode"], json.loads(answer["body"])

    return ask


def test_a_ride_gets_a_probability_and_what_it_is_of(ask: Any) -> None:
    assert ask(RIDE) == (
        200,
        {
            "probability": pytest.approx(0.6224593, abs=1e-6),
            "label": 1,
            "threshold": 0.5,
            "target": "heavy_utilization",
            "model": KEY.split("/")[1],
        },
    )
    status, body = ask({"Distance": "10", "MAGICPOINTS": 450, "TMAX": 333})
    assert (status, body["label"], body["probability"]) == (200, 0, pytest.approx(0.3775407, abs=1e-6))


def test_a_base64_body_is_decoded(ask: Any) -> None:
    status, body = ask(base64.b64encode(json.dumps(RIDE).encode()).decode(), isBase64Encoded=True)
    assert (status, body["label"]) == (200, 1)
    assert ask("no base64!", isBase64Encoded=True) == (400, {"message": "the body is no base64", "field": None})


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"distance": 10}, "magicpoints", "magicpoints is missing"),
        ({"distance": None, "magicpoints": 1}, "distance", "distance is null"),
        ({"distance": 10, "magicpoints": "many"}, "magicpoints", "magicpoints is the text 'many', not a number"),
        ('{"distance": NaN, "magicpoints": 1}', "distance", "distance is nan, not a finite number"),
        ('{"distance": 1e999, "magicpoints": 1}', "distance", "distance is inf, not a finite number"),
        ({"distance": True, "magicpoints": 1}, "distance", "distance is a boolean, not a number"),
        ({"distance": [1], "magicpoints": 1}, "distance", "distance is a list, not a number"),
        ({"distance": 1, "Distance": 2, "magicpoints": 1}, "Distance", "Distance is there more than once"),
        ("distance=10", None, "the body is no JSON"),
        ("[1, 2]", None, "the body is no JSON object"),
        ("", None, "the request has no body"),
        (None, None, "the request has no body"),
        ("[" * 100_000, None, "the body is no JSON"),
        ('{"distance": ' + "1" * 5000 + "}", None, "the body is no JSON"),
    ],
)
def test_a_request_that_cannot_be_answered_names_the_field(ask: Any, body: Any, field: Any, message: str) -> None:
    status, answer = ask(body)
    assert (status, answer["field"]) == (400, field)
    assert answer["message"].startswith(message)


def test_before_the_first_promotion_the_answer_is_503_and_says_so(bucket: Any, run: Any) -> None:
    answer = run("predict", {"body": json.dumps(RIDE)})
    assert answer["statusCode"] == 503
    assert json.loads(answer["body"])["message"].startswith("no model has been promoted yet")


def test_a_live_model_that_cannot_be_read_is_503_without_its_insides(
    ask: Any, trained: Any, caplog: pytest.LogCaptureFixture
) -> None:
    trained.put(KEY, b"not a model")
    assert ask(RIDE) == (503, {"message": "the live model cannot be read"})
    assert "BadModel: the artefact is no gzip" in caplog.text


def test_a_live_model_that_is_not_there_is_503_too(ask: Any, trained: Any, caplog: pytest.LogCaptureFixture) -> None:
    trained.s3.delete_object(Bucket="wildrydes-data", Key="models/e1/card.json")
    assert ask(RIDE) == (503, {"message": "the live model cannot be read"})
    assert "MissingObject: s3://wildrydes-data/models/e1/card.json is not there" in caplog.text


def test_the_model_is_read_once_a_process(ask: Any, trained: Any) -> None:
    assert ask(RIDE)[0] == 200
    trained.put(KEY, b"gone")
    assert ask(RIDE)[0] == 200


def test_a_missing_setting_is_named(bucket: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODEL_PATH")
    with pytest.raises(MissingSetting, match="MODEL_PATH is not set"):
        run("predict", {"body": "{}"})
    monkeypatch.delenv("DATA_BUCKET")
    with pytest.raises(MissingSetting, match="DATA_BUCKET is not set"):
        run("plan_ingestion", {"execution": "e1", "chunk_bytes": 1024})


def test_predict_imports_nothing_but_the_standard_library_and_what_boto3_brings() -> None:
    code = "import sys, predict.app; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    listed = subprocess.run(
        [sys.executable, "-c", code], cwd=FUNCTIONS, capture_output=True, text=True, check=True
    ).stdout.split()
    own = {"predict", "aws", "wildrydes"}
    boto3 = {"boto3", "botocore", "s3transfer", "urllib3", "jmespath", "dateutil", "six", "certifi"}
    assert own | {"boto3"} <= set(listed)
    others = set(listed) - own - boto3 - sys.stdlib_module_names - {"__main__"}
    assert not {name for name in others if not name.startswith(("_", "sitecustomize"))}
