"""How sure a comparison has to be, so that few champions ever lose their place to a model that is no better.

A schedule compares one candidate after the other with the same champion, and each comparison may be wrong. So there is
one budget of error for all of them. The k-th comparison spends budget / (k (k + 1)) of it, and all comparisons together
spend no more than the whole. By the union bound the probabilities of a false promotion add up to no more either,
whatever the comparisons have in common, such as their test rows. This is alpha spending (Foster and Stine,
Alpha-Investing, 2008; Tian and Ramdas, Online Control of the Familywise Error Rate, 2021).

    >>> [round(level(number), 6) for number in (1, 2, 3, 10)]
    [0.0125, 0.004167, 0.002083, 0.000227]
"""

ERROR_BUDGET = 0.025
"""The most champions, of all, that may ever be replaced by a model that is no better."""


def level(number: int) -> float:
    """The probability of a false promotion that the comparison of this number, from 1, may have."""
    return ERROR_BUDGET / (number * (number + 1))
