"""Cards as evaluate_model writes them: the metrics are judged by the same code, on rows drawn from a fixed seed."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from wildrydes.evaluation import regression
from wildrydes.evaluation.classification import judge
from wildrydes.model.linear_model import logistic

MakeCard = Callable[..., dict[str, Any]]
FEATURES = ["distance", "magicpoints", "TMAX"]


def score_rows(rows: int) -> list[tuple[int, tuple[float, float]]]:
    """Labels drawn with the candidate's probability; the champion knows half as much."""
    draw = Random(4)
    margins = [draw.gauss(0, 2) for _ in range(rows)]
    return [(int(draw.random() < logistic(margin)), (margin, margin / 2 + draw.gauss(0, 1))) for margin in margins]


@pytest.fixture(scope="session")
def make_card() -> MakeCard:
    """A card of a model alone, or beside a champion; of `rows`, or of 300 that are drawn; with fields changed."""

    def make(
        *, with_champion: bool = False, rows: list[tuple[int, tuple[float, float]]] | None = None, **changes: Any
    ) -> dict[str, Any]:
        data = rows or score_rows(300)
        judgement = judge(
            ((label, margins if with_champion else margins[:1]) for label, margins in data),
            [0.5, 0.4][: 1 + with_champion],
        )
        champion = {"execution": "run-old", "incomparable": None, "weights": [0.1, -0.001, 0.0]}
        card = {
            "execution": "run-new",
            "target": "service_requested",
            "features": FEATURES,
            "model_path": "models/run-new/run-new/output/model.tar.gz",
            "threshold": 0.5,
            "rows": judgement.candidate.rows,
            "metrics": judgement.candidate.to_json(),
            "hyperparameters": {"epochs": "15"},
            "created": "2026-11-21T07:27:59+00:00",
            "region": "us-east-1",
            "training": {
                "distance": {"mean": 20.0, "deviation": 10.0},
                "magicpoints": {"mean": 1200.0, "deviation": 700.0},
                "TMAX": {"mean": 167.0, "deviation": 100.0},
            },
            "training_set": {"train_rows": 4012, "test_rows": 300, "without_weather": 0, "without_label": 0},
            "constant": 0.6931,
            "live": champion | {"metrics": judgement.champion.to_json()} if judgement.champion else None,
            "differences": {name: vars(each) for name, each in judgement.differences.items()},
            "verdict": {"promote": True, "reason": "Log loss 0.4 is below that of a constant prediction."},
            "golden": {},
            "weights": [0.05, -0.002, 0.02],
            "bias": -1.5,
            "candidates": [],
            "lineage": {"artefact_sha256": "a" * 64, "rides": {"prefix": "processed/", "objects": 8}},
        }
        return json.loads(json.dumps(card | changes))

    return make


@pytest.fixture(scope="session")
def make_regression_card(make_card: MakeCard) -> MakeCard:
    """The card of a regression, next to a champion's; with fields changed."""

    def make(**changes: Any) -> dict[str, Any]:
        draw = Random(5)
        truth = [draw.gauss(2000, 500) for _ in range(400)]
        rows = [(each + draw.gauss(0, 100), (each + draw.gauss(0, 50), each + draw.gauss(0, 150))) for each in truth]
        judgement = regression.judge(rows, 2)
        assert judgement.champion is not None
        metrics = judgement.candidate.to_json()
        numbers = {name: value for name, value in metrics.items() if isinstance(value, int | float)}
        won = {"algorithm": "xgboost", "model_path": "models/magic_points/run-new/m.tar.gz", "error": None}
        lost = {"algorithm": "knn", "model_path": None, "value": None, "metrics": {}, "error": "ClientError: no <rows>"}
        live = {"execution": "run-old", "incomparable": None, "weights": [0.1, -0.001, 0.0]}
        card = make_card() | {
            "target": "magic_points",
            "kind": "regression",
            "unit": "points",
            "algorithm": "xgboost",
            "model_path": won["model_path"],
            "rows": judgement.candidate.rows,
            "metrics": metrics,
            "constant": 510.25,
            "live": live | {"metrics": judgement.champion.to_json()},
            "differences": {name: vars(each) for name, each in judgement.differences.items()},
            "candidates": [won | {"value": metrics["rmse"], "metrics": numbers}, lost],
            "weights": [],
        }
        return json.loads(json.dumps(card | changes))

    return make
