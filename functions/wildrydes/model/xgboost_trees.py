"""The trees of an XGBoost model -> flat arrays that are walked, checked so that every walk ends, and ends in a number.

A tree is an object with an array for each property of its nodes; node 0 is the root:

    left_children, right_children   the children's numbers, -1 for both in a leaf
    split_indices                   the feature that a node looks at
    split_conditions                a row goes to the left if the feature is less; in a leaf, what the leaf adds
    default_left                    1 where a row without the feature goes to the left
    split_type                      1 where a node looks at a category: such models are refused

Pruned nodes stay in the arrays; no other node leads to them, so they are not looked at.

Source: "Introduction to Model IO" in XGBoost's documentation, and `RegTree::LoadModel` in its src/tree/tree_model.cc.
"""

from collections.abc import Sequence
from math import isfinite
from struct import error as StructError  # noqa: N812
from struct import pack, unpack
from typing import Any, NamedTuple

from wildrydes.errors import BadModel
from wildrydes.model.ubjson import TypedArray

MOST_TREES = 5_000
MOST_NODES = 250_000
MOST_DEPTH = 100
LARGEST_SUM = 1e38
"""What all trees together may add, a third of what a float32 holds: no sum on the way is beyond it then."""

_LEAF = -1
_LARGEST = 3.4028234663852886e38
_WHOLE, _ANY = {int}, {int, float}


class Trees(NamedTuple):
    """All trees' nodes, one after the other. A leaf's feature is -1, and its threshold what it adds.

    Every number is a float32. `roots` are the trees' first nodes, `defaults` the child of a row without the feature.
    """

    roots: tuple[int, ...]
    features: Sequence[int]
    thresholds: Sequence[float]
    lefts: Sequence[int]
    rights: Sequence[int]
    defaults: Sequence[int]

    def total(self, row: Sequence[float], start: float) -> float:
        """The sum of `start` and what each tree adds for a row of numbers; NaN stands for a feature that is absent.

        Rounded to float32 after each tree, as the library does: of a thousand trees, sums in double precision would
        differ in the sixth digit.
        """
        row = _as_float32(row)
        if any(value != value for value in row):
            return self._total_with_absent(row, start)
        features, thresholds, lefts, rights = self.features, self.thresholds, self.lefts, self.rights
        rounded = _float32_cell()
        total = start
        for node in self.roots:
            while (feature := features[node]) >= 0:
                node = lefts[node] if row[feature] < thresholds[node] else rights[node]
            rounded[0] = total + thresholds[node]
            total = rounded[0]
        return total

    def _total_with_absent(self, row: Sequence[float], start: float) -> float:
        rounded = _float32_cell()
        rounded[0] = start
        for node in self.roots:
            while (feature := self.features[node]) >= 0:
                value = row[feature]
                if value != value:
                    node = self.defaults[node]
                else:
                    node = self.lefts[node] if value < self.thresholds[node] else self.rights[node]
            rounded[0] += self.thresholds[node]
        return rounded[0]


def read_trees(trees: Any, feature_count: int) -> Trees:
    """The trees in the model's `trees`. Raises BadModel for one that another algorithm would have to walk."""
    if type(trees) is not list or not len(trees) <= MOST_TREES:
        raise BadModel(f"the model has no list of at most {MOST_TREES} trees")
    merged = Trees((), [], [], [], [], [])
    roots, largest = [], 0.0
    for number, tree in enumerate(trees):
        roots.append(len(merged.features))
        try:
            largest += _append(merged, tree, feature_count)
        except BadModel as bad:
            raise BadModel(f"tree {number}: {bad}") from None
    if largest > LARGEST_SUM:
        raise BadModel(f"the trees may add up to {largest:.3g}, beyond {LARGEST_SUM:.0e}")
    return merged._replace(roots=tuple(roots))


def _append(merged: Any, tree: Any, feature_count: int) -> float:
    """Put a tree's nodes behind those of the trees before it; the most that it adds, without sign."""
    start = len(merged.features)
    count = _node_count(tree, MOST_NODES - start)
    lefts, rights, features = (_integers(tree, name, count) for name in _INTEGERS)
    defaults, kinds = (_integers(tree, name, count) for name in ("default_left", "split_type"))
    thresholds = _floats(tree, count)
    largest = _check_nodes(lefts, rights, features, thresholds, feature_count)
    if any(kinds) or not {0, 1}.issuperset(defaults):
        raise BadModel("it splits by categories, or leads rows without a feature neither to the left nor to the right")
    merged.features.extend(_LEAF if left == _LEAF else feature for left, feature in zip(lefts, features, strict=True))
    merged.thresholds.extend(thresholds)
    merged.lefts.extend([start + left for left in lefts])
    merged.rights.extend([start + right for right in rights])
    merged.defaults.extend(
        [start + (left if default else right) for left, right, default in zip(lefts, rights, defaults, strict=True)]
    )
    return largest


_INTEGERS = ("left_children", "right_children", "split_indices")


def _node_count(tree: Any, most: int) -> int:
    """How many nodes a tree has, if it is one whose leaves hold one number each."""
    parameters = tree.get("tree_param") if type(tree) is dict else None
    size = parameters.get("size_leaf_vector", "0") if type(parameters) is dict else None
    if size not in ("0", "1"):
        raise BadModel(f"its leaves hold {size!r:.100} numbers each, not one")
    count = _length(tree, "left_children")
    if not 1 <= count <= most:
        raise BadModel(f"with its {count} nodes, the trees have none or more than {MOST_NODES}")
    return count


def _integers(tree: dict[str, Any], name: str, count: int) -> Sequence[int]:
    return _array(tree, name, count, _WHOLE)


def _floats(tree: dict[str, Any], count: int) -> Sequence[float]:
    """The thresholds, as the float32 they are in the library: JSON has them in decimal digits."""
    values = _array(tree, "split_conditions", count, _ANY)
    try:
        return unpack(f"<{count}f", pack(f"<{count}f", *values))
    except (OverflowError, StructError):
        raise BadModel("its split_conditions hold a number that is no float32") from None


def _array(tree: dict[str, Any], name: str, count: int, types: set[type]) -> Sequence[Any]:
    if (length := _length(tree, name)) != count:
        raise BadModel(f"it has {count} nodes, and {length} {name}")
    value = tree[name]
    numbers = value.numbers() if isinstance(value, TypedArray) else value
    if not types.issuperset(map(type, numbers)):
        raise BadModel(f"its {name} are no numbers of the right type")
    return numbers


def _length(tree: dict[str, Any], name: str) -> int:
    value = tree.get(name)
    if isinstance(value, TypedArray):
        return value.length
    if type(value) is not list:
        raise BadModel(f"it has no {name}")
    return len(value)


def _check_nodes(
    lefts: Sequence[int],
    rights: Sequence[int],
    features: Sequence[int],
    thresholds: Sequence[float],
    feature_count: int,
) -> float:
    """The largest value of a leaf, without sign.

    Raises BadModel unless from the root on each node is reached once, and leads somewhere or is a leaf.
    """
    reached, largest = bytearray(len(lefts)), 0.0
    level, depth = [0], 0
    while level:
        if depth > MOST_DEPTH:
            raise BadModel(f"it is deeper than {MOST_DEPTH}")
        below = []
        for node in level:
            if not 0 <= node < len(lefts) or reached[node]:
                raise BadModel(f"a node leads to {node}, which is not there or was reached before")
            reached[node] = 1
            if not isfinite(thresholds[node]):
                raise BadModel(f"node {node} has the threshold or value {thresholds[node]}")
            if lefts[node] != _LEAF:
                below += (lefts[node], rights[node])
                if not 0 <= features[node] < feature_count:
                    raise BadModel(f"node {node} looks at the feature {features[node]} of {feature_count}")
            elif rights[node] != _LEAF:
                raise BadModel(f"node {node} has a right child alone")
            elif abs(thresholds[node]) > largest:
                largest = abs(thresholds[node])
        level, depth = below, depth + 1
    return largest


def _as_float32(row: Sequence[float]) -> Sequence[float]:
    """The row as the library sees it."""
    form = f"<{len(row)}f"
    try:
        return unpack(form, pack(form, *row))
    except OverflowError:
        # Beyond all thresholds all the same.
        return [max(min(value, _LARGEST), -_LARGEST) for value in row]


def _float32_cell() -> "memoryview[float]":
    """A place for one number that rounds what is put there; `array` would have to be imported for it."""
    return memoryview(bytearray(4)).cast("f")
