"""The features of rides, and the label that is computed from a ride."""

FEATURES = ("distance", "healthpoints", "magicpoints", "TMIN", "TMAX", "PRCP")
"""Every feature, in the one order. Distance in miles, TMIN and TMAX in tenths of °C, PRCP in tenths of mm."""

MAGIC_POINTS_A_MILE = 50.0


def heavy_utilization(distance: float, magicpoints: float) -> int:
    """1 when the unicorn used at least 50 magic points a mile, else 0; `distance` in miles."""
    return 1 if magicpoints >= MAGIC_POINTS_A_MILE * distance else 0
