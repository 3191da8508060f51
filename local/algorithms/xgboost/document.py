"""Whether a model's document is one that the library can walk: counts that agree, nodes and columns that are there.

The library takes a document's numbers as they are. A node that points outside of its tree, or back, would lead it
astray; of a parent that is not there it crashes. Numbers are looked at where they lie in the file, so a check needs
little memory beside it.

A node that was pruned stays in its tree as a leaf that no other leads to. The library numbers a child after its parent.
Source: `RegTree::LoadModel` in src/tree/tree_model.cc of https://github.com/dmlc/xgboost.
"""

from math import isfinite
from typing import Any

import numpy as np

from local import EmbeddedAwsError

_FLOATS = ("base_weights", "loss_changes", "split_conditions", "sum_hessian")
_INTEGERS = ("default_left", "left_children", "parents", "right_children", "split_indices", "split_type")
_NO_CHILD = -1
_NO_PARENT = 2_147_483_647
_CATEGORIES = ("categories", "categories_nodes", "categories_segments", "categories_sizes")
MOST_NODES = 4_000_000
"""Nodes of all trees. The library takes some 50 bytes for each, besides the file."""

MOST_FEATURES = 100_000
"""The library has 64 rows of this width at hand when it predicts, however short the trees are."""


class UnreadableModelError(EmbeddedAwsError):
    """The artefact is no model of trees as XGBoost writes it; the message says why."""


def check(document: Any) -> str:
    """The name of the objective of a decoded model. Raises UnreadableModelError."""
    try:
        return _check(document)
    except (KeyError, TypeError, ValueError, OverflowError, IndexError) as error:
        raise UnreadableModelError(f"it is no model of XGBoost: {type(error).__name__} {error}") from None


def _check(document: Any) -> str:
    learner = document["learner"]
    booster, parameters = learner["gradient_booster"], learner["learner_model_param"]
    if booster["name"] != "gbtree":
        raise UnreadableModelError(f"its booster is {str(booster['name'])[:40]!r}; gbtree is served")
    model = booster["model"]
    _check_counts(model, int(parameters.get("num_class", 0)), int(parameters.get("num_target", 1)))
    if not isfinite(float(parameters["base_score"])):
        raise UnreadableModelError(f"its base_score is {str(parameters['base_score'])[:40]!r}")
    if not 0 < (features := int(parameters["num_feature"])) <= MOST_FEATURES:
        raise UnreadableModelError(f"it has {features} features; 1 to {MOST_FEATURES} are served")
    left = MOST_NODES
    for number, tree in enumerate(model["trees"]):
        try:
            left -= _check_tree(tree, features, left)
        except UnreadableModelError as error:
            raise UnreadableModelError(f"tree {number} has {error}") from None
    return str(learner["objective"]["name"])


def _check_counts(model: Any, classes: int, targets: int) -> None:
    """The trees are as many as every part of the model says, and each is of a class that is there."""
    trees = len(model["trees"])
    # An array may hold as many numbers as the file has bytes: its length goes first.
    if len(model["iteration_indptr"]) > trees + 1 or len(model["tree_info"]) != trees:
        raise UnreadableModelError("its numbers of trees differ")
    ends = [int(end) for end in model["iteration_indptr"]]
    if {trees, ends[-1]} != {int(model["gbtree_model_param"]["num_trees"])} or ends[0] or sorted(ends) != ends:
        raise UnreadableModelError("its numbers of trees differ")
    if max(classes, 1) > max(trees, 1) or targets > 1:
        raise UnreadableModelError(f"it has {classes} classes, {targets} targets and {trees} trees")
    if not all(0 <= int(group) < max(classes, 1) for group in model["tree_info"]):
        raise UnreadableModelError("a tree is of a class that is not there")


def _check_tree(tree: Any, features: int, most: int) -> int:
    """How many nodes it has. Raises UnreadableModelError with what is wrong with it."""
    nodes = int(tree["tree_param"]["num_nodes"])
    if not 1 <= nodes <= most:
        raise UnreadableModelError(f"{nodes} nodes; {MOST_NODES} in all trees are served")
    for kinds, names in (("f", _FLOATS), ("iu", _INTEGERS)):
        for name in names:
            if not isinstance(tree[name], np.ndarray) or tree[name].dtype.kind not in kinds:
                raise UnreadableModelError(f"{name} that are no array of the library's type")
            if len(tree[name]) != nodes:
                raise UnreadableModelError(f"arrays of other lengths than its {nodes} nodes")
    if any(len(tree.get(name, ())) for name in _CATEGORIES) or int(tree["tree_param"]["size_leaf_vector"]) > 1:
        raise UnreadableModelError("categories or vectors, which are not served")
    if tree["split_type"].any() or not np.isin(tree["default_left"], (0, 1)).all():
        raise UnreadableModelError("a node that splits by categories, or leads a missing value nowhere")
    if not np.isfinite(tree["split_conditions"]).all():
        raise UnreadableModelError("a threshold or a leaf that is no finite number")
    _check_links(tree, nodes, features)
    return nodes


def _check_links(tree: Any, nodes: int, features: int) -> None:
    left, right, parents = tree["left_children"], tree["right_children"], tree["parents"]
    inner = left != _NO_CHILD
    columns = tree["split_indices"][inner]
    if (inner != (right != _NO_CHILD)).any() or ((columns < 0) | (columns >= features)).any():
        raise UnreadableModelError("a node with one child, or a column that is not there")
    numbers = np.flatnonzero(inner)
    for children in (left[inner], right[inner]):
        if ((children < 1) | (children >= nodes)).any():
            raise UnreadableModelError("a child outside of it, or of two nodes")
        # Each node is then the child of one, and the root of none.
        if (parents[children] != numbers).any() or (left[inner] == right[inner]).any():
            raise UnreadableModelError("a child whose parent is another, or of two nodes")
        if (children <= numbers).any():
            raise UnreadableModelError("a child before its parent: a way back")
    absent = parents == _NO_PARENT
    if parents[0] not in (_NO_PARENT, _NO_CHILD) or (~absent[1:] & ((parents[1:] < 0) | (parents[1:] >= nodes))).any():
        raise UnreadableModelError("a parent that is not there, or a root with one")
