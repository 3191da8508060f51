"""Weather bands. A ride belongs to exactly one: the first of rain, hot and cold whose limit its day reaches, else fine.

>>> band_of(tmin=180, tmax=300, prcp=0), band_of(tmin=180, tmax=300, prcp=10)
('hot', 'rain')
>>> band_of(tmin=-1, tmax=60, prcp=9), band_of(tmin=0, tmax=60, prcp=9)
('cold', 'fine')
"""

RAIN_FROM = 10
"""Tenths of mm: a day with 1 mm or more."""

HOT_FROM = 280
"""Tenths of °C of TMAX: an afternoon of 28 °C or more."""

COLD_BELOW = 0
"""Tenths of °C of TMIN: a night of frost."""

FINE = "fine"
LIMITS = {
    FINE: "none of the others",
    "hot": f"no rain, TMAX of {HOT_FROM / 10:g} °C or more",
    "cold": f"no rain, not hot, TMIN below {COLD_BELOW / 10:g} °C",
    "rain": f"PRCP of {RAIN_FROM / 10:g} mm or more",
}
"""Of each band, in the order to show them, what puts a ride into it."""

BANDS = tuple(LIMITS)


def band_of(tmin: float, tmax: float, prcp: float) -> str:
    """The band of a day's weather: temperatures in tenths of °C, precipitation in tenths of mm."""
    if prcp >= RAIN_FROM:
        return "rain"
    if tmax >= HOT_FROM:
        return "hot"
    return "cold" if tmin < COLD_BELOW else FINE
