"""evaluate_model, on artefacts that MXNet wrote: metrics, card, and the verdict beside a champion."""

import gzip
import json
from math import log
from typing import Any

import pytest

from reports.page import page
from reports.sides import Comparison
from wildrydes.errors import AllCandidatesFailed, BadTestSet
from wildrydes.model.card_meanings import unlisted_paths

KEY = "models/e1/e1-job/output/model.tar.gz"
FEATURES = ["distance", "magicpoints"]
LOG_LOSS = (0.474077 + 0.474077 + 0.688160 + 1.313262) / 4


def test_a_model_is_judged_on_every_object_of_the_test_split(model_bucket: Any, evaluate: Any) -> None:
    summary = evaluate()
    verdict = summary.pop("verdict")
    numbers = {
        "threshold": 0.5,
        "log_loss": pytest.approx(LOG_LOSS, abs=1e-6),
        "auc": pytest.approx(2 / 3),
        "accuracy": 0.75,
        "precision": 1.0,
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(0.8),
        "calibration_error": pytest.approx((2 * 0.377541 + 0.731059 + 0.497500) / 4, abs=1e-6),
    }
    (candidate,) = model_bucket.json("models/e1/card.json")["candidates"]
    assert candidate.pop("metrics") == numbers | {
        "rows": 4,
        "not_finite": 0,
        "auc_error": 0,
        # The lowest row expects 0.27 of the positive it has, the next two 0.38 + 0.50 of one, the last 0.62 of one.
        "calibration_gap": pytest.approx((1 - 0.268941 + 1 - 0.502500) / 4, abs=1e-5),
        # That a gap of a tenth of a row less comes by chance, 0.1 being 2.5% of the rows.
        "calibration_chance": pytest.approx(0.466618, abs=1e-6),
        "confusion": {"true_positives": 2, "false_positives": 0, "true_negatives": 1, "false_negatives": 1},
    }
    assert candidate == {
        "algorithm": "linear-learner",
        "model_path": KEY,
        "measure": "log_loss",
        "value": numbers["log_loss"],
        "error": None,
    }
    # The workflow selects metrics by name, so those of a regression are there, without a value.
    nothing = dict.fromkeys(("rmse", "mae", "r2", "bias", "bias_gap"))
    assert summary == numbers | nothing | {
        "rows": 4,
        "algorithm": "linear-learner",
        "candidates": [candidate],
        "golden": {
            "ride": {"distance": 10.0, "magicpoints": 550.0},
            "probability": pytest.approx(0.622459, abs=1e-6),
            "at_least": pytest.approx(0.622297, abs=1e-6),
            "at_most": pytest.approx(0.622622, abs=1e-6),
        },
        "serving": "lambda",
        "live_model_path": "none",
        "model_path": KEY,
        "card": "models/e1/card.json",
    }
    # A constant prediction of the training rows' share, one half, costs log 2 a row.
    assert not verdict["promote"]
    assert verdict["reason"].startswith("There is no champion, and log loss 0.7374 is not below the 0.6931 of a")


def histogram_of(card: dict[str, Any]) -> dict[str, list[int]]:
    return card["metrics"]["histogram"]


def test_the_card_tells_how_it_was_judged_and_what_it_was_trained_on(model_bucket: Any, evaluate: Any) -> None:
    summary = evaluate()
    card = model_bucket.json("models/e1/card.json")
    assert (card["execution"], card["target"], card["features"]) == ("e1", "heavy_utilization", FEATURES)
    assert (card["model_path"], card["rows"], card["hyperparameters"]) == (KEY, 4, {"epochs": "15"})
    assert (card["metrics"]["accuracy"], card["live"], card["differences"]) == (0.75, None, {})
    assert (card["verdict"], card["golden"]) == (summary["verdict"], summary["golden"])
    assert card["training"] == {
        "distance": {"mean": 20.0, "deviation": pytest.approx(50**0.5)},
        "magicpoints": {"mean": 600.0, "deviation": pytest.approx(290_000**0.5)},
    }
    profiles = card["feature_profiles"]
    assert list(profiles) == FEATURES
    assert sum(profiles["distance"]["histogram"]["counts"]) == 4
    assert (profiles["distance"]["quantiles"][0], profiles["distance"]["missing"]) == (10.0, 0)
    assert card["training_set"] == {"train_rows": 4, "test_rows": 4}
    assert card["constant"] == pytest.approx(log(2))
    assert sum(point["rows"] for point in card["metrics"]["calibration"]) == 4
    assert (card["weights"], card["bias"]) == ([-0.5, pytest.approx(0.01)], 0.0)
    # Logistic of 0.5, -0.5, 0.01 and -1: 0.62, 0.38, 0.50 and 0.27.
    filled_bins = {
        label: [place for place, rows in enumerate(bins) if rows] for label, bins in histogram_of(card).items()
    }
    assert filled_bins == {"positives": [5, 10, 12], "negatives": [7]}
    assert (card["metrics"]["roc"][0]["true_positives"], card["metrics"]["roc"][-1]["false_positives"]) == (0, 1)
    assert (card["region"], card["created"][-6:]) == ("us-east-1", "+00:00")


LIVE = "models/e0/e0-job/output/model.tar.gz"


@pytest.fixture
def live(model_bucket: Any, write_artefact: Any) -> Any:
    """A champion that is surer of the same: it makes the same mistake, at a higher cost."""
    model_bucket.put(LIVE, write_artefact([-5.0, 0.1], 0.0, 0.5))
    card = {
        "execution": "e0",
        "target": "heavy_utilization",
        "features": FEATURES,
        "model_path": LIVE,
        "threshold": 0.5,
    }
    model_bucket.put(
        "models/e0/card.json", json.dumps(card | {"rows": 4, "metrics": {}, "hyperparameters": {}, "created": ""})
    )
    return model_bucket


def changed_card(live: Any, **fields: Any) -> None:
    live.put("models/e0/card.json", json.dumps(live.json("models/e0/card.json") | fields))


def test_the_live_model_is_judged_on_the_same_rows(live: Any, evaluate: Any) -> None:
    summary = evaluate(live_model_path=LIVE)
    card = live.json("models/e1/card.json")
    theirs = card["live"]["metrics"]
    assert (card["live"]["execution"], card["live"]["incomparable"]) == ("e0", None)
    assert (theirs["rows"], theirs["accuracy"], theirs["auc"]) == (4, 0.75, pytest.approx(2 / 3))
    assert (card["live"]["weights"], card["live"]["bias"]) == ([-5.0, pytest.approx(0.1)], 0.0)
    assert sum(theirs["histogram"]["positives"]) == 3
    assert theirs["log_loss"] == pytest.approx((0.006715 + 0.006715 + 0.644397 + 10.000045) / 4, abs=1e-6)
    apart = card["differences"]["log_loss"]
    assert apart["difference"] == pytest.approx(summary["log_loss"] - theirs["log_loss"])
    # Most of it is one row of four, which not every replicate has: better, but not certainly.
    assert apart["low"] < apart["difference"] < 0 < apart["high"]
    assert list(unlisted_paths(card)) == []
    assert summary["verdict"]["reason"].startswith(
        "Log loss 0.7374 is not certainly below the 2.6645 of the champion e0"
    )
    assert summary["live_model_path"] == LIVE


def many_rows(live: Any, execution: str = "e1", times: int = 40) -> None:
    """Test rows of both labels, all of them easy: the champion is surer of them than the candidate."""
    live.put(f"training-sets/{execution}/split=test/part-0", "1,10,550\n0,10,450\n" * times)
    live.s3.delete_object(Bucket="wildrydes-data", Key=f"training-sets/{execution}/split=test/part-1.gz")


def test_each_comparison_with_a_champion_is_counted_once(live: Any, evaluate: Any, write_artefact: Any) -> None:
    many_rows(live)
    for _ in range(2):
        assert "(comparison 1 with this champion: " in evaluate(live_model_path=LIVE)["verdict"]["reason"]
    (key,) = live.keys("models/e0/comparisons/")
    assert live.json(key)["execution"] == "e1"
    card = live.json("models/e1/card.json")
    assert (card["comparison"]["number"], card["comparison"]["level"]) == (1, 0.0125)
    assert card["comparison"]["low"] < card["comparison"]["difference"] < card["comparison"]["high"]
    # Another candidate is another comparison, and leaves less of the budget for the next.
    live.put(KEY, write_artefact([-0.6, 0.012], 0.0, 0.5))
    reason = evaluate(live_model_path=LIVE)["verdict"]["reason"]
    assert "99.1667% interval" in reason
    assert "(comparison 2 with this champion: false with a probability of at most 0.417%)" in reason
    assert len(live.keys("models/e0/comparisons/")) == 2


def test_a_comparison_that_cannot_promote_is_not_counted(live: Any, evaluate: Any, write_artefact: Any) -> None:
    few = evaluate(live_model_path=LIVE)["verdict"]["reason"]
    assert "the label 0 has 1 of the 10 test rows that the gate needs and the label 1 has 3 of the 10" in few
    many_rows(live)
    live.put(KEY, live.get(LIVE))
    same = evaluate(live_model_path=LIVE)["verdict"]["reason"]
    assert " is that of the champion e0: both models say the same of every test row; " in same
    assert live.keys("models/e0/comparisons/") == []


def test_a_surer_model_that_is_right_is_better_once_there_are_rows_enough(
    live: Any, evaluate: Any, write_artefact: Any
) -> None:
    live.put(KEY, live.get(LIVE))
    live.put(LIVE, write_artefact([-0.5, 0.01], 0.0, 0.5))
    for times, promoted in ((9, False), (20, False), (40, True)):
        many_rows(live, times=times)
        assert evaluate(live_model_path=LIVE)["verdict"]["promote"] == promoted, times


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"target": "service_requested"}, "is of the target service_requested"),
        ({"features": ["distance", "TMAX"]}, "is of the features distance, TMAX"),
        ({"features": []}, "cannot be read (the model card has the features"),
    ],
)
def test_a_live_model_of_something_else_is_not_compared(live: Any, evaluate: Any, fields: Any, why: str) -> None:
    changed_card(live, **fields)
    summary = evaluate(live_model_path=LIVE)
    card = live.json("models/e1/card.json")
    assert card["live"]["incomparable"].startswith(why)
    assert (card["live"]["metrics"], card["differences"]) == (None, {})
    assert "weights" not in card["live"]
    assert summary["verdict"]["reason"].startswith(f"The champion e0 {why}")
    assert "does not have force: true" in summary["verdict"]["reason"]


def test_what_serves_the_champion_is_taken_from_its_card(live: Any, evaluate: Any) -> None:
    """By force an equal model moves a task to an endpoint, and no endpoint gets a model of other features."""
    event = {
        "live_model_path": LIVE,
        "serving": "endpoint",
        "gate": {"min_improvement": 0.0, "promote": True, "force": True},
    }
    live.put(LIVE, live.get(KEY))
    moved = "; the input has force: true and serving: endpoint, where the champion has lambda, and the candidate is not"
    assert moved in evaluate(**event)["verdict"]["reason"]
    assert live.json("models/e1/card.json")["live"]["serving"] == "lambda"

    changed_card(live, serving="endpoint")
    assert moved not in evaluate(**event)["verdict"]["reason"]
    changed_card(live, features=["distance", "TMAX"])
    sentence = "an endpoint is updated to models of the same features alone: retrain with serving: lambda and force: "
    assert sentence in evaluate(**event)["verdict"]["reason"]


def test_a_live_model_that_cannot_be_read_is_no_reason_to_fail(live: Any, evaluate: Any) -> None:
    live.put(LIVE, b"not a model")
    assert "cannot be read (the artefact is no gzip" in evaluate(live_model_path=LIVE)["verdict"]["reason"]
    live.s3.delete_object(Bucket="wildrydes-data", Key="models/e0/card.json")
    assert "models/e0/card.json is not there" in evaluate(live_model_path=LIVE)["verdict"]["reason"]
    summary = evaluate(live_model_path="lost.tar.gz")
    assert "'lost.tar.gz' is no key of a model" in summary["verdict"]["reason"]


def test_a_training_split_of_one_class_has_no_constant_to_beat(model_bucket: Any, evaluate: Any) -> None:
    model_bucket.put("training-sets/e1/split=train/part-0.gz", b"1,10,500\n")
    with pytest.raises(BadTestSet, match=r"of 1 rows under .*split=train/ 1 are positive"):
        evaluate()


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        ("0,10,450\n" * 30, "the label 1 has 0 of the 10"),
        ("1,10,550\n" * 30, "the label 0 has 0 of the 10"),
        ("0,10,450\n" * 30 + "1,10,550\n", "the label 1 has 1 of the 10"),
        ("1,10,550\n" * 30 + "0,10,450\n" * 9, "the label 0 has 9 of the 10"),
        ("1,10,550\n0,10,450\n" * 9, "the label 0 has 9 of the 10"),
        ("1,10,550\n", "the label 0 has 0 of the 10"),
    ],
)
@pytest.mark.parametrize("champion", ["none", LIVE])
def test_a_test_split_with_too_few_rows_of_a_label_promotes_nothing(
    live: Any, evaluate: Any, write_artefact: Any, rows: str, missing: str, champion: str
) -> None:
    live.put(KEY, write_artefact([-5.0, 0.1], 0.0, 0.5))
    live.put(LIVE, write_artefact([-0.5, 0.01], 0.0, 0.5))
    live.put("training-sets/e1/split=test/part-0", rows)
    live.s3.delete_object(Bucket="wildrydes-data", Key="training-sets/e1/split=test/part-1.gz")
    summary = evaluate(live_model_path=champion)
    one_class = len(set(rows.split())) == 1
    assert not summary["verdict"]["promote"]
    assert f"{missing} test rows that the gate needs" in summary["verdict"]["reason"]
    assert ("AUC unknown" in summary["verdict"]["reason"]) == one_class == (summary["auc"] is None)
    card = live.json("models/e1/card.json")
    html = page(Comparison.of(card), {"roc": None if one_class else b"png"})
    assert "Not to go live." in html
    assert ("There is no ROC curve: all test rides have the same label." in html) == one_class


def test_a_model_without_one_finite_prediction_is_a_bad_model(
    model_bucket: Any, evaluate: Any, write_artefact: Any
) -> None:
    model_bucket.put(KEY, write_artefact([3e38, 3e38], 0.0, 0.5))
    model_bucket.put("training-sets/e1/split=test/part-0", "1,1e300,1e300\n")
    model_bucket.s3.delete_object(Bucket="wildrydes-data", Key="training-sets/e1/split=test/part-1.gz")
    with pytest.raises(AllCandidatesFailed, match="linear-learner: BadModel: of no row of the test split"):
        evaluate()


def test_an_artefact_of_other_features_or_of_another_kind_is_a_bad_model(
    model_bucket: Any, evaluate: Any, write_artefact: Any
) -> None:
    for part in ("test", "train"):
        model_bucket.put(f"training-sets/e1/split={part}-of-one/part-0", "1,10\n0,20\n")
    of_one = {f"{part}_prefix": f"training-sets/e1/split={part}-of-one/" for part in ("test", "train")}
    with pytest.raises(AllCandidatesFailed, match="2 features, not a binary_classifier of distance"):
        evaluate(features=["distance"], **of_one)
    model_bucket.put(KEY, write_artefact([1.0, 1.0], 0.0, 0.5, "LinearRegressionOutput"))
    with pytest.raises(AllCandidatesFailed, match="BadModel: the artefact is a regressor of 2 features"):
        evaluate()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"1,10,550\nlabel,distance,magicpoints\n", "line 2: b'label"),
        (b"1,10\n", "line 1 has 1 features, the model 2"),
        (b"2,10,550\n", "line 1: b'2,10,550'"),
        (b"1,\\N,550\n", "line 1"),
        (b"1,nan,550\n", "line 1"),
        # Without a time in it: it is in the test's name, which is to be the same in every process that collects it.
        (gzip.compress(b"1,10,550\n", mtime=0)[:-6], "cut short"),
    ],
)
def test_a_row_that_is_none_is_named_by_object_and_line(
    model_bucket: Any, evaluate: Any, data: bytes, message: str
) -> None:
    model_bucket.put("training-sets/e1/split=test/part-0", data)
    with pytest.raises(BadTestSet, match="training-sets/e1/split=test/part-0") as raised:
        evaluate()
    assert message in str(raised.value)


def test_an_empty_test_split_is_no_perfect_score_but_an_error(model_bucket: Any, evaluate: Any) -> None:
    with pytest.raises(BadTestSet, match="no row under s3://wildrydes-data/training-sets/e1/split=none/"):
        evaluate(test_prefix="training-sets/e1/split=none/")
