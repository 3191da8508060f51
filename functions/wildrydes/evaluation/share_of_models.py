"""How unlikely a gap may be before the gate takes it for a fault, and how a verdict words such a probability."""

LEAST_CHANCE = 0.025
"""A guard on calibration or bias refuses no more of the models that are right than this share."""

_LEAST_SHOWN = 0.0001


def share_of_models(chance: float) -> str:
    """A probability as a share of models.

    >>> share_of_models(0.025), share_of_models(1e-7), share_of_models(0.997)
    ('2.5%', 'less than 0.01%', '100%')
    """
    if chance < _LEAST_SHOWN:
        return f"less than {100 * _LEAST_SHOWN:g}%"
    percent = float(f"{100 * chance:.2g}")
    return f"{percent:g}%"
