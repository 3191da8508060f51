"""What quantities cost: a line an item, by tiers, with or without the free tier of a month.

Decimal numbers throughout: prices have ten places, and sums of them shall be those on AWS's pages.

    >>> line = charge("state_transitions", "us-east-1", 44_000, free=True)
    >>> (line.billed, line.usd)
    (Decimal('40000'), Decimal('1.000000'))
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from wildrydes.cost.prices import Tier, price_list
from wildrydes.errors import NoListPrice

Usage = Mapping[str, Decimal]
"""The name of an item of the price list -> how many units of it were used."""

NOTHING = Decimal(0)
_FIGURES = 10


class Line(NamedTuple):
    """A line of a bill. `billed` is the quantity less what is free; `price` that of the first unit."""

    item: str
    service: str
    unit: str
    quantity: Decimal
    billed: Decimal
    price: Decimal
    usd: Decimal

    def to_json(self) -> dict[str, Any]:
        """The line as a JSON object."""
        return {
            "service": self.service,
            "unit": self.unit,
            "quantity": _number(self.quantity),
            "price": _number(self.price),
            "usd": _number(self.usd),
        }


class Bill(NamedTuple):
    """Lines in the order of the price list; `unpriced` names what was used and has no price in the table."""

    region: str
    lines: tuple[Line, ...]
    unpriced: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        """The sum of the lines, in dollars."""
        return sum((line.usd for line in self.lines), NOTHING)

    def to_json(self) -> dict[str, Any]:
        """Keys `total_usd, lines, unpriced, prices` (the date of the table), `region`."""
        return {
            "total_usd": _number(self.total),
            "lines": [line.to_json() for line in self.lines],
            "unpriced": list(self.unpriced),
            "prices": price_list().date,
            "region": self.region,
        }


def charge(item: str, region: str, quantity: Decimal | int, *, free: bool = False) -> Line:
    """What so many units of an item cost in a month that has no others. Raises NoListPrice."""
    entry, used = price_list().item(item), Decimal(quantity)
    tiers = entry.in_region(region)
    billed = max(NOTHING, used - entry.free) if free else used
    # What is free takes no place in the first tier: AWS's examples subtract it, and then begin at the first price.
    return Line(item, entry.service, entry.unit, used, billed, tiers[0].usd, by_tiers(tiers, billed))


def by_tiers(tiers: Iterable[Tier], quantity: Decimal) -> Decimal:
    """The price of a quantity of which each part costs what its tier says."""
    usd, start = NOTHING, NOTHING
    for tier in tiers:
        end = quantity if tier.up_to is None else min(quantity, tier.up_to)
        usd += max(NOTHING, end - start) * tier.usd
        start = max(start, end)
    return usd


def bill(usage: Usage, region: str, *, free: bool = False) -> Bill:
    """A line for each item that was used at all; what has no price is named, not left out silently."""
    lines, unpriced = [], []
    order = list(price_list().items)
    for item in sorted(usage, key=lambda name: (order.index(name) if name in order else len(order), name)):
        if not usage[item]:
            continue
        try:
            lines.append(charge(item, region, usage[item], free=free))
        except NoListPrice:
            unpriced.append(item)
    return Bill(region, tuple(lines), tuple(unpriced))


def add(usages: Iterable[Usage]) -> dict[str, Decimal]:
    """The sum of usages, item by item."""
    total: dict[str, Decimal] = {}
    for usage in usages:
        for item, quantity in usage.items():
            total[item] = total.get(item, NOTHING) + quantity
    return total


def scale(usage: Usage, factor: Decimal) -> dict[str, Decimal]:
    """So many times a usage."""
    return {item: quantity * factor for item, quantity in usage.items()}


def _number(value: Decimal) -> float:
    return float(f"{value:.{_FIGURES}g}")
