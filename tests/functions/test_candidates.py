"""evaluate_model on several candidates and on regressions: which wins, what the card says of each, and how it fails."""

import gzip
import json
from typing import Any

import numpy as np
import pytest

from wildrydes.errors import AllCandidatesFailed

FEATURES = ["distance", "TMAX"]
REGRESSION = {"task": "magic_points", "kind": "regression", "target": "magic_points", "features": FEATURES}
PREFIX = "models/magic_points/"
ARTEFACTS = {name: f"{PREFIX}e1/e1-{name}/output/model.tar.gz" for name in ("line", "other", "knn")}
LIVE = f"{PREFIX}e0/e0/output/model.tar.gz"


def candidate(name: str, algorithm: str = "linear-learner", **more: Any) -> dict[str, Any]:
    described = {"algorithm": algorithm, "model_key": ARTEFACTS[name], "hyperparameters": {"of": name}}
    return described | {"image": {"uri": name, "digest": "", "unknown": ""}, "training": {"job": f"e1-{name}"}} | more


def drawn(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Features, and labels of 20 points a mile and one a tenth of a degree, with noise of 30."""
    draw = np.random.default_rng(4)
    features = draw.uniform(0, 100, (rows, 2)).round(3)
    return features, (features @ [20.0, 1.0] + draw.normal(0, 30, rows)).round(3)


def lines(features: np.ndarray, labels: np.ndarray) -> bytes:
    rows = np.column_stack([labels, features]).tolist()
    return "".join(",".join(map(repr, row)) + "\n" for row in rows).encode()


@pytest.fixture
def regressors(model_bucket: Any, write_artefact: Any) -> Any:
    """400 test rows in two objects, a line that is right and another one that is not."""

    def write(weights: list[float]) -> bytes:
        return write_artefact(weights, 0.0, 0.5, "LinearRegressionOutput")

    features, labels = drawn(400)
    model_bucket.put("training-sets/e1/split=test/part-0", lines(features[:150], labels[:150]))
    model_bucket.put("training-sets/e1/split=test/part-1.gz", gzip.compress(lines(features[150:], labels[150:])))
    model_bucket.put("training-sets/e1/split=train/part-0.gz", lines(*drawn(100)))
    model_bucket.put(ARTEFACTS["line"], write([20.0, 1.0]))
    model_bucket.put(ARTEFACTS["other"], write([19.0, 2.0]))
    model_bucket.put(LIVE, write([20.0, 1.25]))
    card = {"execution": "e0", "target": "magic_points", "features": FEATURES, "model_path": LIVE, "threshold": 0.5}
    model_bucket.put(
        f"{PREFIX}e0/card.json", json.dumps(card | {"rows": 4, "metrics": {}, "hyperparameters": {}, "created": ""})
    )
    return model_bucket


def put_predictions(bucket: Any, predictions: np.ndarray) -> dict[str, Any]:
    """Writes what a transform job would; the candidate that has it."""
    bucket.put(ARTEFACTS["knn"], b"an index that only its container reads")
    for name, part in (("part-0", predictions[:150]), ("part-1.gz", predictions[150:])):
        bucket.put(f"transforms/e1/{name}.out", "".join(f"{value!r}\n" for value in part.tolist()))
    return candidate("knn", "knn", predictions_prefix="s3://wildrydes-data/transforms/e1/")


def test_a_regression_is_judged_by_its_squared_error(regressors: Any, evaluate: Any) -> None:
    summary = evaluate(**REGRESSION, candidates=[candidate("line")])
    features, labels = drawn(400)
    errors = features @ [20.0, 1.0] - labels
    assert summary["rmse"] == pytest.approx(float(np.sqrt((errors**2).mean())))
    assert summary["mae"] == pytest.approx(float(np.abs(errors).mean()))
    assert summary["r2"] == pytest.approx(1 - float((errors**2).mean() / labels.var()))
    assert (summary["log_loss"], summary["auc"], summary["threshold"]) == (None, None, None)
    first = features[0].tolist()
    assert summary["golden"] == {
        "ride": dict(zip(FEATURES, first, strict=True)),
        "value": pytest.approx(value := 20 * first[0] + first[1]),
        # From an endpoint: in single precision.
        "at_least": pytest.approx(value - value * 1e-4 - 1e-4),
        "at_most": pytest.approx(value + value * 1e-4 + 1e-4),
    }
    assert summary["verdict"]["promote"]
    assert summary["card"] == f"{PREFIX}e1/card.json"
    card = regressors.json(summary["card"])
    constant = float(np.sqrt(((labels - drawn(100)[1].mean()) ** 2).mean()))
    assert card["constant"] == pytest.approx(constant)
    assert (card["task"], card["kind"], card["unit"], card["algorithm"]) == (
        "magic_points",
        "regression",
        "points",
        "linear-learner",
    )
    assert sum(card["metrics"]["residuals"]["counts"]) == 400
    assert summary["verdict"]["reason"].startswith(
        f"There is no champion, and RMSE {summary['rmse']:.4f} is below the {constant:.4f} of a constant prediction"
    )


def test_a_champion_of_a_regression_is_compared_on_the_same_rows(regressors: Any, evaluate: Any) -> None:
    summary = evaluate(**REGRESSION, candidates=[candidate("line")], live_model_path=LIVE)
    card = regressors.json(summary["card"])
    features, labels = drawn(400)
    rmse = [float(np.sqrt(((features @ weights - labels) ** 2).mean())) for weights in ([20.0, 1.0], [20.0, 1.25])]
    assert card["comparison"]["difference"] == pytest.approx(rmse[0] - rmse[1])
    assert card["differences"]["rmse"]["difference"] == pytest.approx(rmse[0] - rmse[1])
    assert card["live"]["metrics"]["rmse"] == pytest.approx(rmse[1])
    assert len(regressors.keys(f"{PREFIX}e0/comparisons/")) == 1
    assert summary["verdict"]["reason"].startswith(f"RMSE {rmse[0]:.4f} is ")
    assert summary["verdict"]["promote"] == (card["comparison"]["high"] < 0)


def test_the_best_candidate_wins_and_the_card_lists_all(regressors: Any, evaluate: Any) -> None:
    features, labels = drawn(400)
    knn = put_predictions(regressors, features @ [20.0, 1.0] + 10 + np.where(np.arange(400) % 2, 25.0, -25.0))
    failed = {"algorithm": "xgboost", "error": {"Error": "States.TaskFailed", "Cause": '{"FailureReason": "no rows"}'}}
    candidates = [candidate("other"), failed, knn, candidate("line")]
    summary = evaluate(**REGRESSION, serving="endpoint", candidates=candidates, live_model_path=LIVE)
    card = regressors.json(summary["card"])
    assert (card["model_path"], card["hyperparameters"]) == (ARTEFACTS["line"], {"of": "line"})
    assert (card["lineage"]["training"], card["lineage"]["image"]["uri"]) == ({"job": "e1-line"}, "line")
    assert [each["algorithm"] for each in card["candidates"]] == ["linear-learner", "xgboost", "knn", "linear-learner"]
    expected = [features @ [19.0, 2.0], None, features @ [20.0, 1.0] + 10, features @ [20.0, 1.0]]
    expected[2] = expected[2] + np.where(np.arange(400) % 2, 25.0, -25.0)
    for each, predictions in zip(card["candidates"], expected, strict=True):
        value = None if predictions is None else pytest.approx(float(np.sqrt(((predictions - labels) ** 2).mean())))
        assert (each["value"], each["measure"]) == (value, "rmse")
    assert [each["error"] for each in card["candidates"]] == [None, "no rows", None, None]
    assert card["candidates"][1]["metrics"] == {}
    assert "grid" not in card["candidates"][0]["metrics"]
    # Three were judged, so that the interval is of a third of the level.
    assert (card["comparison"]["candidates"], card["comparison"]["number"]) == (3, 1)
    assert "and the best of 3 candidates" in summary["verdict"]["reason"]
    assert "metrics" not in summary["candidates"][0]


def test_predictions_of_a_container_are_judged_in_the_order_of_the_rows(regressors: Any, evaluate: Any) -> None:
    features, labels = drawn(400)
    predictions = features @ [20.0, 1.0]
    summary = evaluate(**REGRESSION, serving="endpoint", candidates=[put_predictions(regressors, predictions)])
    assert summary["rmse"] == pytest.approx(float(np.sqrt(((predictions - labels) ** 2).mean())))
    assert summary["golden"]["value"] == predictions[0]
    card = regressors.json(summary["card"])
    assert (card["algorithm"], card["weights"], card["bias"]) == ("knn", [], None)


@pytest.mark.parametrize(
    ("part", "content", "reason"),
    [
        ("part-0", "1.5\n" * 149, "transforms/e1/part-0.out has fewer predictions than the split's object has rows"),
        ("part-0", "1.5\n" * 151, "transforms/e1/part-0.out has more predictions than the split's object has rows"),
        ("part-1.gz", "1.5\n" * 251, "transforms/e1/part-1.gz.out has more predictions"),
        ("part-1.gz", "1.5\n2,3\n", "transforms/e1/part-1.gz.out, line 2: b'2,3' is not one number"),
        ("part-1.gz", None, "there are no predictions: "),
    ],
)
def test_predictions_that_are_not_one_a_row_lose(
    regressors: Any, evaluate: Any, part: str, content: str | None, reason: str
) -> None:
    knn = put_predictions(regressors, drawn(400)[1])
    if content is None:
        regressors.s3.delete_object(Bucket="wildrydes-data", Key=f"transforms/e1/{part}.out")
    else:
        regressors.put(f"transforms/e1/{part}.out", content)
    summary = evaluate(**REGRESSION, serving="endpoint", candidates=[knn, candidate("other")])
    lost, won = summary["candidates"]
    assert reason in lost["error"]
    assert (lost["value"], won["error"], summary["model_path"]) == (None, None, ARTEFACTS["other"])


def test_a_candidate_that_cannot_be_read_loses_with_its_reason(regressors: Any, evaluate: Any) -> None:
    regressors.put(ARTEFACTS["line"], b"no model")
    gone = candidate("knn", "knn")
    summary = evaluate(**REGRESSION, candidates=[candidate("line"), gone, candidate("other")])
    errors = [each["error"] for each in summary["candidates"]]
    assert errors[0].startswith("BadModel: the artefact is no gzip")
    assert errors[1].startswith("MissingObject: ")
    assert (errors[2], summary["model_path"]) == (None, ARTEFACTS["other"])


def test_it_fails_only_when_all_have_failed_and_names_each_reason(regressors: Any, evaluate: Any) -> None:
    regressors.put(ARTEFACTS["line"], b"no model")
    failed = {"algorithm": "xgboost", "error": {"Error": "States.Timeout", "Cause": "too long"}}
    with pytest.raises(AllCandidatesFailed) as raised:
        evaluate(**REGRESSION, candidates=[candidate("line"), failed])
    assert str(raised.value).startswith("linear-learner: BadModel: the artefact is no gzip")
    assert str(raised.value).endswith("; xgboost: States.Timeout: too long")


def test_a_candidate_with_predictions_that_are_not_finite_loses_to_one_without(regressors: Any, evaluate: Any) -> None:
    predictions = drawn(400)[1] + 0.0
    predictions[7] = np.nan
    candidates = [put_predictions(regressors, predictions), candidate("other")]
    summary = evaluate(**REGRESSION, serving="endpoint", candidates=candidates)
    assert summary["model_path"] == ARTEFACTS["other"]
    alone = evaluate(**REGRESSION, serving="endpoint", candidates=[put_predictions(regressors, predictions)])
    assert "but 1 predictions are not finite" in alone["verdict"]["reason"]


def test_a_champion_that_only_a_container_reads_is_compared_by_its_predictions(regressors: Any, evaluate: Any) -> None:
    regressors.put(f"{PREFIX}e0/card.json", json.dumps(regressors.json(f"{PREFIX}e0/card.json") | {"algorithm": "knn"}))
    change = {"candidates": [candidate("line")], "live_model_path": LIVE}
    apart = evaluate(**REGRESSION, **change)
    assert "a model of the algorithm knn is served by an endpoint alone" in apart["verdict"]["reason"]
    features, labels = drawn(400)
    predictions = features @ [20.0, 1.25]
    put_predictions(regressors, predictions)
    compared = evaluate(**REGRESSION, **change, live_predictions_prefix="transforms/e1/")
    live = regressors.json(compared["card"])["live"]
    assert live["metrics"]["rmse"] == pytest.approx(float(np.sqrt(((predictions - labels) ** 2).mean())))
    put_predictions(regressors, predictions[:300])
    short = evaluate(**REGRESSION, **change, live_predictions_prefix="transforms/e1/")
    assert "has fewer predictions than the split's object has rows" in short["verdict"]["reason"]


def test_probabilities_of_a_container_are_judged_by_their_log_odds(regressors: Any, evaluate: Any) -> None:
    for name, rows in (("part-0", "1,10,550\n0,10,450\n"), ("part-1.gz", "1,20,1001\n")):
        regressors.put(f"training-sets/e1/split=test/{name}", rows)
    regressors.put("training-sets/e1/split=train/part-0.gz", "1,10,550\n0,10,450\n")
    knn = candidate("knn", "knn", predictions_prefix="transforms/e1/")
    regressors.put(ARTEFACTS["knn"], b"an index")
    regressors.put("transforms/e1/part-0.out", "0.75\n0.25\n")
    regressors.put("transforms/e1/part-1.gz.out", "0.5\n")
    summary = evaluate(candidates=[knn], serving="endpoint")
    assert summary["log_loss"] == pytest.approx(-float(np.log([0.75, 0.75, 0.5]).mean()))
    assert summary["golden"]["probability"] == 0.75
    regressors.put("transforms/e1/part-1.gz.out", "1.5\n")
    with pytest.raises(AllCandidatesFailed, match=r"part-1\.gz\.out: 1\.5 is no probability"):
        evaluate(candidates=[knn], serving="endpoint")


def test_knn_is_judged_and_listed_but_does_not_compete_where_no_endpoint_serves(regressors: Any, evaluate: Any) -> None:
    labels = drawn(400)[1]
    knn = put_predictions(regressors, labels)
    candidates = [knn, candidate("other"), candidate("line")]
    by_function = evaluate(**REGRESSION, candidates=candidates, live_model_path=LIVE, serving="lambda")
    assert (by_function["model_path"], by_function["algorithm"]) == (ARTEFACTS["line"], "linear-learner")
    listed = by_function["candidates"][0]
    assert (listed["value"], listed["error"]) == (0.0, "only an endpoint serves it (serving: endpoint)")
    # It could not have been chosen, so that it does not count among those that the best was chosen from.
    assert regressors.json(by_function["card"])["comparison"]["candidates"] == 2
    by_endpoint = evaluate(**REGRESSION, candidates=candidates, live_model_path=LIVE, serving="endpoint")
    assert (by_endpoint["model_path"], by_endpoint["candidates"][0]["error"]) == (ARTEFACTS["knn"], None)


def test_it_fails_when_none_is_left_that_the_function_could_serve(regressors: Any, evaluate: Any) -> None:
    knn = put_predictions(regressors, drawn(400)[1])
    failed = {"algorithm": "xgboost", "error": {"Error": "States.Timeout", "Cause": "too long"}}
    with pytest.raises(AllCandidatesFailed, match=r"knn: only an endpoint serves it \(serving: endpoint\); xgboost: "):
        evaluate(**REGRESSION, candidates=[knn, failed], serving="lambda")


def test_lines_of_json_are_predictions_too(regressors: Any, evaluate: Any) -> None:
    labels = drawn(400)[1]
    knn = put_predictions(regressors, labels)
    lines_of_json = "".join(f'{{"predicted_label": {value + 3!r}}}\n' for value in labels[:150].tolist())
    regressors.put("transforms/e1/part-0.out", lines_of_json)
    summary = evaluate(**REGRESSION, candidates=[knn], serving="endpoint")
    assert summary["rmse"] == pytest.approx(float(np.sqrt(150 * 9 / 400)))


def test_why_a_champion_did_not_predict_is_said_by_the_gate(regressors: Any, evaluate: Any) -> None:
    described = json.dumps({"FailureReason": "ClientError: See job logs"})
    change = {
        "candidates": [candidate("line")],
        "live_model_path": LIVE,
        "live_predictions_prefix": "",
        "live_predictions_error": {"Error": "States.TaskFailed", "Cause": described},
    }
    # Of a champion that is read it does not matter: its training job may be gone.
    assert regressors.json(evaluate(**REGRESSION, **change)["card"])["live"]["metrics"]
    regressors.put(f"{PREFIX}e0/card.json", json.dumps(regressors.json(f"{PREFIX}e0/card.json") | {"algorithm": "knn"}))
    verdict = evaluate(**REGRESSION, **change)["verdict"]
    assert not verdict["promote"]
    assert "cannot be read (there are no predictions: ClientError: See job logs)" in verdict["reason"]
