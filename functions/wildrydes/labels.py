"""The label that is computed from a ride."""

MAGIC_POINTS_A_MILE = 50.0


def heavy_utilization(distance: float, magicpoints: float) -> int:
    """1 when the unicorn used at least 50 magic points a mile, else 0; `distance` in miles."""
    return 1 if magicpoints >= MAGIC_POINTS_A_MILE * distance else 0
