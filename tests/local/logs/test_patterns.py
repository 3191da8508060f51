"""Filter patterns, by AWS's document: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html"""

import pytest

from local.logs.patterns import PatternError, matcher


@pytest.mark.parametrize(
    ("pattern", "message", "matches"),
    [
        ("", "anything", True),
        ("ERROR", "an ERROR here", True),
        ("ERROR", "an error here", False),
        ('ERROR "two words"', "two words, ERROR", True),
        ('ERROR "two words"', "two ERROR words", False),
        ("{ $.capture = 1 }", '{"capture": 1, "rows": []}\n', True),
        ("{ $.capture = 1 }", '{"capture": 2}', False),
        ("{ $.capture = 1 }", '{"capture": true}', False),
        ("{ $.capture = 1 }", '{"capture": "1"}', False),
        ("{ $.capture = 1 }", '{"other": 1}', False),
        ("{ $.capture = 1 }", 'START {"capture": 1}', False),
        ("{ $.capture = 1 }", '{"capture": 1', False),
        ("{$.a.b = 1.5}", '{"a": {"b": 1.5}}', True),
        ("{$.a.b = 1.5}", '{"a": 1.5}', False),
        ('{ $.level = "ERROR" && $.code != 7 }', '{"level": "ERROR", "code": 8}', True),
        ('{ $.level = "ERROR" && $.code != 7 }', '{"level": "ERROR", "code": 7}', False),
        ('{ $.level = "ERROR" && $.code != 7 }', '{"level": "ERROR"}', False),
    ],
)
def test_an_event_matches(pattern: str, message: str, matches: bool) -> None:
    assert matcher(pattern)(message) is matches


@pytest.mark.parametrize(
    "pattern", ["?ERROR ?WARN", "-DEBUG", "[ip, user]", "{ $.a > 1 }", '{ $.a = "x*" }', "%regex%", "{ $.a EXISTS }"]
)
def test_a_pattern_that_is_not_played_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="is not supported here"):
        matcher(pattern)
