"""A rule of a Choice as a few words: `task = samples`, `Cause has "Could not find endpoint"`.

What guards a comparison, that its variable is there, is left out. A variable is named by the last part of its path.

https://states-language.net/spec.html#choice-state
"""

from collections.abc import Iterator, Mapping
from typing import Any

_SIGNS = {
    "Equals": "=",
    "LessThan": "<",
    "LessThanEquals": "≤",
    "GreaterThan": ">",
    "GreaterThanEquals": "≥",
    "Matches": "has",
}
_TYPES = ("String", "Numeric", "Boolean", "Timestamp")
_PATH = "Path"
_AROUND = '*"'
_OPPOSITES = {"=": "≠", "<": "≥", "≤": ">", ">": "≤", "≥": "<", "has": "has not", "is": "is not"}

Comparison = tuple[str, str, str]
"""A name, a sign and a value."""


def condition(rule: Mapping[str, Any]) -> str:
    """The words of a rule; those that a JSONata rule has itself.

    >>> condition({"Variable": "$.task.source", "StringEquals": "samples", "Next": "Join samples"})
    'source = samples'
    >>> guard = {"Variable": "$.error.Cause", "IsPresent": True}
    >>> condition({"And": [guard, {"Variable": "$.error.Cause", "StringMatches": "*Could not find*"}]})
    'Cause has "Could not find"'
    >>> condition({"Not": {"Variable": "$.config", "StringEquals": "none"}})
    'config ≠ none'
    """
    if "Condition" in rule:
        return str(rule["Condition"]).strip().removeprefix("{%").removesuffix("%}").strip()
    return _words(rule)


def _words(rule: Mapping[str, Any]) -> str:
    if "Not" in rule:
        return _negated(rule["Not"])
    if "Or" in rule:
        return _same_variable(rule["Or"])
    if "And" in rule:
        parts = _without_guards(list(_conjuncts(rule)))
        return " and ".join(map(_part, parts)) if len(parts) > 1 else _words(parts[0])
    return " ".join(_comparison(rule))


def _part(rule: Mapping[str, Any]) -> str:
    """A rule within another one: in brackets where it could be read otherwise."""
    words = _words(rule)
    return f"({words})" if "Or" in rule else words


def _negated(rule: Mapping[str, Any]) -> str:
    if "And" in rule or "Or" in rule or "Not" in rule:
        return f"not ({_words(rule)})"
    name, sign, value = _comparison(rule)
    return f"{name} {_OPPOSITES[sign]} {value}"


def _conjuncts(rule: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All rules that have to hold, those of an And within an And too."""
    if "And" not in rule:
        yield rule
        return
    for each in rule["And"]:
        yield from _conjuncts(each)


def _without_guards(rules: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rules of an And without those that only say that a variable is there which another one looks at."""
    looked_at = {name for rule in rules if not _is_guard(rule) for name in _variables(rule)}
    return [rule for rule in rules if not (_is_guard(rule) and rule["Variable"] in looked_at)] or rules


def _is_guard(rule: Mapping[str, Any]) -> bool:
    return any(name.startswith("Is") and value is True for name, value in rule.items())


def _variables(rule: Mapping[str, Any]) -> Iterator[str]:
    for junction in ("And", "Or"):
        for each in rule.get(junction, ()):
            yield from _variables(each)
    if "Not" in rule:
        yield from _variables(rule["Not"])
    if "Variable" in rule:
        yield rule["Variable"]


def _same_variable(rules: list[Mapping[str, Any]]) -> str:
    """Rules of which one has to hold: of one variable its values in a row."""
    simple = [_comparison(each) for each in rules if "Variable" in each]
    if len(simple) == len(rules) and len({(name, sign) for name, sign, _ in simple}) == 1:
        name, sign, _ = simple[0]
        return f"{name} {sign} {' or '.join(value for _, _, value in simple)}"
    return " or ".join(map(_words, rules))


def _comparison(rule: Mapping[str, Any]) -> Comparison:
    """The one comparison that a rule has."""
    (operator, value), *_ = ((each, rule[each]) for each in rule if each not in ("Variable", "Next", "Comment"))
    name = _name(rule["Variable"], 1)
    if operator.startswith("Is"):
        kind = {"IsPresent": "there", "IsNull": "null"}.get(operator, f"a {operator[2:].lower()}")
        return name, "is" if value else "is not", kind
    bare = operator.removesuffix(_PATH)
    sign = _SIGNS[next(bare.removeprefix(each) for each in _TYPES if bare.startswith(each))]
    if operator.endswith(_PATH):
        return _apart(rule["Variable"], str(value), sign)
    if isinstance(value, bool):
        return name, sign, "yes" if value else "no"
    return name, sign, f'"{value.strip(_AROUND)}"' if sign == "has" else str(value) or '""'


def _apart(variable: str, path: str, sign: str) -> Comparison:
    """Two variables, by as many of their last parts as tell them apart: `published.version` and `previous.version`."""
    most = max(variable.count("."), path.count("."), 1)
    parts = next((each for each in range(1, most) if _name(variable, each) != _name(path, each)), most)
    return _name(variable, parts), sign, _name(path, parts)


def _name(path: str, parts: int) -> str:
    """The last parts of a path: of `$.alias.version` one is its version."""
    return ".".join(path.split(".")[-parts:])
