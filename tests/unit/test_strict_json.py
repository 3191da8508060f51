"""Repeated keys and nesting: one rule for rides, messages, requests and the input of an execution."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes import strict_json
from wildrydes.errors import BadJson, BadRideFile
from wildrydes.rides.files import records
from wildrydes.strict_json import MOST_LEVELS, Nesting, decode, decode_objects, exceeds, fault_of

keys = st.sampled_from(["a", "A", "b", 'q"', "{", ",", "Distance", "distance", "é", "É"])
plain = st.none() | st.integers() | st.sampled_from(["", "x", "a,b", '"', "{[", "\\"])


@contextmanager
def stack_of(frames: int) -> Iterator[None]:
    """The interpreter with another limit: in Python 3.11 it is what ends the decoder's descent."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(frames)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


@st.composite
def objects(draw: st.DrawFn, depth: int = 3) -> tuple[str, bool]:
    """The text of an object, and whether one in it has a key more than once, in any case."""
    names = draw(st.lists(keys, max_size=4))
    repeated = len({name.lower() for name in names}) < len(names)
    members = []
    for name in names:
        if depth and draw(st.booleans()):
            text, inner = draw(objects(depth - 1))
            text, repeated = f"[1, {text}]" if draw(st.booleans()) else text, repeated or inner
        else:
            text = json.dumps(draw(plain))
        members.append(f"{json.dumps(name, ensure_ascii=draw(st.booleans()))}: {text}")
    return f"{{{', '.join(members)}}}", repeated


@given(objects())
def test_an_object_is_ambiguous_when_it_or_one_in_it_has_a_key_twice(example: tuple[str, bool]) -> None:
    text, repeated = example
    fault = fault_of(json.loads(text), text)
    assert (fault is not None) == repeated
    if not repeated:
        assert decode(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ('{"Distance": 1, "Distance": 18.0}', "Distance is there more than once: 1 and 18.0; one is expected"),
        ('{"Distance":1,"b":2,"distance":1}', "distance is there more than once, in different cases: 1 and 1"),
        ('{"a": "x", "a": "x"}', 'a is there more than once: "x" and "x"'),
        ('{"a": {"b": [{"c": null, "c": {}}]}}', "c is there more than once: null and {}"),
        ('{"a": {"b": 1}, "A": {}}', 'A is there more than once, in different cases: {"b": 1} and {}'),
        ('{"\\u0061": 1, "a": 2}', "a is there more than once: 1 and 2"),
        ('\ufeff [{"a": 1, "a": 2}]', "a is there more than once: 1 and 2"),
        (f'{{"a": {"9" * 9000}, "a": "{"y" * 9000}"}}', 'a is there more than once: Infinity and "yyyyyyy'),
    ],
)
def test_what_is_repeated_is_named_with_both_values(text: str, detail: str) -> None:
    with pytest.raises(BadJson) as raised:
        decode(text)
    assert raised.value.reason == "ambiguous_field"
    assert raised.value.detail.startswith(detail)
    assert len(raised.value.detail) < 200


def nested(levels: int, inside: str = "") -> str:
    opening = "".join('{"a":' if level % 2 else "[" for level in range(levels))
    return opening + inside + "".join("}" if level % 2 else "]" for level in reversed(range(levels)))


def outcome(text: str) -> Any:
    try:
        return decode(text)
    except BadJson as fault:
        return fault.reason


@pytest.mark.parametrize("frames", [400, 1000, 6000])
def test_nesting_is_limited_by_our_number_whatever_the_interpreter_allows(frames: int) -> None:
    with stack_of(frames):
        assert outcome(nested(MOST_LEVELS, "1")) == json.loads(nested(MOST_LEVELS, "1"))
        for levels in (MOST_LEVELS + 1, 500, 3000, 20_000):
            assert outcome(nested(levels, "1")) == "too_deep"
            assert outcome("[" * levels) == "too_deep"
            assert outcome(nested(levels, "oops")) == "too_deep"
            assert outcome(f"[{nested(levels, '1')}, oops") == "too_deep"
            assert outcome(f"[oops, {nested(levels, '1')}]") == "not_json"


@pytest.mark.parametrize("levels", [MOST_LEVELS + 1, 500])
def test_nesting_of_objects_that_are_each_for_itself_is_limited_too(levels: int) -> None:
    deepest = nested(MOST_LEVELS, "1")
    assert decode_objects(deepest) == json.loads(deepest)
    with pytest.raises(BadJson) as fault:
        decode_objects(nested(levels, "1"))
    assert fault.value.reason == "too_deep"


def test_brackets_in_texts_are_no_levels() -> None:
    for text in ("[" * 100, '\\"{' * 100, "]}" * 100):
        assert decode(json.dumps([{"a": text, "b": [text]}])) == [{"a": text, "b": [text]}]
    many = json.dumps([{"a": [1], "b": {"c": 1}}] * 500)
    assert decode(many) == json.loads(many)
    assert outcome(json.dumps([1] * 500)[:-1] + ", " + nested(MOST_LEVELS, "1") + "]") == "too_deep"


def test_the_bracket_that_closes_another_is_found_past_texts() -> None:
    text = ' {"]": ["\\"]}", 1]} ]'
    assert text[1 : Nesting().closing(text, 1)] == '{"]": ["\\"]}", 1]}'
    assert Nesting().closing('[["]"', 0) == Nesting().closing('["]', 0) == -1
    assert exceeds("[" * 40)
    assert exceeds('"' + "[" * 40) is False


@given(
    st.text('[]{}"\\\\a,', max_size=300).map("[".__add__)
    | st.integers(1, 9000).map(lambda levels: nested(levels, '"]"')),
    st.lists(st.integers(0, 20_000), max_size=4),
)
def test_nesting_of_a_text_in_parts_is_that_of_the_whole(text: str, cuts: list[int]) -> None:
    levels = list(strict_json._levels(text))
    closing = next((place for place, open_brackets in levels if open_brackets == 0), -1)
    nesting, parts = Nesting(), [text[:cut] for cut in sorted(cuts) if cut < len(text)]
    places = [nesting.closing(part, 0) for part in [*parts, text]]
    # What was read of a value that has been closed is not read again.
    assert next((place for place in places if place >= 0), -1) == closing
    if closing < 0:
        assert nesting.exceeds(text, 0, len(text)) is any(open_brackets > MOST_LEVELS for _, open_brackets in levels)


@pytest.mark.parametrize("opening", ["[", '{"a":', '["", '])
def test_millions_of_levels_are_not_looked_at_one_by_one(opening: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, levels = [0], strict_json._levels

    def count(*arguments: Any) -> Iterator[tuple[int, int]]:
        for each in levels(*arguments):
            looks[0] += 1
            yield each

    monkeypatch.setattr(strict_json, "_levels", count)
    with pytest.raises(BadRideFile, match=r"record_too_large|too_deep"):
        list(records([opening.encode() * 1_000_000]))
    # Those of the first few thousand characters.
    assert 0 < looks[0] < 10_000


@pytest.mark.parametrize("text", ["", " ", "{", "ride", '{"a": 1}}', "\ufeff\ufeff{}"])
def test_what_is_no_json_is_said_with_its_place(text: str) -> None:
    with pytest.raises(BadJson, match=r"^not_json: .* at character \d+$"):
        decode(text)


def test_numbers_of_any_length_are_numbers() -> None:
    value = decode(f'{{"a": {"7" * 5000}, "b": NaN, "c": -1e999}}')
    assert (value["a"], value["c"]) == (float("inf"), -float("inf"))
    assert value["b"] != value["b"]
