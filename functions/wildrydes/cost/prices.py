"""AWS's list prices by region, in US dollars without tax: the table `prices.json`, and what it says of itself.

Each item has a unit, a source, a monthly free tier that does not end (0 where there is none), and for each region a
price, or tiers `[units a month up to, price]`. `basis` says by region how the price was learned:

    page       read on AWS's own page
    quoted     second hand: a quotation of AWS's price list, or a bill, that somebody published
    memory     not looked up
    derived    computed from the price in us-east-1, or from EC2's for the same machine

To renew the table, edit `prices.json` and its date.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from wildrydes.errors import NoListPrice

BASES = ("page", "quoted", "memory", "derived")

_TABLE = Path(__file__).with_name("prices.json")


class Tier(NamedTuple):
    """A price in dollars for the units of a month up to `up_to`; None where there is no end."""

    up_to: Decimal | None
    usd: Decimal


class Item(NamedTuple):
    """Something that AWS charges for."""

    name: str
    service: str
    unit: str
    source: str
    free: Decimal
    note: str
    tiers: Mapping[str, tuple[Tier, ...]]
    basis: Mapping[str, str]

    def in_region(self, region: str) -> tuple[Tier, ...]:
        """The tiers in a region, the first units first. Raises NoListPrice."""
        try:
            return self.tiers[region]
        except KeyError:
            raise NoListPrice(f"no price of {self.service} ({self.unit}) in {region} is listed") from None


class PriceList(NamedTuple):
    """All items by name, and the day of the prices, `YYYY-MM-DD`."""

    date: str
    items: Mapping[str, Item]

    def item(self, name: str) -> Item:
        """The item of a name, such as `ml_hours/ml.m5.large`. Raises NoListPrice."""
        try:
            return self.items[name]
        except KeyError:
            raise NoListPrice(f"no price of {name.replace('/', ' of ')} is listed") from None

    def usd(self, name: str, region: str) -> Decimal:
        """The price of the first unit of a month. Raises NoListPrice."""
        return self.item(name).in_region(region)[0].usd


@cache
def price_list() -> PriceList:
    """The table of this package."""
    table = json.loads(_TABLE.read_text(encoding="utf-8"))
    return PriceList(table["date"], {name: _item(name, fields) for name, fields in table["items"].items()})


def regions() -> tuple[str, ...]:
    """The regions that every item has a price for."""
    return tuple(price_list().items["lambda_requests"].tiers)


def _item(name: str, fields: dict[str, Any]) -> Item:
    tiers = {region: _tiers(price) for region, price in fields["usd"].items()}
    words = (fields["service"], fields["unit"], fields["source"])
    return Item(name, *words, Decimal(fields["free"]), fields.get("note", ""), tiers, fields["basis"])


def _tiers(price: str | list[list[Any]]) -> tuple[Tier, ...]:
    if isinstance(price, str):
        return (Tier(None, Decimal(price)),)
    return tuple(Tier(None if up_to is None else Decimal(up_to), Decimal(usd)) for up_to, usd in price)
