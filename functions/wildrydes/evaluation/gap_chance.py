"""Whether chance explains what a model's calibration gap is beyond a tolerance.

The gap is `wildrydes.evaluation.calibration.largest_gap`, of cumulative differences (Arrieta-Ibarra, Gujral, Tannen,
Tygert and Xu, Metrics of Calibration for Probabilistic Predictions, 2022: ECCE-MAD). It sees a model that says too much
everywhere, and one that says too much on one side and too little on the other.

The labels of a calibrated model are drawn from its own probabilities. Bröcker and Smith (Increasing the Reliability of
Reliability Diagrams, 2007) draw such labels again and again. Here their distribution is computed, row after row, as
that of a sum of unequal Bernoulli variables (Hong, On Computing the Distribution Function for the Poisson Binomial
Distribution, 2013). The answer is exact, and always the same. So no more than 2.5% of calibrated models have a chance
of 2.5% or less, however few the rows and however close to 0 or 1 their probabilities.

That takes rows times gap. Where there are more than EXACT_CHANCE_ROWS, or the gap is far beyond chance, an upper bound
takes its place: Hoeffding's for the largest of the partial sums (Probability Inequalities for Sums of Bounded Random
Variables, 1963, section 2).

    >>> chance_of_gap(1.0, [[0.5], [0.5]])  # of two coins, both are heads or both tails
    0.5
    >>> round(largest_chance(100.0, 5000), 4)
    0.0366
"""

from collections.abc import Iterable, Sequence
from math import exp

EXACT_CHANCE_ROWS = 1 << 13

_FAR_BEYOND = 1e-6

_ROUNDING = 1e-9
"""Of rows: a gap this much smaller is the same one, its probabilities added up in another order."""


def chance_of_gap(gap: float, deciles: Iterable[Sequence[float]]) -> float:
    """The probability that labels of these probabilities have a cumulative gap of `gap` rows or more.

    `deciles` are the rows' probabilities, decile by decile from the lowest; the gap is looked at after each.
    """
    # alive[i] is the probability that `fewest` + i labels are positive, and that no decile before reached the gap.
    alive, fewest, expected = [1.0], 0, 0.0
    for probabilities in deciles:
        for positive in probabilities:
            negative = 1 - positive
            alive = [
                same * negative + fewer * positive for same, fewer in zip([*alive, 0.0], [0.0, *alive], strict=True)
            ]
        expected += sum(probabilities)
        counts = [count for count in range(fewest, fewest + len(alive)) if abs(expected - count) < gap - _ROUNDING]
        if not counts:
            return 1.0
        alive, fewest = alive[counts[0] - fewest : counts[-1] + 1 - fewest], counts[0]
    return max(0.0, 1 - sum(alive))


def is_exact(gap: float, rows: int) -> bool:
    """Whether the probability is worth computing: for not too many rows, and unless its bound says enough."""
    return rows <= EXACT_CHANCE_ROWS and largest_chance(gap, rows) > _FAR_BEYOND


def largest_chance(gap: float, rows: int) -> float:
    """An upper bound of the probability of such a gap, whatever the probabilities of the rows are."""
    return min(1.0, 2 * exp(-2 * gap * gap / rows))
