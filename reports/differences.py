"""How far the candidate's metrics are from the champion's, and what that means."""

from collections.abc import Mapping
from typing import Any

from reports.formats import signed
from reports.html import UNKNOWN


def difference(card: Mapping[str, Any], name: str, better: int) -> tuple[str, str]:
    """A metric's difference with its 95% interval, and what it means; UNKNOWN without one.

    More of the metric is better (1), worse (-1) or neither (0).
    """
    apart = (card.get("differences") or {}).get(name)
    if apart is None:
        return UNKNOWN, UNKNOWN
    low, high = apart["low"], apart["high"]
    text = f"{signed(apart['difference'])} ({signed(low)} to {signed(high)})"
    if low == high == 0:
        return text, "the same"
    if low <= 0 <= high:
        return text, "may be chance"
    if not better:
        return text, "higher" if low > 0 else "lower"
    return text, "better" if low * better > 0 else "worse"
