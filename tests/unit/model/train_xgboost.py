"""Trains small XGBoost models, and writes each with rows and what the library predicts for them.

    .venvs/algorithms/bin/python tests/unit/model/train_xgboost.py tests/unit/model/xgboost_models
    .venvs/algorithms/bin/python tests/unit/model/train_xgboost.py FOLDER SEED COUNT

The first line writes anew what is in the repository, the second as many models of random settings. Each is
<name>.ubj or <name>.json, as `save_model` writes it, and <name>.answers.json:

    {"rows": [[number, or null where the feature is absent], …], "margins": [number, …], "scores": [number, …]}
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import xgboost  # pyright: ignore[reportMissingImports]

CLASSIFIER, REGRESSOR = {"objective": "binary:logistic"}, {"objective": "reg:squarederror"}
CASES: dict[str, tuple[dict[str, Any], int, float, str]] = {
    "durations": (REGRESSOR | {"max_depth": 4, "eta": 0.3}, 30, 0.0, "ubj"),
    "durations_in_json": (REGRESSOR | {"max_depth": 3, "eta": 0.7}, 8, 0.0, "json"),
    "heavy": (CLASSIFIER | {"max_depth": 3, "eta": 0.5}, 25, 0.15, "ubj"),
    "heavy_from_a_base": (CLASSIFIER | {"max_depth": 2, "base_score": 0.2}, 10, 0.15, "json"),
    "by_leaves": (REGRESSOR | {"max_depth": 0, "max_leaves": 40, "grow_policy": "lossguide"}, 6, 0.1, "ubj"),
    "pruned": (REGRESSOR | {"max_depth": 6, "tree_method": "exact", "gamma": 3e7}, 6, 0.0, "ubj"),
}
"""A case's settings, rounds, share of absent values, and format."""


def main(folder: Path, seed: int = 0, count: int = 0) -> None:
    """Write the cases, or as many random ones."""
    draw = np.random.default_rng(seed)
    cases = {f"random_{number}": random_case(draw) for number in range(count)} if count else CASES
    for name, (settings, rounds, absent, form) in cases.items():
        write(folder, name, settings | {"nthread": 1, "seed": seed}, rounds, absent, form, draw)


def random_case(draw: np.random.Generator) -> tuple[dict[str, Any], int, float, str]:
    """Settings within the ranges that the workflow takes."""
    settings = (CLASSIFIER if draw.random() < 0.5 else REGRESSOR) | {
        "max_depth": int(draw.integers(1, 9)),
        "eta": float(draw.uniform(0.05, 1)),
        "gamma": float(draw.choice([0, 1, 5])),
        "subsample": float(draw.uniform(0.5, 1)),
        "num_parallel_tree": int(draw.integers(1, 3)),
        "tree_method": str(draw.choice(["hist", "exact", "approx"])),
    }
    return settings, int(draw.integers(1, 120)), float(draw.choice([0, 0.2])), str(draw.choice(["ubj", "json"]))


def write(
    folder: Path, name: str, settings: dict[str, Any], rounds: int, absent: float, form: str, draw: np.random.Generator
) -> None:
    """Train a model, and write it and what it predicts."""
    rows, labels = data(draw, settings["objective"] == CLASSIFIER["objective"], absent)
    booster = xgboost.train(settings, xgboost.DMatrix(rows, labels), rounds)
    (folder / f"{name}.{form}").write_bytes(bytes(booster.save_raw(form)))
    shown = xgboost.DMatrix(rows[:40])
    answers = {
        "rows": [[None if np.isnan(value) else value for value in row] for row in rows[:40].tolist()],
        "margins": booster.predict(shown, output_margin=True).tolist(),
        "scores": booster.predict(shown).tolist(),
    }
    (folder / f"{name}.answers.json").write_text(json.dumps(answers) + "\n", encoding="utf-8")


def data(draw: np.random.Generator, classifies: bool, absent: float) -> tuple[Any, Any]:
    """Rows of twelve features, whole numbers among them so that values meet thresholds, and their labels."""
    rows = draw.integers(0, 40, size=(400, 12)) * np.where(np.arange(12) % 3, 1.0, 0.1)
    labels = 9000 + rows[:, 1] ** 2 + 400 * np.sin(rows[:, 2]) * rows[:, 4] + draw.normal(0, 50, 400)
    rows = np.where(draw.random(rows.shape) < absent, np.nan, rows)
    return rows, (labels > np.median(labels)).astype(float) if classifies else labels


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
