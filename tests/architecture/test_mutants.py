"""A change of a module is held against the tests of its own folder: `make mutants`."""

from pathlib import Path

import pytest

from related_tests import related_tests

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("module", "first"),
    [
        ("functions/wildrydes/evaluation/gate.py", "tests/unit/evaluation/test_gate.py"),
        (
            "functions/wildrydes/training/hyperparameters/together.py",
            "tests/unit/training/test_hyperparameters_together.py",
        ),
        ("functions/predict/app.py", "tests/functions/test_predict.py"),
        ("statemachines/promote.py", "tests/statemachines/test_promote.py"),
        ("local/iam/signatures.py", "tests/local/iam/test_signatures.py"),
    ],
)
def test_the_tests_that_name_a_module_come_first(module: str, first: str) -> None:
    assert related_tests(module, ROOT)[0] == first


def test_the_comparison_of_what_is_rendered_is_no_test_of_a_workflow() -> None:
    assert "tests/statemachines/test_render.py" not in related_tests("statemachines/promote.py", ROOT)
