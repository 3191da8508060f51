"""How sure a test of a day has to be, so that a quarter without drift seldom raises an alarm.

A champion is watched each day by several tests, and each could be wrong. So there is one budget of false alarms for a
task and a quarter. It is divided by the days and by the tests of a day. By the union bound the probability that any of
them is wrong in a quarter is no more than the budget, whatever the tests have in common (Bonferroni).

A champion's place is decided by a budget that lasts for ever (`wildrydes.evaluation.error_budget`), and later
comparisons get less of it. A watch must not tire: its budget is for any quarter, and each day gets the same.

    >>> f"{level(tests=10):.2e}"
    '1.11e-05'
"""

QUARTER_BUDGET = 0.01
"""The most quarters without drift, of all, that may raise an alarm for a task."""

QUARTER_DAYS = 90


def level(tests: int) -> float:
    """The probability of a false alarm that one test of one day may have, beside `tests` - 1 others."""
    return QUARTER_BUDGET / (QUARTER_DAYS * tests)
