"""The candidates of one retraining, an algorithm each: which is the best, and what the card says of each.

All are judged on the same test rows. The best has the lowest measure, among those whose predictions are all finite if
there are any: what a model leaves out would flatter it. What cannot be judged loses, with its reason. So does what
could not be served: it is judged, and listed with its metrics, but does not compete.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from wildrydes.algorithms import ENDPOINT, KNN
from wildrydes.errors import AllCandidatesFailed
from wildrydes.evaluation.judgement import Metrics
from wildrydes.evaluation.kinds import Kind


@dataclass(frozen=True)
class Outcome:
    """What became of a candidate: its metrics, and the error by which it lost. Without a model there is no path."""

    algorithm: str
    model_path: str | None = None
    metrics: Metrics | None = None
    error: str | None = None

    @property
    def competes(self) -> bool:
        """Whether it may be the best."""
        return self.metrics is not None and self.error is None

    def to_json(self, kind: Kind) -> dict[str, Any]:
        """The candidate as the card lists it: its metrics without curves."""
        metrics = {} if self.metrics is None else self.metrics.to_json()
        return {
            "algorithm": self.algorithm,
            "model_path": self.model_path,
            "measure": kind.measure,
            "value": metrics.get(kind.measure),
            "metrics": {name: value for name, value in metrics.items() if name not in kind.curves},
            "error": self.error,
        }


def best(outcomes: Sequence[Outcome]) -> int:
    """The place of the best candidate; of equal ones the first. Raises AllCandidatesFailed."""
    ranks = [
        (each.metrics.not_finite > 0, each.metrics.loss, place)
        for place, each in enumerate(outcomes)
        if each.metrics is not None and each.competes
    ]
    if not ranks:
        raise AllCandidatesFailed("; ".join(f"{each.algorithm}: {each.error}" for each in outcomes))
    return min(ranks)[-1]


def bar_unservable(outcome: Outcome, serving: str) -> Outcome:
    """The outcome of a model that is to be served by `serving`: of one that only an endpoint serves, with that reason.

    >>> bar_unservable(Outcome("knn", "models/e1/e1-knn/output/model.tar.gz"), "lambda").error
    'only an endpoint serves it (serving: endpoint)'
    """
    if outcome.error or outcome.algorithm != KNN or serving == ENDPOINT:
        return outcome
    return replace(outcome, error=f"only an endpoint serves it (serving: {ENDPOINT})")


def failure_reason(error: dict[str, str]) -> str:
    """Why a candidate was not trained: of a job's description the reason in it.

    >>> failure_reason({"Error": "States.TaskFailed", "Cause": '{"FailureReason": "ClientError: no rows"}'})
    'ClientError: no rows'
    >>> failure_reason({"Error": "States.Timeout", "Cause": ""})
    'States.Timeout: '
    """
    try:
        description = json.loads(error["Cause"])
    except ValueError:
        description = None
    reason = description.get("FailureReason") if isinstance(description, dict) else None
    return reason or f"{error['Error']}: {error['Cause']}"
