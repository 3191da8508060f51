"""What a rule of a Choice asks, in a few words."""

from typing import Any

_SIGNS = {
    "NumericGreaterThan": ">",
    "NumericGreaterThanEquals": "≥",
    "NumericLessThan": "<",
    "NumericLessThanEquals": "≤",
    "NumericEquals": "=",
    "StringEquals": "=",
    "StringMatches": "like",
    "BooleanEquals": "is",
}
_GUARDS = ("IsPresent", "IsString", "IsNumeric")
_LONGEST = 64


def words_of(rules: list[dict[str, Any]], *, alone: bool = False) -> str:
    """The conditions of the rules that lead to one state.

    One that is too long is cut off. Where these rules are `alone` in their Choice, the state's name asks it, and the
    words are "yes".

    What a rule asks only so that the rest can be asked at all, such as whether a value is there, is left out.

    >>> words_of([{"And": [{"Variable": "$.a.is", "IsPresent": True}, {"Variable": "$.a.is", "StringEquals": "x"}]}])
    'is = x'
    """
    text = " or ".join(dict.fromkeys(_words(rule) for rule in rules))
    if len(text) <= _LONGEST:
        return text
    return "yes" if alone else f"{text[: _LONGEST - 1].rstrip()}…"


def _words(rule: dict[str, Any]) -> str:
    if "Not" in rule:
        inner = rule["Not"]
        if "StringEquals" in inner:
            return f"{_name(inner['Variable'])} ≠ {inner['StringEquals']}"
        return f"not ({_words(inner)})"
    if "And" in rule:
        return " and ".join(dict.fromkeys(_words(each) for each in _without_guards(rule["And"])))
    if "Or" in rule:
        return _alternatives(rule["Or"])
    return _comparison(rule)


def _without_guards(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules that ask something of a value, not only whether it is there; all, where none does more."""
    compared = {each["Variable"] for rule in rules for each in _leaves(rule) if not _guards(each)}
    return [rule for rule in rules if not (_guards(rule) and rule["Variable"] in compared)]


def _guards(rule: dict[str, Any]) -> bool:
    return any(rule.get(each) is True for each in _GUARDS)


def _leaves(rule: dict[str, Any]) -> list[dict[str, Any]]:
    inner = rule.get("And") or rule.get("Or") or ([rule["Not"]] if "Not" in rule else [])
    return [leaf for each in inner for leaf in _leaves(each)] if inner else [rule]


def _alternatives(rules: list[dict[str, Any]]) -> str:
    """`status = Creating, Updating or Deleting`, where only the value differs."""
    texts = list(dict.fromkeys(_words(each) for each in rules))
    start = texts[0].rpartition(" ")[0] + " "
    if (
        len(texts) > 1
        and all("StringEquals" in each for each in rules)
        and all(each.startswith(start) for each in texts)
    ):
        values = [text.removeprefix(start) for text in texts]
        return f"{start}{', '.join(values[:-1])} or {values[-1]}"
    return " or ".join(texts)


def _comparison(rule: dict[str, Any]) -> str:
    operator, value = next((key, value) for key, value in rule.items() if key not in ("Variable", "Next"))
    name = _name(rule["Variable"])
    if operator == "IsPresent":
        return f"{name} is there" if value else f"no {name}"
    if operator in _GUARDS:
        return f"{name} is of its type"
    if operator.endswith("Path"):
        operator = operator.removesuffix("Path")
        same = _name(value) == name
        name, value = (_of_its_root(rule["Variable"]), _of_its_root(value)) if same else (name, _name(value))
    sign = _SIGNS.get(operator, operator)
    return f"{name} {sign} {value}".replace('"', "'")


def _of_its_root(path: str) -> str:
    """`$.live.variables.PROMOTION` as `live.PROMOTION`."""
    return f"{path.split('.')[1]}.{_name(path)}"


def _name(path: str) -> str:
    """The last word of a path."""
    return path.rsplit(".", 1)[-1]
