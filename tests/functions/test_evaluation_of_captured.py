"""evaluate_model on captured requests: the candidate answers what callers asked last."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evaluate_model import captured
from wildrydes.capture.record import Capture, lines
from wildrydes.model.artefact import read_model

KEY = "models/e1/e1-job/output/model.tar.gz"
LIVE = "models/e0/e0-job/output/model.tar.gz"
FEATURES = ("distance", "magicpoints")
NOW = datetime.now(UTC)


class Bay:
    """A champion beside the candidate, and captured requests."""

    def __init__(self, bucket: Any, write_artefact: Any) -> None:
        self.bucket = bucket
        bucket.put(LIVE, write_artefact([-0.4, 0.01], 0.0, 0.5))
        card = {"execution": "e0", "target": "heavy_utilization", "features": FEATURES, "model_path": LIVE}
        rest = {"threshold": 0.5, "rows": 4, "metrics": {}, "hyperparameters": {}, "created": ""}
        bucket.put("models/e0/card.json", json.dumps(card | rest))
        self.champion, self.candidate = (read_model(bucket.get(key), "linear-learner") for key in (LIVE, KEY))

    def capture(self, days_ago: float, *rows: list[float], name: str = "a", **changes: Any) -> None:
        """An object of one request, as the champion answered it."""
        capture = Capture(
            NOW.timestamp(),
            "heavy_utilization",
            "e0",
            f"request-{days_ago}-{name}",
            FEATURES,
            list(range(len(rows))),
            [None] * len(rows),
            rows,
            self.champion.scores(rows) if rows and len(rows[0]) == 2 else [0.5] * len(rows),
        )
        day = NOW - timedelta(days=days_ago)
        text = lines(capture._replace(**changes))
        self.bucket.put(
            f"predictions/{day:%Y/%m/%d}/s-1-{day:%Y-%m-%d-%H-%M-%S}-{name}.gz", gzip.compress(text.encode())
        )

    def changes(self) -> dict[str, Any]:
        return self.bucket.json("models/e1/card.json")["score_changes"]


@pytest.fixture
def bay(model_bucket: Any, write_artefact: Any) -> Bay:
    return Bay(model_bucket, write_artefact)


def test_the_card_says_how_answers_to_captured_requests_change(bay: Bay, evaluate: Any) -> None:
    rows = [[10.0, 500.0], [20.0, 600.0], [30.0, 2000.0], [40.0, 900.0]]
    bay.capture(0, *rows[:2])
    bay.capture(6, *rows[2:])
    evaluate(live_model_path=LIVE)
    changes = bay.changes()
    apart = [bay.candidate.score(row) - bay.champion.score(row) for row in rows]
    assert (changes["rows"], changes["reason"]) == (4, None)
    assert changes["mean_change"] == pytest.approx(sum(apart) / 4)
    assert changes["mean_absolute_change"] == pytest.approx(sum(map(abs, apart)) / 4)
    by_distance = [group for group in changes["groups"] if group["feature"] == "distance"]
    assert [group["mean_change"] for group in by_distance] == pytest.approx(apart)


def test_only_the_tasks_requests_of_the_last_days_count_each_place_once(bay: Bay, evaluate: Any) -> None:
    bay.capture(1, [10.0, 500.0])
    bay.capture(1, [10.0, 500.0], name="again", request_id="request-1-a")
    bay.capture(1, [10.0, 500.0], name="other", task="service_requested")
    bay.capture(1, [10.0], name="few", features=("distance",))
    bay.capture(9, [10.0, 500.0])
    bay.capture(1, name="none", refused=1, model="", features=())
    bay.bucket.put(f"predictions/{NOW:%Y/%m/%d}/zzz.gz", b"\x1f\x8bdamaged")
    evaluate(live_model_path=LIVE)
    assert bay.changes()["rows"] == 1


def test_what_an_earlier_model_answered_the_champion_answers_again(bay: Bay, evaluate: Any) -> None:
    bay.capture(1, [10.0, 500.0], model="earlier", scores=[0.99])
    bay.capture(1, [10.0, 500.0], name="null", scores=[None])
    evaluate(live_model_path=LIVE)
    apart = bay.candidate.score([10.0, 500.0]) - bay.champion.score([10.0, 500.0])
    assert (bay.changes()["rows"], bay.changes()["mean_change"]) == (1, pytest.approx(apart))


def test_the_newest_requests_are_taken_and_no_more_than_the_bound(
    bay: Bay, evaluate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captured, "MOST_ROWS", 3)
    bay.capture(2, *[[1.0, 500.0]] * 3)
    bay.capture(1, *[[2.0, 500.0]] * 2)
    evaluate(live_model_path=LIVE)
    groups = [group for group in bay.changes()["groups"] if group["feature"] == "distance"]
    assert [(group["low"], group["rows"]) for group in groups] == [(1.0, 1), (2.0, 2)]


def test_without_a_champion_or_requests_the_card_says_so(bay: Bay, evaluate: Any) -> None:
    evaluate()
    assert bay.changes() == {"rows": 0, "reason": "there is no champion to compare with"}
    evaluate(live_model_path=LIVE)
    assert bay.changes()["reason"] == "no request of the last 7 days that could be answered was captured"


def test_the_card_says_that_a_champion_of_other_features_cannot_be_compared(bay: Bay, evaluate: Any) -> None:
    card = bay.bucket.json("models/e0/card.json")
    bay.bucket.put("models/e0/card.json", json.dumps(card | {"features": ["distance", "healthpoints"]}))
    bay.capture(1, [10.0, 500.0])
    evaluate(live_model_path=LIVE)
    assert bay.changes() == {"rows": 0, "reason": "the champion e0 and this model cannot be compared"}


def test_a_bound_holds_the_candidate_back(bay: Bay, evaluate: Any) -> None:
    bay.capture(1, [20.0, 900.0], [10.0, 500.0])
    gate = {"min_improvement": 0.0, "promote": True, "force": False}
    assert "max_score_change" not in evaluate(live_model_path=LIVE, gate=gate)["verdict"]["reason"]
    verdict = evaluate(live_model_path=LIVE, gate=gate | {"max_score_change": 0.001})["verdict"]
    assert verdict["promote"] is False
    assert "more than max_score_change 0.001" in verdict["reason"]
