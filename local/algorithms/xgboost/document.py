"""Whether a model's document is one that the library can walk: counts that agree, nodes and columns that are there.

The library takes a document's numbers as they are. A node that points outside of its tree, or back, would lead it
astray.
"""

from typing import Any

import numpy as np

from local import EmbeddedAwsError

_ARRAYS = (
    *("base_weights", "default_left", "left_children", "loss_changes", "parents", "right_children"),
    *("split_conditions", "split_indices", "split_type", "sum_hessian"),
)
_NO_CHILD = -1


class UnreadableModelError(EmbeddedAwsError):
    """The artefact is no model of trees as XGBoost writes it; the message says why."""


def check(document: Any) -> str:
    """The name of the objective of a decoded model. Raises UnreadableModelError."""
    try:
        return _check(document)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UnreadableModelError(f"it is no model of XGBoost: {type(error).__name__} {error}") from None


def _check(document: Any) -> str:
    learner = document["learner"]
    booster = learner["gradient_booster"]
    if booster["name"] != "gbtree":
        raise UnreadableModelError(f"its booster is {str(booster['name'])[:40]!r}; gbtree is served")
    model, features = booster["model"], int(learner["learner_model_param"]["num_feature"])
    trees, ends = model["trees"], [int(end) for end in model["iteration_indptr"]]
    counts = {len(trees), len(model["tree_info"]), int(model["gbtree_model_param"]["num_trees"]), ends[-1]}
    if len(counts) > 1 or ends[0] or sorted(ends) != ends:
        raise UnreadableModelError("its numbers of trees differ")
    classes = max(1, int(learner["learner_model_param"]["num_class"]))
    if not all(0 <= int(group) < classes for group in model["tree_info"]):
        raise UnreadableModelError("a tree is of a class that is not there")
    for number, tree in enumerate(trees):
        _check_tree(number, tree, features)
    return str(learner["objective"]["name"])


def _check_tree(number: int, tree: Any, features: int) -> None:
    nodes = int(tree["tree_param"]["num_nodes"])
    if nodes < 1 or any(len(tree[name]) != nodes for name in _ARRAYS):
        raise UnreadableModelError(f"tree {number} has arrays of other lengths than its {nodes} nodes")
    if len(tree["categories"]) or int(tree["tree_param"]["size_leaf_vector"]) > 1:
        raise UnreadableModelError(f"tree {number} has categories or vectors, which are not served")
    left, right = np.asarray(tree["left_children"], int), np.asarray(tree["right_children"], int)
    columns = np.asarray(tree["split_indices"], int)[left != _NO_CHILD]
    if ((left == _NO_CHILD) != (right == _NO_CHILD)).any() or ((columns < 0) | (columns >= features)).any():
        raise UnreadableModelError(f"tree {number} has a node with one child, or a column that is not there")
    children = np.concatenate([left[left != _NO_CHILD], right[right != _NO_CHILD]])
    # Each node is the child of one, and the root of none: then no way leads back.
    if ((children < 1) | (children >= nodes)).any() or len(np.unique(children)) != len(children):
        raise UnreadableModelError(f"tree {number} has a child outside of it, or of two nodes")
