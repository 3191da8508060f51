"""What a rule of a Choice asks, in a few words: `task = samples`, `Cause has "Could not find endpoint"`.

It reads the rules of any definition, for the pictures and for the console (docs/decisions/0084). It imports nothing of
ours. What only guards a comparison, that its variable is there, is left out. A variable is named by the last part of
its path.

https://states-language.net/spec.html#choice-state
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Rule = Mapping[str, Any]

_OPERATOR = re.compile(
    r"Is(?P<kind>Present|Null|String|Numeric|Boolean|Timestamp)"
    r"|(?P<type>String|Numeric|Boolean|Timestamp)"
    r"(?P<relation>Equals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals|Matches)(?P<path>Path)?"
)
_SIGNS = {"Equals": "=", "LessThan": "<", "LessThanEquals": "≤", "GreaterThan": ">", "GreaterThanEquals": "≥"}
_KINDS = {
    "Present": "there",
    "Null": "null",
    "String": "a string",
    "Numeric": "a number",
    "Boolean": "a boolean",
    "Timestamp": "a timestamp",
}
_OPPOSITES = {
    "=": "≠",
    "<": "≥",
    "≤": ">",
    ">": "≤",
    "≥": "<",
    "is": "is not",
    "is not": "is",
    "has": "lacks",
    "starts with": "does not start with",
    "ends with": "does not end with",
    "is like": "is not like",
}
_STEP = re.compile(r"\['([^']*)'\]|([^.\[\]]+(?:\[[^'\]]*\])*)")
"""A step of a path: in brackets and quotes, or a name with its indices."""

_PIECE = re.compile(r"\\.|\*|[^\\*]+", re.DOTALL)
"""Of a pattern: a letter behind a backslash, a star, or text."""


@dataclass(frozen=True)
class _Comparison:
    """A variable's name, what is asked of it, and the value that it is compared with."""

    name: str
    sign: str
    value: str

    def __str__(self) -> str:
        return f"{self.name} {self.sign} {self.value}"


@dataclass(frozen=True)
class _Phrase:
    """Words, and by what they are joined: `and`, `or`, or nothing."""

    words: str
    junction: str = ""

    def within(self, junction: str) -> str:
        """The words as a part of others, in brackets where they could be read otherwise."""
        return f"({self.words})" if self.junction == "or" and junction == "and" else self.words


def words_of(rules: Sequence[Rule]) -> str:
    """The words of the rules that lead to one state, of which one has to hold. A JSONata rule has its own words.

    >>> words_of([{"Variable": "$.task.source", "StringEquals": "samples", "Next": "Join samples"}])
    'source = samples'
    >>> guard = {"Variable": "$.error.Cause", "IsPresent": True}
    >>> words_of([{"And": [guard, {"Variable": "$.error.Cause", "StringMatches": "*Could not find*"}]}])
    'Cause has "Could not find"'
    >>> words_of([{"Not": {"Variable": "$.config", "StringEquals": "none"}}])
    'config ≠ none'
    >>> words_of([{"Condition": "{% $states.input.n > 3 %}"}])
    '$states.input.n > 3'
    """
    return _alternatives(rules).words


def _phrase(rule: Rule) -> _Phrase:
    if "Condition" in rule:
        return _Phrase(str(rule["Condition"]).strip().removeprefix("{%").removesuffix("%}").strip())
    if "Not" in rule:
        return _negation(rule["Not"])
    if "Or" in rule:
        return _alternatives(rule["Or"])
    if "And" in rule:
        return _joined("and", [_phrase(each) for each in _without_guards(list(_conjuncts(rule)))])
    return _Phrase(str(_comparison(rule)))


def _joined(junction: str, phrases: Sequence[_Phrase]) -> _Phrase:
    """Phrases as one, each once. Of alternatives that have several parts each begins after a comma."""
    different = list(dict.fromkeys(phrases))
    if len(different) == 1:
        return different[0]
    comma = "," if junction == "or" and any(each.junction for each in different) else ""
    return _Phrase(f"{comma} {junction} ".join(each.within(junction) for each in different), junction)


def _negation(rule: Rule) -> _Phrase:
    if "Not" in rule:
        return _phrase(rule["Not"])
    if "And" in rule and len(rules := _without_guards(list(_conjuncts(rule)))) == 1:
        return _negation(rules[0])
    if "And" in rule or "Or" in rule:
        return _Phrase(f"not ({_phrase(rule).words})")
    comparison = _comparison(rule)
    return _Phrase(f"{comparison.name} {_OPPOSITES[comparison.sign]} {comparison.value}")


def _alternatives(rules: Sequence[Rule]) -> _Phrase:
    """Rules of which one has to hold: of one variable its values in a row, `status = Creating or Updating`."""
    if len({each.get("Variable") for each in rules}) == 1 and all("Variable" in each for each in rules):
        comparisons = [_comparison(each) for each in rules]
        values = list(dict.fromkeys(each.value for each in comparisons))
        if len(values) > 1 and len({(each.name, each.sign) for each in comparisons}) == 1:
            first = comparisons[0]
            return _Phrase(f"{first.name} {first.sign} {', '.join(values[:-1])} or {values[-1]}", "or")
    return _joined("or", [_phrase(each) for each in rules])


def _conjuncts(rule: Rule) -> Iterator[Rule]:
    """All rules that have to hold, those of an And within an And too."""
    if "And" not in rule:
        yield rule
        return
    for each in rule["And"]:
        yield from _conjuncts(each)


def _without_guards(rules: Sequence[Rule]) -> Sequence[Rule]:
    """The rules of an And without those that only say that a variable is there which another one looks at."""
    looked_at = {variable for rule in rules if not _is_guard(rule) for variable in _variables(rule)}
    return [rule for rule in rules if not (_is_guard(rule) and rule["Variable"] in looked_at)]


def _is_guard(rule: Rule) -> bool:
    return any(value is (name != "IsNull") for name, value in rule.items() if name.startswith("Is"))


def _variables(rule: Rule) -> Iterator[str]:
    for each in (*rule.get("And", ()), *rule.get("Or", ()), *([rule["Not"]] if "Not" in rule else [])):
        yield from _variables(each)
    if "Variable" in rule:
        yield rule["Variable"]


def _comparison(rule: Rule) -> _Comparison:
    """The one comparison that a rule has."""
    variable = rule["Variable"]
    operator, value = next((match, rule[name]) for name in rule if (match := _OPERATOR.fullmatch(name)))
    name = _name(variable)
    if kind := operator["kind"]:
        return _Comparison(name, "is" if value else "is not", _KINDS[kind])
    if operator["relation"] == "Matches":
        return _match(name, value)
    sign = _SIGNS[operator["relation"]]
    if operator["path"]:
        return _Comparison(*_names_apart(variable, sign, value))
    if isinstance(value, bool):
        return _Comparison(name, "is", "true" if value else "false")
    return _Comparison(name, sign, str(value) or '""')


def _match(name: str, pattern: str) -> _Comparison:
    """What StringMatches asks, without its stars where words say it. Quotes around the text are the text's in JSON."""
    parts = [""]
    for piece in _PIECE.findall(pattern):
        if piece == "*":
            parts.append("")
        else:
            parts[-1] += piece.removeprefix("\\")
    match parts:
        case ["", text, ""] if text:
            sign = "has"
        case [text, ""] if text:
            sign = "starts with"
        case ["", text] if text:
            sign = "ends with"
        case _:
            text, sign = pattern, "is like"
    return _Comparison(name, sign, '"{}"'.format(text.strip('"')))


def _names_apart(one: str, sign: str, other: str) -> tuple[str, str, str]:
    """Two paths by their last parts and, where these are one, by the last that tells them apart too.

    >>> _names_apart("$.published.version", "=", "$.previous.version")
    ('published.version', '=', 'previous.version')
    >>> _names_apart("$.live.variables.MODEL_PATH", "=", "$.before.variables.MODEL_PATH")
    ('live…MODEL_PATH', '=', 'before…MODEL_PATH')
    """
    names = [_steps(path) for path in (one, other)]
    depths = range(1, min(map(len, names)) + 1)
    depth = next((each for each in depths if names[0][-each] != names[1][-each]), 1)
    gap = "." if depth == 2 else "…"
    first, second = (path[-1] if depth == 1 else f"{path[-depth]}{gap}{path[-1]}" for path in names)
    return first, sign, second


def _name(path: str) -> str:
    """The last part of a path: of `$.alias.version` its version."""
    return _steps(path)[-1]


def _steps(path: str) -> list[str]:
    return [quoted or plain for quoted, plain in _STEP.findall(path)] or [path]
