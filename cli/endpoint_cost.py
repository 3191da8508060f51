"""What an endpoint costs by the hour: one instance of the template's default type, while the endpoint is there."""

from datetime import date

from wildrydes.cost.prices import price_list
from wildrydes.cost.quantities import HOURS_A_MONTH
from wildrydes.errors import NoListPrice

INSTANCE = "ml.m5.large"


def usd_per_hour(region: str) -> float | None:
    """The list price of hosting in a region; None where the table has none."""
    try:
        return float(price_list().usd(f"ml_hours/{INSTANCE}", region))
    except NoListPrice:
        return None


def sentence(region: str) -> str:
    """What an endpoint in `region` costs, and how to be rid of it.

    >>> sentence("us-east-1").partition(".")[0] + "…"
    'The endpoint costs some $0…'
    """
    end = "A model that goes live with serving: lambda removes it."
    price = usd_per_hour(region)
    if price is None:
        return f"The endpoint costs by the hour on AWS; its price in {region} is not known here. {end}"
    month, listed = price * HOURS_A_MONTH, date.fromisoformat(price_list().date)
    costs = f"some ${price:.3f} an hour on AWS, ${month:.0f} a month ({INSTANCE}, {listed:%B %Y})"
    return f"The endpoint costs {costs}. {end}"
