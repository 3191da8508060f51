from typing import Any

import pytest

from cli import models, verdicts


def _failing(*names: str) -> dict[str, Any]:
    criteria = [{"name": name, "passes": False, "value": 1, "bound": 2, "fault": f"{name} is off"} for name in names]
    return {"promote": False, "reason": "…", "criteria": [{"name": "rows", "passes": True, "fault": None}, *criteria]}


@pytest.mark.parametrize(
    ("verdict", "brief"),
    [
        (_failing("promote"), "promote was off"),
        (_failing("below_constant"), "not better"),
        (_failing("below_champion", "promote"), "not better"),
        (_failing("not_worse_than_champion"), "not better"),
        (_failing("calibration_chance"), "failed a check"),
        (_failing("auc", "promote"), "failed a check"),
        (_failing("below_champion", "auc"), "not better and failed a check"),
        (_failing("comparable", "below_constant"), "not comparable"),
        # What the sentence of an earlier version says is not guessed.
        ({"promote": False, "reason": "It is better, but the AUC is lower."}, "see its verdict"),
        ({"promote": False, "criteria": "none"}, "see its verdict"),
    ],
)
def test_reason_in_brief_is_that_of_the_criteria(verdict: dict[str, Any], brief: str) -> None:
    assert verdicts.in_brief(verdict) == brief


def test_list_of_models_has_each_fault_or_of_an_earlier_card_the_sentence_alone() -> None:
    cards = {
        name: {"execution": name, "created": name, "verdict": verdict}
        for name, verdict in {
            "a": {"promote": False, "reason": "An earlier sentence."},
            "b": _failing("auc", "promote"),
            "c": {},
        }.items()
    }
    shown = [(line.why, line.faults) for line in models.lines([], cards)]
    assert shown == [
        ("An earlier sentence.", []),
        ("…", ["auc is off", "promote is off"]),
        ("its card holds no verdict", []),
    ]
