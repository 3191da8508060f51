"""What predict writes of a request to be captured."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from predict.capturing import is_in_sample
from predictions import RIDE, Ask
from wildrydes.capture.record import Capture, read
from wildrydes.errors import MissingSetting

Captured = Callable[[], list[Capture]]
ID = "3f7e2c3a-5b1d-4a39-9d07-2f3c6a1b8e44"


@pytest.fixture
def captured(ask: Ask, capsys: pytest.CaptureFixture[str]) -> Captured:
    """Every request is captured; what was since the last call."""
    ask.set("CAPTURE_FRACTION", "1")
    return lambda: [read(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"capture"')]


def test_a_ride_is_captured_with_its_features_its_score_and_its_reference(ask: Ask, captured: Captured) -> None:
    answer = ask(RIDE | {"TMAX": 333, "reference": "ride-7"}).json
    (capture,) = captured()
    assert capture._replace(time=0.0) == Capture(
        0.0,
        "heavy_utilization",
        "e1",
        answer["request_id"],
        ("distance", "magicpoints"),
        places=[0],
        references=["ride-7"],
        rows=[[10.0, 550.0]],
        scores=[answer["probability"]],
        refused=0,
    )
    assert capture.time > 1.7e9


def test_of_an_array_each_answer_is_captured_with_its_place(ask: Ask, captured: Captured) -> None:
    bad, third = RIDE | {"reference": "no spaces"}, RIDE | {"magicpoints": 450, "reference": "c"}
    answer = ask([RIDE, bad, third, {"secret": 1}]).json["predictions"]
    (capture,) = captured()
    assert (capture.places, capture.references, capture.refused) == ([0, 2], [None, "c"], 2)
    assert capture.rows == [[10.0, 550.0], [10.0, 450.0]]
    assert capture.scores == [answer[0]["probability"], answer[2]["probability"]]
    assert (answer[1]["error"]["field"], answer[1]["error"]["detail"]) == (
        "reference",
        "reference is 'no spaces', not 1 to 64 letters, digits, _ and -",
    )


def test_a_row_of_the_query_is_captured_and_what_cannot_be_used_is_counted(ask: Ask, captured: Captured) -> None:
    ask.get("/predictions", features="10,550")
    ask({"distance": 10})
    row, refused = captured()
    assert (row.rows, row.references, row.refused) == ([[10.0, 550.0]], [None], 0)
    assert (refused.model, refused.features, refused.rows, refused.refused) == ("", (), [], 1)


def test_nothing_of_the_caller_is_captured(ask: Ask, captured: Captured, capsys: pytest.CaptureFixture[str]) -> None:
    ask(
        RIDE,
        headers={"x-api-key": "secret-key", "User-Agent": "secret-agent"},
        requestContext={"requestId": ID, "identity": {"sourceIp": "192.0.2.7", "apiKeyId": "secret-id"}},
    )
    _, line = capsys.readouterr().out.splitlines()
    assert json.loads(line)["request_id"] == ID
    assert "secret" not in line
    assert "192.0.2.7" not in line


def test_what_is_no_prediction_is_not_captured(ask: Ask, captured: Captured) -> None:
    ask.send("GET", "/model")
    ask("not json")
    ask.set("MODEL_PATH", "none")
    assert ask(RIDE).status == 503
    assert captured() == []


def test_a_golden_request_is_answered_and_not_captured(ask: Ask, captured: Captured) -> None:
    golden = {"body": json.dumps(RIDE), "isBase64Encoded": False, "serving": "lambda"}
    assert ask.run("predict", golden)["statusCode"] == 200
    assert captured() == []


def test_capture_can_be_switched_off_and_takes_a_fraction_of_the_requests(ask: Ask, captured: Captured) -> None:
    ask.set("CAPTURE_FRACTION", "0")
    ask(RIDE)
    assert captured() == []
    ask.set("CAPTURE_FRACTION", "0.5")
    for number in range(20):
        ask(RIDE, requestContext={"requestId": f"id-{number}"})
    names = [capture.request_id for capture in captured()]
    assert names == [f"id-{number}" for number in range(20) if is_in_sample(f"id-{number}", 0.5)]
    assert 0 < len(names) < 20


def test_the_sample_has_the_size_that_is_meant_and_a_smaller_one_is_part_of_it() -> None:
    ids = [f"{number:08x}-request" for number in range(10_000)]
    tenth, half = ({each for each in ids if is_in_sample(each, fraction)} for fraction in (0.1, 0.5))
    assert tenth < half
    assert (len(tenth), len(half)) == (pytest.approx(1000, abs=120), pytest.approx(5000, abs=200))


@pytest.mark.parametrize("fraction", ["much", "1.1", "-0.1", "nan"])
def test_a_fraction_that_is_none_is_named(ask: Ask, fraction: str) -> None:
    ask.set("CAPTURE_FRACTION", fraction)
    with pytest.raises(MissingSetting, match="CAPTURE_FRACTION is"):
        ask(RIDE)


@pytest.mark.parametrize("reference", ["", "a" * 65, "a b", 7, None, ["a"], "ü"])
def test_a_reference_that_is_none_is_refused(ask: Ask, reference: Any) -> None:
    answer = ask(RIDE | {"reference": reference})
    assert (answer.status, answer.json["field"]) == (422, "reference")
