"""Reads what SageMaker's linear learner writes, and predicts with it.

The members of the archive are taken out by `wildrydes.model.archive`. The graph among them has to be

    output ( broadcast_add ( dot ( data, weight (n, 1) ), bias (1, 1) ), label )

with LogisticRegressionOutput or LinearRegressionOutput as output; then a prediction is a dot product and, for a
classifier, a logistic. Weights apply to raw features: the algorithm folds its normalisation back into them. Sums are
in double precision; MXNet's are in single, and differ in the seventh digit.
"""

import json
from collections.abc import Sequence
from math import exp, isfinite
from operator import mul
from typing import Any, NamedTuple

from wildrydes.errors import BadModel
from wildrydes.model.archive import ADDITIONAL, PARAMS, SYMBOL, members
from wildrydes.model.mxnet_params import Array, read_params

LARGEST_THRESHOLD = 1e30

_KINDS = {"LogisticRegressionOutput": "binary_classifier", "LinearRegressionOutput": "regressor"}


class LinearModel(NamedTuple):
    """A trained model. `kind` is binary_classifier or regressor; a classifier says 1 from `threshold` on.

    A tuple, because predict starts sooner without `dataclasses` (docs/decisions/0011).
    """

    kind: str
    weights: tuple[float, ...]
    bias: float
    threshold: float

    @property
    def feature_count(self) -> int:
        """How many features a row has: one a weight."""
        return len(self.weights)

    def margin(self, features: Sequence[float]) -> float:
        """The weighted sum of the features, in the order of the training columns, and the bias."""
        if len(features) != len(self.weights):
            raise BadModel(f"the model has {len(self.weights)} weights and got {len(features)} features")
        return sum(map(mul, self.weights, features), self.bias)

    def score(self, features: Sequence[float]) -> float:
        """What the algorithm calls the score: a probability from a classifier, the value from a regressor."""
        margin = self.margin(features)
        return logistic(margin) if self.kind == "binary_classifier" else margin

    def scores(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """The score of each row of features, to the last digit as `score` gives it, in a third of its time."""
        if not {len(self.weights)}.issuperset(map(len, rows)):
            raise BadModel(
                f"the model has {len(self.weights)} weights; not all of {len(rows)} rows have as many features"
            )
        weights, bias = self.weights, self.bias
        margins = [sum(map(mul, weights, row), bias) for row in rows]
        if self.kind != "binary_classifier":
            return margins
        return [1 / (1 + exp(-margin)) if margin >= 0 else (odds := exp(margin)) / (1 + odds) for margin in margins]


def logistic(margin: float) -> float:
    """1 / (1 + e^-margin), without overflow."""
    if margin >= 0:
        return 1 / (1 + exp(-margin))
    odds = exp(margin)
    return odds / (1 + odds)


def read_model(archive: bytes) -> LinearModel:
    """The model in the bytes of a model.tar.gz. Raises BadModel, whatever the bytes are."""
    contents = members(archive)
    kind, weight, bias = _graph(_json(contents[SYMBOL], SYMBOL))
    arrays = read_params(contents[PARAMS])
    weights = _column(arrays, weight)
    biases = _column(arrays, bias)
    if len(biases) != 1:
        raise BadModel(f"{bias} has {len(biases)} rows, not one")
    return LinearModel(kind, weights, biases[0], _threshold(_json(contents[ADDITIONAL], ADDITIONAL), kind))


def _json(data: bytes, name: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadModel(f"{name} is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadModel(f"{name} holds no JSON object")
    return value


def _graph(symbol: dict[str, Any]) -> tuple[str, str, str]:
    """The kind of model, and the names of its weight and bias, once the graph is the one that is computed here."""
    try:
        nodes = symbol["nodes"]
        (head,) = symbol["heads"]
        output = nodes[head[0]]
        kind = _KINDS[output["op"]]
        total = _input(nodes, output, 0, "broadcast_add")
        product = _input(nodes, total, 0, "dot")
        if any(str(value).lower() in ("1", "true") for value in product.get("attrs", {}).values()):
            raise BadModel("the graph transposes an operand of its dot product")
        data = _input(nodes, product, 0, "null")["name"]
        weight = _input(nodes, product, 1, "null")["name"]
        bias = _input(nodes, total, 1, "null")["name"]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise BadModel(f"the graph is not a linear model's: {type(error).__name__} {error}") from None
    if data != "data" or not isinstance(weight, str) or not isinstance(bias, str):
        raise BadModel(f"the graph multiplies {data!r} by {weight!r} and adds {bias!r}")
    return kind, weight, bias


def _input(nodes: list[Any], node: Any, number: int, operator: str) -> Any:
    operand = nodes[node["inputs"][number][0]]
    if operand["op"] != operator:
        raise BadModel(f"the graph has {operand['op']!r} where a linear model has {operator}")
    return operand


def _column(arrays: dict[str, Array], name: str) -> tuple[float, ...]:
    """The elements of a parameter of shape (n, 1)."""
    array = arrays.get(f"arg:{name}")
    if array is None:
        raise BadModel(f"the .params file has no arg:{name}, only {', '.join(sorted(arrays))[:200]}")
    if len(array.shape) != 2 or array.shape[1] != 1:
        raise BadModel(f"{name} has the shape {array.shape}, not (n, 1)")
    if not all(map(isfinite, array.elements)):
        raise BadModel(f"{name} holds a number that is not finite: training diverged")
    return array.elements


def _threshold(additional: dict[str, Any], kind: str) -> float:
    threshold: Any = additional.get("threshold")
    if type(threshold) not in (int, float) or not -LARGEST_THRESHOLD <= threshold <= LARGEST_THRESHOLD:
        raise BadModel(f"{ADDITIONAL} has no number as threshold")
    if kind == "binary_classifier" and not 0 <= threshold <= 1:
        raise BadModel(f"the threshold in {ADDITIONAL} is {threshold!r}, not between 0 and 1")
    return float(threshold)
