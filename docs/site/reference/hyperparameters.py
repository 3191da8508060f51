"""docs/reference/hyperparameters.md: what may be set and searched, and the table of docs/tuning.md."""

from collections.abc import Iterator, Mapping
from typing import Any

from docs.site.reference.markdown import code, codes, page, table, with_part
from wildrydes.algorithms import ALGORITHMS, KNN, LINEAR_LEARNER, XGBOOST
from wildrydes.tasks import BINARY, REGRESSION
from wildrydes.training.hyperparameters import (
    FOLLOWS_ROWS,
    allowed_hyperparameters,
    default_hyperparameters,
    fixed_hyperparameters,
)
from wildrydes.training.searches import DEFAULT_RANGES, search_of

_KINDS = {BINARY: "classification", REGRESSION: "regression"}
_REFERENCES = {
    LINEAR_LEARNER: "https://docs.aws.amazon.com/sagemaker/latest/dg/ll_hyperparameters.html",
    XGBOOST: "https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost_hyperparameters.html",
    KNN: "https://docs.aws.amazon.com/sagemaker/latest/dg/kNN_hyperparameters.html",
}
"""Where AWS says what each hyperparameter does."""


def rendered() -> str:
    """The page."""
    return page("Hyperparameters", _INTRODUCTION, "\n".join(map(_section, ALGORITHMS)), _SOURCE)


def with_searches(text: str) -> str:
    """docs/tuning.md with what is searched by default."""
    rows = [(code(name), _ranges(DEFAULT_RANGES[name]), _objectives(name)) for name in ALGORITHMS]
    return with_part(text, "searches", table(("algorithm", "ranges", "decided by"), rows))


def _objectives(algorithm: str) -> str:
    return codes(dict.fromkeys(search_of(algorithm, kind).objective[0] for kind in _KINDS))


def _ranges(ranges: Mapping[str, Any]) -> str:
    return ", ".join(f"{code(name)} {_range(each)}" for name, each in ranges.items())


def _range(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value['min']:,} to {value['max']:,}"
    return " or ".join(map(str, value))


def _section(algorithm: str) -> str:
    head = ("hyperparameter", "takes", "default", "searched", "range by default")
    fixed = {name for kind in _KINDS for name in fixed_hyperparameters(algorithm, kind, 1)}
    follows = (
        f" {code(FOLLOWS_ROWS[algorithm])} follows the rows, unless you set it." if algorithm in FOLLOWS_ROWS else ""
    )
    return (
        f"## {algorithm}\n\n[What each one does]({_REFERENCES[algorithm]}), by AWS. "
        f"The workflow sets {codes(sorted(fixed))} by itself.{follows}\n\n{table(head, _rows(algorithm))}"
    )


def _rows(algorithm: str) -> Iterator[tuple[str, ...]]:
    """A row a hyperparameter; where its range differs by the kind of the task, one for each kind."""
    allowed = {kind: allowed_hyperparameters(algorithm, kind) for kind in _KINDS}
    for name in sorted({name for rules in allowed.values() for name in rules}):
        by_rule: dict[str, list[str]] = {}
        for kind, rules in allowed.items():
            if name in rules:
                by_rule.setdefault(str(rules[name]), []).append(kind)
        for rule, kinds in by_rule.items():
            yield _row(algorithm, name, rule, kinds)


def _row(algorithm: str, name: str, rule: str, kinds: list[str]) -> tuple[str, ...]:
    only = f"; of {_KINDS[kinds[0]]} alone" if len(kinds) == 1 else ""
    defaults = {default_hyperparameters(algorithm, kind).get(name, "") for kind in kinds}
    tunable = {search_of(algorithm, kind).tunable.get(name, "").lower() for kind in kinds}
    ranges = DEFAULT_RANGES[algorithm]
    return (
        code(name),
        f"{rule}{only}",
        codes(sorted(defaults - {""})),
        " or ".join(sorted(tunable - {""})),
        _range(ranges[name]) if name in ranges else "",
    )


_INTRODUCTION = """
`hyperparameters` in [the input of an execution](../execution-input.md) sets them, and [`tuning`](../tuning.md) searches
for the best. Each is checked before anything starts, by itself and with the others. Where there are several algorithms,
a name begins with that of its algorithm.

    wildrydes retrain --hyperparameter epochs=30
    wildrydes retrain --algorithms linear-learner,xgboost --hyperparameter xgboost.eta=0.3

Where **default** is empty, the algorithm's own default holds. **Searched** is the kind of range that a search may take.
"""

_SOURCE = """
Ranges and defaults are in
[`linear_learner.py`](../../functions/wildrydes/training/hyperparameters/linear_learner.py),
[`xgboost.py`](../../functions/wildrydes/training/hyperparameters/xgboost.py) and
[`knn.py`](../../functions/wildrydes/training/hyperparameters/knn.py), what is searched in
[`searches.py`](../../functions/wildrydes/training/searches.py). [Add an algorithm](../add-an-algorithm.md) goes through
it.
"""
