"""Reads what SageMaker's XGBoost writes, and predicts with it, without the library and to its last digits.

    model.tar.gz ─gunzip─> tar ─> xgboost-model     UBJSON, as XGBoost 2.1 to 3.0 write it by default; or JSON

    {"version": [3, 0, 5],
     "learner": {"objective": {"name"},
                 "learner_model_param": {"base_score", "num_feature", "num_class", "num_target"},
                 "gradient_booster": {"name": "gbtree", "model": {"trees", "tree_info", …}}}}

A prediction is the sum of what each tree adds, and of `base_score`; a classifier's sum are the log odds, and its
`base_score` is a probability. Objectives are those that the workflow trains with; another one, another booster, several
classes and XGBoost's older binary format are refused by name. All trees count: with early stopping, the container
stores those up to the best round alone.

Source: "Introduction to Model IO" in XGBoost's documentation; `train.py` of AWS's sagemaker-xgboost-container; and for
the link of `base_score`, `LearnerModelParam` in XGBoost's src/learner.cc.
"""

import json
from collections.abc import Sequence
from math import log
from struct import pack, unpack
from typing import Any, NamedTuple

from wildrydes.errors import BadModel
from wildrydes.model.archive import single_member
from wildrydes.model.linear_model import logistic
from wildrydes.model.ubjson import TypedArray, read_ubjson
from wildrydes.model.xgboost_trees import LARGEST_SUM, Trees, read_trees

MEMBER = "xgboost-model"
MOST_UNPACKED = 16 << 20
MOST_JSON = 4 << 20
"""JSON grows some thirtyfold when it is parsed, and a model in JSON is three times as large as one in UBJSON."""

MOST_FEATURES = 10_000
THRESHOLD = 0.5
"""XGBoost has none; this is the probability from which its own `error` metric and its container's labels say 1."""

_KINDS = {"binary:logistic": "binary_classifier", "reg:squarederror": "regressor"}
# Since 2.1 UBJSON is what `save_model` writes by default; since 3.1 `base_score` is a list.
_OLDEST, _NEWEST = [2, 1], [3, 0]


class XGBoostModel(NamedTuple):
    """A trained model. `base` is what the trees' sum starts from: a classifier's log odds, a regressor's number."""

    kind: str
    feature_count: int
    base: float
    trees: Trees
    threshold: float = THRESHOLD

    def margin(self, features: Sequence[float]) -> float:
        """A classifier's log odds, or a regressor's number. NaN stands for a feature that is absent."""
        if len(features) != self.feature_count:
            raise BadModel(f"the model has {self.feature_count} features and got {len(features)}")
        return self.trees.total(features, self.base)

    def score(self, features: Sequence[float]) -> float:
        """A classifier's probability, or a regressor's number."""
        margin = self.margin(features)
        return logistic(margin) if self.kind == "binary_classifier" else margin

    def scores(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """The score of each row."""
        return [self.score(row) for row in rows]


def read_model(archive: bytes) -> XGBoostModel:
    """The model in the bytes of a model.tar.gz. Raises BadModel, whatever the bytes are."""
    document = _document(single_member(archive, MEMBER, MOST_UNPACKED))
    _check_version(document.get("version"))
    learner = _object(document, "learner")
    objective = _object(learner, "objective").get("name")
    if not isinstance(objective, str) or objective not in _KINDS:
        raise BadModel(f"the model has the objective {objective!r:.100}; {', '.join(_KINDS)} are read")
    kind, parameters = _KINDS[objective], _object(learner, "learner_model_param")
    if (parameters.get("num_class", "0"), parameters.get("num_target", "1")) not in (("0", "1"), ("1", "1")):
        raise BadModel("the model predicts several classes or several numbers")
    count = _feature_count(parameters)
    trees = _trees(_object(learner, "gradient_booster"), count)
    return XGBoostModel(kind, count, _base(parameters, kind), trees)


def _document(data: bytes) -> dict[str, Any]:
    """The object that the file holds, in whichever format."""
    if data[:1] != b"{":
        raise BadModel(f"{MEMBER} is no UBJSON and no JSON; XGBoost's older binary format and pickles are not read")
    # In UBJSON a name's length follows, in JSON white space, a quotation mark or the end.
    if data[1:2] in (b"L", b"l", b"I", b"U", b"i"):
        return read_ubjson(data)
    if len(data) > MOST_JSON:
        raise BadModel(f"{MEMBER} is JSON of more than {MOST_JSON} bytes")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadModel(f"{MEMBER} is no JSON: {error}") from None


def _check_version(version: Any) -> None:
    numbers = list(version.numbers()) if isinstance(version, TypedArray) else version
    if type(numbers) is not list or not all(type(each) is int for each in numbers):
        raise BadModel("the model does not say which version of XGBoost wrote it")
    if not _OLDEST <= numbers[:2] <= _NEWEST:
        raise BadModel(f"the model is of XGBoost {str(numbers)[:40]}; 2.1 to 3.0 are read")


def _trees(booster: dict[str, Any], feature_count: int) -> Trees:
    if booster.get("name") != "gbtree":
        raise BadModel(f"the model has the booster {booster.get('name')!r:.100}; gbtree alone is read")
    model = _object(booster, "model")
    trees = read_trees(model.get("trees"), feature_count)
    if (number := _object(model, "gbtree_model_param").get("num_trees")) != str(len(trees.roots)):
        raise BadModel(f"the model has {len(trees.roots)} trees, and says {number!r:.100}")
    return trees


def _feature_count(parameters: dict[str, Any]) -> int:
    text = parameters.get("num_feature")
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10):
        raise BadModel("the model does not say how many features it has")
    if not 1 <= int(text) <= MOST_FEATURES:
        raise BadModel(f"the model has {text} features, not 1 to {MOST_FEATURES}")
    return int(text)


def _base(parameters: dict[str, Any], kind: str) -> float:
    """What the sum starts from, as the float32 that the library computes."""
    text = parameters.get("base_score")
    try:
        base = float(text) if isinstance(text, str) else float("nan")
        base = _float32(base)
        if kind == "binary_classifier":
            base = _float32(-log(_float32(1 / base - 1)))
    except (ValueError, OverflowError, ZeroDivisionError):
        raise BadModel(f"the model has the base_score {text!r:.100}") from None
    if not abs(base) <= LARGEST_SUM:
        raise BadModel(f"the model has the base_score {text!r:.100}")
    return base


def _float32(value: float) -> float:
    return unpack("<f", pack("<f", value))[0]


def _object(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    if not isinstance(value, dict):
        raise BadModel(f"the model has no {name}")
    return value
