"""The models' patterns are matched in as many steps as a text has characters, and mean what Java's mean."""

import re
from functools import cache
from re import _parser as parser  # type: ignore[attr-defined] - it has no public name since Python 3.11

import pytest

from local.iam.malformed_requests import CODES
from local.protocols import operations, patterns

SERVICES = sorted({*CODES, "sagemaker", "states", "monitoring", "dynamodb"})
LEFT_OUT = {
    r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
    r"arn:[-.a-z0-9]{1,63}:codewhisperer:([-.a-z0-9]{0,63}:){2}([a-zA-Z0-9-_:/]){1,1023}",
    r"jdbc:(redshift|postgresql)://((?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)+(redshift(-serverless)?)"
    r"\.([a-zA-Z0-9\.\-]+):\d{1,5}/[a-zA-Z0-9_$-]+",
}
"""What looks ahead, or behind, in what it repeats, or counts too far: nothing is refused for one of these."""

AMBIGUOUS = [
    (r"^[a-z0-9*](?:[._\-/a-z0-9*]?[a-z0-9*]+)*$", "a" * 250, "!"),
    (r"^[ \t]*[\x20-\x7E]+([ \t]+[\x20-\x7E]+)*[ \t]*$", " " * 500, "\n"),
    (r"\$(\.[a-zA-Z0-9_.@\[\]\(\)-]+)*", "$." + "." * 500, "!"),
    (r"(\w+\.)+\w+", "a." * 200 + "a", "!"),
]


@cache
def model_patterns() -> set[str]:
    """All patterns of the services that are checked."""
    shapes = (
        model.shape_for(name)
        for service in SERVICES
        for model in operations._models(service)
        for name in model.shape_names
    )
    return {shape.metadata["pattern"] for shape in shapes if "pattern" in shape.metadata}


def test_no_pattern_in_use_leaves_python_many_ways_to_read_a_text() -> None:
    """Nearly all are RE2's. What Python reads repeats no choice."""
    matchers = {pattern: patterns.compiled(pattern) for pattern in model_patterns()}
    python = [each.pattern for each in matchers.values() if isinstance(each, re.Pattern)]
    assert not [each for each in python if patterns.is_ambiguous(parser.parse(each))]
    assert sum(isinstance(each, patterns.LinearMatcher) for each in matchers.values()) > 600


def is_read_by_python(pattern: str) -> bool:
    try:
        return bool(re.compile(pattern))
    except re.error:
        return False


def test_patterns_that_python_reads_and_that_are_not_used_are_these() -> None:
    unused = {pattern for pattern in model_patterns() if patterns.compiled(pattern) is None}
    assert {pattern for pattern in unused if is_read_by_python(pattern)} == LEFT_OUT


def test_each_pattern_with_an_equivalent_is_one_of_a_model() -> None:
    assert set(patterns.EQUIVALENTS) <= model_patterns()


@pytest.mark.parametrize(("pattern", "text", "last"), AMBIGUOUS)
def test_text_that_could_be_read_in_many_ways_is_read_once(pattern: str, text: str, last: str) -> None:
    """Some hundred characters, each of which would double the time."""
    matcher = patterns.compiled(pattern)
    assert isinstance(matcher, patterns.LinearMatcher)
    assert matcher.fullmatch(text)
    assert not matcher.fullmatch(text + last)


TEXTS = (
    "",
    "a",
    "a-b",
    "a--b",
    "-a",
    "a-",
    "a/b",
    "a.b/c",
    "$",
    "$.a",
    "aws.rides",
    "aws",
    "awsome",
    "rides",
    "https://a/b/c",
)
TEXTS += (
    "arn:aws:sagemaker:us-east-1:123456789012:image/a",
    "s3://a/b",
    "s3://a/b/c",
    "1.2.3",
    "1.2.x-1+a",
    "a b",
    "a\n",
    "a:80",
)


def test_re2_matches_what_python_does() -> None:
    for pattern in model_patterns():
        matcher = patterns.compiled(pattern)
        if not isinstance(matcher, patterns.LinearMatcher) or not is_read_by_python(pattern):
            continue
        oracle = re.compile(pattern, re.ASCII)
        for text in TEXTS:
            assert matcher.fullmatch(text) == bool(oracle.fullmatch(text)), (pattern, text)


@pytest.mark.parametrize(
    ("text", "is_matched"),
    [
        ("Ünï 日本", True),
        ("a\u2028b", True),
        ("١", True),
        ("a\tb", False),
        ("a\n", False),
        ("😀", False),
        ("a\ud800", False),
    ],
)
def test_classes_are_those_of_unicode(text: str, is_matched: bool) -> None:
    """A tab is a control character, and half a surrogate pair is none at all."""
    matcher = patterns.compiled(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*")
    assert matcher is not None
    assert matcher.fullmatch(text) is is_matched


@pytest.mark.parametrize(("text", "is_matched"), [("aws:a", False), ("aws-a", True), ("", True), ("äws:", True)])
def test_what_a_pattern_looks_ahead_for_is_looked_for(text: str, is_matched: bool) -> None:
    matcher = patterns.compiled(r"^(?!aws:)[\p{L}\p{Z}\p{N}_.:\/=+\-@%]*$")
    assert matcher is not None
    assert matcher.fullmatch(text) is is_matched


def test_a_look_ahead_limits_a_length() -> None:
    matcher = patterns.compiled(r"(?=.{1,32}$)[a-zA-Z0-9](-*[a-zA-Z0-9])*")
    assert matcher is not None
    assert matcher.fullmatch("a" * 32)
    assert not matcher.fullmatch("a" * 33)
