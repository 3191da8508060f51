"""Whether a regressor says too much or too little, on all rows or on a part of them, by more than chance explains.

It has the role that calibration has for a classifier, and the same statistic: the rows in ten groups by their
prediction, and from the lowest group up the sum of prediction less label, at its largest without its sign
(`wildrydes.evaluation.calibration.largest_gap`).

What a regressor leaves open is how labels spread around the prediction, so there is no distribution to compute the
chance from. The errors themselves give it. If they are as often too high as too low by any amount, then their signs are
tosses of a coin, given their sizes. A sum of them reaches `gap` at any point with a probability of at most
2 exp(-gap² / (2 squares)): Hoeffding's bound for the largest of the partial sums (1963, section 2), by the sizes that
were seen in the place of known ranges (Efron, 1969; de la Peña, Lai and Shao, Self-Normalized Processes, 2009, chapter
2). Skewed errors do not meet that premise. There the bound's slack protects, since on many rows a sum exceeds it at
2.5% in no more than 0.7%; docs/model-gate.md has what is measured.

    >>> round(largest_chance(30.0, 100.0), 4), largest_chance(-1.0, 100.0)
    (0.0222, 1.0)
"""

from math import exp

TOLERABLE_BIAS = 0.05
"""So many of the labels' deviations a mean gap may be without being a fault: no model is exactly right.

As for a classifier's gap of 0.025, a twentieth of the deviation of the labels where it is largest.
"""


def largest_chance(gap: float, squares: float) -> float:
    """An upper bound of the probability of a cumulative gap of errors, `squares` being the sum of their squares."""
    if gap <= 0:
        return 1.0
    return min(1.0, 2 * exp(-gap * gap / (2 * squares)))
