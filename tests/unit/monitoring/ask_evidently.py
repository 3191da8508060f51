# pyright: reportMissingImports=false
"""Asks Evidently and SciPy what the tests beside this compare with: `make evidently` writes evidently.answers.json.

Both are in an environment of their own, with a newer NumPy than MXNet takes. Evidently is asked by its public API: PSI
of a column of numbers, in its own bins, and of a column of names, which are the bins of `wildrydes`. So the second
compares the formula alone.
"""

import json
import os
import sys
from bisect import bisect_right
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ["DO_NOT_TRACK"] = os.environ["ITERATIVE_DO_NOT_TRACK"] = "true"

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.metrics import ValueDrift
from scipy import stats

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT / "functions"), str(HERE.parent)]

from drift_cases import QUANTILES, SHARES, cases  # noqa: E402
from wildrydes.evaluation.feature_profiles import Profiler  # noqa: E402


def main() -> None:
    """Write the answers of both."""
    answers = {
        "evidently": version("evidently"),
        "scipy": version("scipy"),
        "cases": {name: compare(then, now) for name, then, now in cases()},
        "shares": [float(stats.binom.sf(count - 1, rows, share)) for count, rows, share in SHARES],
        "quantiles": [float(stats.t.isf(level, degrees)) for level, degrees in QUANTILES],
    }
    (HERE / "evidently.answers.json").write_text(json.dumps(answers, indent=2) + "\n", encoding="utf-8")


def compare(then: list[float], now: list[float]) -> dict[str, Any]:
    """PSI by Evidently, and the two-sample test of Kolmogorov and Smirnov by SciPy, of two samples."""
    edges = edges_of(then)
    bins_then, bins_now = ([f"bin {bisect_right(edges, value):02}" for value in values] for values in (then, now))
    test = stats.ks_2samp(then, now, method="asymp")
    return {
        "psi": drift(then, now, "psi", DataDefinition(numerical_columns=["value"])),
        "psi_of_bins": drift(bins_then, bins_now, "psi", DataDefinition(categorical_columns=["value"])),
        "ks_of_evidently": drift(then, now, "ks", DataDefinition(numerical_columns=["value"])),
        "statistic": float(test.statistic),
        "chance": float(test.pvalue),
    }


def edges_of(then: list[float]) -> tuple[float, ...]:
    profiler = Profiler(("value",))
    for value in then:
        profiler.add([value])
    return profiler.finish()[0].histogram.edges


def drift(then: list[Any], now: list[Any], method: str, definition: DataDefinition) -> float:
    """Evidently's number for a column."""
    sets = [Dataset.from_pandas(pd.DataFrame({"value": each}), definition) for each in (now, then)]
    snapshot = Report([ValueDrift(column="value", method=method)]).run(*sets)
    return float(snapshot.dict()["metrics"][0]["value"])


if __name__ == "__main__":
    main()
