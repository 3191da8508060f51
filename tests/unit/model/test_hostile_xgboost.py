"""XGBoost's files that somebody made to do harm: each is a BadModel, and takes no more memory than a bound."""

import json
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from wildrydes.algorithms import XGBOOST
from wildrydes.errors import BadModel
from wildrydes.model.artefact import read_model
from wildrydes.model.ubjson import MOST_VALUES, read_ubjson
from wildrydes.model.xgboost_model import MOST_JSON, MOST_UNPACKED
from wildrydes.model.xgboost_trees import MOST_DEPTH, MOST_NODES, MOST_TREES

MOST_MEMORY = 160 << 20
"""Bytes. The function has 512 MB, of which Python and its libraries take some 60."""

Pack = Callable[..., bytes]

TREE: dict[str, Any] = {
    "left_children": [1, 3, -1, -1, -1],
    "right_children": [2, 4, -1, -1, -1],
    "split_indices": [0, 1, 0, 0, 0],
    "split_conditions": [1.0, 2.0, 10.0, 20.0, 30.0],
    "default_left": [1, 0, 0, 0, 0],
    "split_type": [0, 0, 0, 0, 0],
    "tree_param": {"num_nodes": "5", "size_leaf_vector": "1"},
}
LEAF = {name: value[2:3] for name, value in TREE.items() if name != "tree_param"} | {"tree_param": {}}
LEARNER = ("learner",)
PARAMETERS = ("learner", "learner_model_param")
BOOSTER = ("learner", "gradient_booster")
MODEL = (*BOOSTER, "model")


def document(*trees: Any) -> dict[str, Any]:
    """A regressor of two features with these trees."""
    model = {"gbtree_model_param": {"num_trees": str(len(trees))}, "trees": list(trees)}
    learner = {
        "objective": {"name": "reg:squarederror"},
        "learner_model_param": {"base_score": "5E-1", "num_feature": "2", "num_class": "0", "num_target": "1"},
        "gradient_booster": {"name": "gbtree", "model": model},
    }
    return {"version": [3, 0, 5], "learner": learner}


def changed(path: tuple[str, ...], **members: Any) -> bytes:
    """The model with other members in one of its objects."""
    whole = document(TREE)
    place = whole
    for name in path:
        place = place[name]
    place.update(members)
    return json.dumps(whole).encode()


def with_tree(**members: Any) -> bytes:
    """The model with other members in its tree."""
    return json.dumps(document(deepcopy(TREE) | members)).encode()


def ubj(value: Any) -> bytes:
    """A value in UBJSON; bytes are taken as they are."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        return b"{" + b"".join(ubj(name)[1:] + ubj(each) for name, each in value.items()) + b"}"
    if isinstance(value, list):
        return b"[#L" + struct.pack(">q", len(value)) + b"".join(map(ubj, value))
    if isinstance(value, str):
        return b"SL" + struct.pack(">q", len(value)) + value.encode()
    return b"d" + struct.pack(">f", value) if isinstance(value, float) else b"l" + struct.pack(">i", value)


def in_ubj(**members: Any) -> bytes:
    """The model in UBJSON, with other members in its tree."""
    return ubj(document(TREE | members))


def integers(*values: int) -> bytes:
    return b"[$l#L" + struct.pack(f">q{len(values)}i", len(values), *values)


def floats(*values: float) -> bytes:
    return b"[$d#L" + struct.pack(f">q{len(values)}f", len(values), *values)


def chain(depth: int) -> dict[str, Any]:
    """A tree that goes to the left so many times."""
    count = 2 * depth + 1
    lefts = [node + 1 if node < depth else -1 for node in range(count)]
    rights = [depth + 1 + node if node < depth else -1 for node in range(count)]
    return TREE | {
        "left_children": lefts,
        "right_children": rights,
        "split_indices": [0] * count,
        "split_conditions": [1.0] * count,
        "default_left": [0] * count,
        "split_type": [0] * count,
    }


def lone_roots(count: int) -> dict[str, Any]:
    """A tree that says it has so many nodes, of which its root alone is reached."""
    lone = b"[$i#L" + struct.pack(">q", count) + b"\xff" * count
    zeros = b"[$i#L" + struct.pack(">q", count) + bytes(count)
    others = dict.fromkeys(("split_indices", "default_left", "split_type"), zeros)
    conditions = b"[$d#L" + struct.pack(">q", count) + bytes(4 * count)
    return others | {"left_children": lone, "right_children": lone, "split_conditions": conditions, "tree_param": {}}


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "a pickle": b"\x80\x04\x95\x00\x00",
    "the older binary format": b"binf" + bytes(200),
    "no end of JSON": b'{"learner": {',
    "no learner": b'{"version": [3, 0, 5]}',
    "a learner that is a list": changed((), learner=[]),
    "no version": changed((), version=None),
    "a version of text": changed((), version=["3", 0, 5]),
    "a version too new": changed((), version=[3, 1, 0]),
    "a version too old": changed((), version=[1, 6, 2]),
    "another objective": changed(LEARNER, objective={"name": "rank:ndcg"}),
    "an objective that is a list": changed(LEARNER, objective={"name": ["reg:squarederror"]}),
    "another booster": changed(BOOSTER, name="gblinear"),
    "dropped trees": changed(BOOSTER, name="dart"),
    "several classes": changed(PARAMETERS, num_class="3"),
    "several targets": changed(PARAMETERS, num_target="2"),
    "no base": changed(PARAMETERS, base_score=None),
    "a base that is a number": changed(PARAMETERS, base_score=0.5),
    "a base that is not finite": changed(PARAMETERS, base_score="nan"),
    "a base beyond float32": changed(PARAMETERS, base_score="1e300"),
    "a base in a list": changed(PARAMETERS, base_score="[5E-1]"),
    "no features": changed(PARAMETERS, num_feature="0"),
    "negative features": changed(PARAMETERS, num_feature="-2"),
    "endless features": changed(PARAMETERS, num_feature="9" * 5000),
    "trees that are an object": changed(MODEL, trees={}),
    "more trees than it says": changed(MODEL, gbtree_model_param={"num_trees": "0"}),
    "a tree that is a list": changed(MODEL, trees=[[]]),
    "no nodes": with_tree(**{name: [] for name in TREE if name != "tree_param"}),
    "a circle": with_tree(left_children=[1, 0, -1, -1, -1]),
    "a node below itself": with_tree(right_children=[2, 1, -1, -1, -1]),
    "two ways to a node": with_tree(right_children=[1, 4, -1, -1, -1]),
    "a child out of range": with_tree(left_children=[1, 5, -1, -1, -1]),
    "a child far out of range": with_tree(left_children=[1 << 70, 3, -1, -1, -1]),
    "a negative child": with_tree(right_children=[2, -4, -1, -1, -1]),
    "one child": with_tree(left_children=[1, -1, -1, -1, -1]),
    "a right child of minus one": with_tree(right_children=[-1, 4, -1, -1, -1]),
    "a feature out of range": with_tree(split_indices=[0, 2, 0, 0, 0]),
    "a negative feature": with_tree(split_indices=[-1, 0, 0, 0, 0]),
    "a feature that is a fraction": with_tree(split_indices=[0.5, 0, 0, 0, 0]),
    "a threshold that is no number": with_tree(split_conditions=[float("nan"), 2.0, 10.0, 20.0, 30.0]),
    "an endless leaf": with_tree(split_conditions=[1.0, 2.0, float("inf"), 20.0, 30.0]),
    "leaves whose sum no float32 holds": json.dumps(
        document(*[TREE | {"split_conditions": [1.0, 2.0, 3e38, 3e38, 3e38]}] * 2)
    ).encode(),
    "a threshold beyond float32": with_tree(split_conditions=[1e300, 2.0, 10.0, 20.0, 30.0]),
    "a threshold of a thousand digits": with_tree(split_conditions=[10**1000, 2.0, 10.0, 20.0, 30.0]),
    "a threshold that is true": with_tree(split_conditions=[True, 2.0, 10.0, 20.0, 30.0]),
    "fewer thresholds than nodes": with_tree(split_conditions=[1.0]),
    "categories": with_tree(split_type=[1, 0, 0, 0, 0]),
    "a third way to go": with_tree(default_left=[2, 0, 0, 0, 0]),
    "leaves of vectors": with_tree(tree_param={"size_leaf_vector": "3"}),
    "a tree too deep": json.dumps(document(chain(MOST_DEPTH + 1))).encode(),
    "UBJSON cut short": in_ubj()[:-40],
    "UBJSON that goes on": in_ubj() + b"}",
    "a circle in UBJSON": in_ubj(left_children=integers(1, 0, -1, -1, -1)),
    "a number not finite in UBJSON": in_ubj(
        split_conditions=b"[$d#L" + struct.pack(">q5f", 5, float("nan"), 1, 2, 3, 4)
    ),
    "children that are floats": in_ubj(left_children=floats(1, 3, -1, -1, -1)),
    "a length below zero": in_ubj(left_children=b"[$l#L" + struct.pack(">q", -5)),
    "a length beyond the file": in_ubj(left_children=b"[$l#L" + struct.pack(">q", 1 << 60)),
    "a length that is a float": in_ubj(left_children=b"[$l#d" + struct.pack(">f", 5)),
    "a list longer than the file": in_ubj(left_children=b"[#L" + struct.pack(">q", 1 << 60)),
    "an array of arrays": in_ubj(left_children=b"[$[#L" + struct.pack(">q", 5)),
    "an array of nothing at all": in_ubj(left_children=b"[$Z#L" + struct.pack(">q", 1 << 40)),
    "a type that is not there": in_ubj(left_children=b"H"),
    "a name twice": b"{i\x01aT" + b"i\x01aT}",
    "a name not in UTF-8": b"{i\x01\xffT}",
}
LARGE: dict[str, Callable[[], bytes]] = {
    "a JSON that grows": lambda: b'{"a": [' + b"{}," * 1_300_000 + b"{}]}",
    "a JSON too large": lambda: b'{"a": "' + b"x" * MOST_JSON + b'"}',
    "a JSON too deep": lambda: b'{"a":' * 100_000,
    "a bomb": lambda: bytes(1 << 26),
    "too many trees": lambda: json.dumps(document(*[LEAF] * (MOST_TREES + 1))).encode(),
    "too many nodes": lambda: ubj(document(lone_roots(MOST_NODES + 1))),
    "a name that is endless": lambda: b"{L" + struct.pack(">q", 1 << 20) + b"x" * (1 << 20) + b"T}",
    "containers in containers": lambda: b"{i\x01a" + b"[" * 100_000,
    "empty containers without an end": lambda: b"{i\x01a[" + b"[]" * (MOST_UNPACKED // 2 - 100) + b"]}",
    "numbers without an end": lambda: b"{i\x01a[" + b"i\x01" * (MOST_UNPACKED // 2 - 100) + b"]}",
}


def test_what_is_changed_below_is_a_model_as_it_is(pack_xgboost: Pack) -> None:
    for data in (with_tree(), in_ubj(), json.dumps(document(TREE, LEAF | {"id": 1})).encode()):
        model = read_model(pack_xgboost(data), XGBOOST)
        assert [model.margin(row) - model.margin([5.0, 0.0]) for row in ([0.0, 0.0], [0.0, 2.0])] == [10.0, 20.0]
    assert read_model(pack_xgboost(json.dumps(document(chain(MOST_DEPTH))).encode()), XGBOOST).margin([0.0, 0.0]) == 1.5


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_a_bad_model_within_bounded_memory(data: bytes, pack_xgboost: Pack) -> None:
    check_refusal(pack_xgboost(data))


@pytest.mark.parametrize("forge", LARGE.values(), ids=LARGE)
def test_a_large_file_is_a_bad_model_within_bounded_memory(forge: Callable[[], bytes], pack_xgboost: Pack) -> None:
    check_refusal(pack_xgboost(forge()))


def test_a_hostile_archive_is_a_bad_model(pack_xgboost: Pack) -> None:
    good = pack_xgboost(with_tree())
    check_refusal(good + bytes(8 << 20))
    check_refusal(good[:-20])
    check_refusal(zlib.compress(bytes(1 << 28), 9, 31))
    for name in ("xgboost-model-0", "../xgboost-model", "model_algo-1"):
        check_refusal(pack_xgboost(with_tree(), name))


def check_refusal(archive: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BadModel) as refusal:
            read_model(archive, XGBOOST)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY
    assert 0 < len(str(refusal.value)) < 1000


def test_the_largest_model_that_is_read_stays_within_the_memory(pack_xgboost: Pack) -> None:
    archive = pack_xgboost(ubj(document(*[lone_roots(MOST_NODES // 4)] * 4)))
    tracemalloc.start()
    try:
        assert read_model(archive, XGBOOST).margin([1.0, 2.0]) == 0.5
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY


def test_values_are_counted_to_their_limit() -> None:
    fits = b"{i\x01a[#l" + struct.pack(">i", MOST_VALUES - 2) + b"T" * (MOST_VALUES - 2) + b"}"
    assert len(read_ubjson(fits)["a"]) == MOST_VALUES - 2
    with pytest.raises(BadModel, match="more than 300000 values"):
        read_ubjson(b"{i\x01a[#l" + struct.pack(">i", MOST_VALUES - 1) + b"T" * (MOST_VALUES - 1) + b"}")
