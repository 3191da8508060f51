from itertools import product
from math import log
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes import metrics
from wildrydes.linear_model import logistic
from wildrydes.metrics import Confusion, judge

ties = st.sampled_from([-2.0, -0.5, 0.0, 0.5, 2.0])
rows_of = st.lists(st.tuples(st.integers(0, 1), ties | st.floats(-20, 20)), min_size=1, max_size=40)


def auc_by_pairs(rows: list[tuple[int, float]]) -> float | None:
    pairs = list(product([m for label, m in rows if label], [m for label, m in rows if not label]))
    return sum((p > n) + (p == n) / 2 for p, n in pairs) / len(pairs) if pairs else None


@given(rows_of, st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]))
def test_metrics_are_those_of_their_definitions(rows: list[tuple[int, float]], threshold: float) -> None:
    found = judge(iter(rows), threshold)
    said = [(label, int(logistic(margin) >= threshold)) for label, margin in rows]
    hits, false, misses = (said.count(pair) for pair in ((1, 1), (0, 1), (1, 0)))
    assert found.confusion == Confusion(hits, false, said.count((0, 0)), misses)
    assert found.accuracy == sum(label == answer for label, answer in said) / len(rows)
    assert found.precision == (hits / (hits + false) if hits + false else None)
    assert found.recall == (hits / (hits + misses) if hits + misses else None)
    assert found.f1 == (2 * hits / (2 * hits + false + misses) if hits + false + misses else None)
    assert found.auc == pytest.approx(auc_by_pairs(rows)) if auc_by_pairs(rows) is not None else found.auc is None
    losses = [-log(logistic(margin if label else -margin)) for label, margin in rows]
    assert found.log_loss == pytest.approx(sum(losses) / len(rows), rel=1e-7)
    assert (found.rows, found.threshold) == (len(rows), threshold)


def test_rows_in_several_sorted_runs_have_the_same_auc_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(n * n % 7 % 2, float(n * 37 % 101)) for n in range(500)]
    whole = judge(rows, 0.5)
    monkeypatch.setattr(metrics, "_RUN", 16)
    assert judge(rows, 0.5) == whole
    assert whole.auc == pytest.approx(auc_by_pairs(rows))


def test_a_certain_mistake_costs_its_margin_and_not_infinity() -> None:
    assert judge([(0, 1000.0)], 0.5).log_loss == 1000.0
    assert judge([(1, 1000.0)], 0.5).log_loss == 0.0


def test_what_cannot_be_known_of_one_class_is_null_in_json() -> None:
    found: dict[str, Any] = judge([(0, -1.0), (0, -2.0)], 0.5).to_json()
    assert (found["auc"], found["precision"], found["recall"], found["f1"], found["accuracy"]) == (None,) * 4 + (1.0,)
    assert found["confusion"]["true_negatives"] == 2
