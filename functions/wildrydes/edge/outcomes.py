"""Rows whose truth is known, what became of each request, and what the requests say of each model.

>>> tally = Tally("regression")
>>> for outcome in (Outcome("run-1", 10.0, 13.0, 20.0), Outcome("run-1", 10.0, 6.0, 40.0)): tally.add(outcome)
>>> tally.add(Outcome("run-1", 10.0, None, 5.0))
>>> standing = tally.standings("magic_points")[0]
>>> standing.requests, standing.errors, round(standing.loss, 3), standing.p50, standing.p99
(3, 1, 12.5, 20.0, 39.6)
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite, log, sqrt
from typing import Any, NamedTuple

from wildrydes.errors import BadTestSet
from wildrydes.tasks import BINARY, measure_of

_LEAST = 1e-15
"""A probability is taken for no less, nor its complement: a certain answer that is wrong would cost infinitely much."""


MOST_TRUTHS = 1000
"""In one request of POST /outcomes."""


class EdgeRow(NamedTuple):
    """The truth that follows, a label of 0 or 1 or a number, and the features by name as the API takes them."""

    truth: float
    features: Mapping[str, float]


class Outcome(NamedTuple):
    """What became of a request: the model that answered, the row's truth, what it predicted, and how long that took.

    `prediction` is a probability of label 1, or a number; None where there was no answer that can be used. The answer's
    `request_id` is empty where it has none.
    """

    model: str
    truth: float
    prediction: float | None
    milliseconds: float
    request_id: str = ""

    @property
    def tenths(self) -> float:
        """The milliseconds to a tenth, as they are published: equal ones are counted together."""
        return round(self.milliseconds, 1)


@dataclass(frozen=True)
class Standing:
    """What callers measured of a model: requests, errors among them, its mean loss, and its times in milliseconds.

    `loss` is the mean squared error of a regression and the log loss of a classification; None without any answer.
    """

    task: str
    model: str
    requests: int
    errors: int
    loss: float | None
    p50: float | None
    p99: float | None

    def to_json(self, kind: str) -> dict[str, Any]:
        """The standing as a JSON object, its loss under the name of the kind's measure."""
        fields = asdict(self)
        del fields["loss"]
        return fields | {measure_of(kind): self.measure(kind)}

    def measure(self, kind: str) -> float | None:
        """The log loss, or the root of the mean squared error."""
        return self.loss if self.loss is None or kind == BINARY else sqrt(self.loss)


class Tally:
    """Adds up outcomes of a task by model; `kind` is the task's."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self.outcomes: dict[str, list[Outcome]] = {}

    def add(self, outcome: Outcome) -> None:
        """Adds a request."""
        self.outcomes.setdefault(outcome.model, []).append(outcome)

    def losses(self, model: str) -> list[float]:
        """The losses of a model's answers."""
        return [
            loss_of(self._kind, each.truth, each.prediction)
            for each in self.outcomes[model]
            if each.prediction is not None
        ]

    def standings(self, task: str) -> list[Standing]:
        """Each model's standing, in the order in which they were met."""
        return [self._standing(task, model, outcomes) for model, outcomes in self.outcomes.items()]

    def _standing(self, task: str, model: str, outcomes: Sequence[Outcome]) -> Standing:
        losses, times = self.losses(model), [each.tenths for each in outcomes]
        loss = sum(losses) / len(losses) if losses else None
        errors = len(outcomes) - len(losses)
        return Standing(task, model, len(outcomes), errors, loss, percentile(times, 50), percentile(times, 99))


def loss_of(kind: str, truth: float, prediction: float) -> float:
    """The log loss of a probability, or the squared error of a number."""
    if kind != BINARY:
        return (prediction - truth) ** 2
    right = prediction if truth else 1 - prediction
    return -log(max(_LEAST, right))


def percentile(values: Sequence[float], share: int) -> float:
    """The value at `share` percent of the way through the sorted values, on a line between the two that are next to it.

    So does the embedded CloudWatch, so that a caller and the leaderboard say the same of the same requests.
    """
    ordered = sorted(values)
    place = share / 100 * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (place - low) * (ordered[high] - ordered[low]), 9)


def prediction_of(answer: Any) -> tuple[str, float] | None:
    """The model that an API's answer to one row names, and its probability or value; None for another answer.

    >>> prediction_of({"value": 812.5, "unit": "points", "model": "run-1"})
    ('run-1', 812.5)
    """
    if not isinstance(answer, Mapping):
        return None
    number, model = answer.get("value", answer.get("probability")), answer.get("model")
    usable = type(number) in (int, float) and isfinite(number) and isinstance(model, str)
    return (str(model), float(number)) if usable and number is not None else None


def request_id_of(answer: Any) -> str:
    """The request's id in an API's answer, empty where there is none."""
    identity = answer.get("request_id") if isinstance(answer, Mapping) else None
    return identity if isinstance(identity, str) else ""


def truths_of(task: str, tally: Tally) -> Iterator[list[dict[str, Any]]]:
    """What came true of the answers, as `POST /outcomes` takes it, so many at a time.

    >>> tally = Tally("regression")
    >>> tally.add(Outcome("run-1", 10.0, 13.0, 20.0, "id-1"))
    >>> list(truths_of("magic_points", tally))
    [[{'request_id': 'id-1', 'place': 0, 'value': 10.0, 'task': 'magic_points'}]]
    """
    truths = [
        {"request_id": each.request_id, "place": 0, "value": each.truth, "task": task}
        for outcomes in tally.outcomes.values()
        for each in outcomes
        if each.request_id and each.prediction is not None
    ]
    for start in range(0, len(truths), MOST_TRUTHS):
        yield truths[start : start + MOST_TRUTHS]


def rows_of(lines: Iterable[bytes], features: Sequence[str], source: str) -> Iterator[EdgeRow]:
    """The rows of a CSV without a header: the truth, then the features in their order.

    Raises BadTestSet, with `source` and the line, for a row of another length or of other than finite numbers.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            truth, *values = map(float, line.split(b","))
        except ValueError:
            raise BadTestSet(f"{source}, line {number}: {line[:80]!r} is no row of numbers") from None
        if len(values) != len(features) or not isfinite(sum(values) + truth):
            wanted = f"a truth and {len(features)} finite numbers: {', '.join(features)}"
            raise BadTestSet(f"{source}, line {number} is not {wanted}")
        yield EdgeRow(truth, dict(zip(features, values, strict=True)))


def read_answer(body: bytes) -> Any:
    """The JSON in the body of an answer, None for another body."""
    try:
        return json.loads(body)
    except ValueError:
        return None
