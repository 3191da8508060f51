"""Why the gate held a model back, by the criteria of its verdict."""

from collections.abc import Mapping
from typing import Any

from wildrydes.evaluation.criterion import BELOW_CHAMPION, BELOW_CONSTANT, COMPARABLE, NOT_WORSE, PROMOTE

_BETTER = {BELOW_CHAMPION, BELOW_CONSTANT, NOT_WORSE}
_UNKNOWN = "see its verdict"


def faults(verdict: Mapping[str, Any]) -> list[str]:
    """Each criterion that the model does not pass, as a clause.

    Empty where it passes all, and of a verdict of an earlier version, which has a sentence alone.
    """
    return [str(each.get("fault")) for each in _failures(verdict)]


def in_brief(verdict: Mapping[str, Any]) -> str:
    """The same in a few words, for a list.

    >>> in_brief({"promote": False, "criteria": [{"name": "below_champion", "passes": False}]})
    'not better'
    >>> in_brief({"promote": False, "reason": "A sentence of an earlier version."})
    'see its verdict'
    """
    names = [each.get("name") for each in _failures(verdict)]
    if not names:
        return _UNKNOWN
    if names == [PROMOTE]:
        return "promote was off"
    if COMPARABLE in names:
        return "not comparable"
    checks = "failed a check" if set(names) - _BETTER - {PROMOTE} else ""
    return " and ".join(filter(None, ["not better" if _BETTER & set(names) else "", checks]))


def _failures(verdict: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    criteria = verdict.get("criteria")
    listed = criteria if isinstance(criteria, list) else []
    return [each for each in listed if isinstance(each, Mapping) and each.get("passes") is False]
