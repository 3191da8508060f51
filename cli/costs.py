"""Costs as the commands show them: a sentence of an execution's, and tables of bills."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.table import Table

from wildrydes.cost.charges import Bill
from wildrydes.cost.forecast import Forecast

_DEAREST = 3


def dollars(usd: float) -> str:
    """An amount to the cent, a small one to its first two figures.

    >>> dollars(18.736), dollars(0.00374), dollars(0)
    ('$18.74', '$0.0037', '$0.00')
    """
    if usd == 0 or usd >= 1:
        return f"${usd:,.2f}"
    places = max(2, next(place for place in range(1, 20) if usd * 10**place >= 1) + 1)
    return f"${usd:.{places}f}"


def sentence(cost: dict[str, Any]) -> str:
    """What an execution cost, and of what most of it is."""
    if cost["total_usd"] is None:
        return f"unknown: {cost['error']['Error']}, {cost['error']['Cause']}"
    services: dict[str, float] = {}
    for line in cost["lines"]:
        services[line["service"]] = services.get(line["service"], 0.0) + line["usd"]
    dearest = sorted(services.items(), key=lambda item: -item[1])[:_DEAREST]
    parts = ", ".join(f"{service} {dollars(usd)}" for service, usd in dearest)
    unpriced = f"; without {', '.join(cost['unpriced'])}, whose price is not known" if cost.get("unpriced") else ""
    total = f"{dollars(cost['total_usd'])} at list prices of {cost['region']}, {cost['prices']}"
    return f"{total}: {parts}{unpriced}"


def bill_table(bill: Bill) -> Table:
    """A line an item."""
    table = Table("service", "unit", "quantity", "price", "USD", box=None, pad_edge=False)
    _to_the_right(table, 2)
    for line in bill.lines:
        price = f"{line.price.normalize():f}"
        table.add_row(line.service, line.unit, _quantity(line.quantity), price, _usd(line.usd))
    table.add_row("total", "", "", "", _usd(bill.total), style="bold")
    return table


def forecast_table(forecast: Forecast) -> Table:
    """A line an item, at list prices and with the free tier."""
    table = Table("service", "unit", "quantity", "price", "USD", "with free tier", box=None, pad_edge=False)
    _to_the_right(table, 2)
    for line, free in zip(forecast.listed.lines, forecast.free.lines, strict=True):
        price = f"{line.price.normalize():f}"
        table.add_row(line.service, line.unit, _quantity(line.quantity), price, _usd(line.usd), _usd(free.usd))
    table.add_row("total", "", "", "", _usd(forecast.listed.total), _usd(forecast.free.total), style="bold")
    return table


def parts_table(parts: Iterable[tuple[str, float]]) -> Table:
    """Names and dollars."""
    table = Table.grid(padding=(0, 2))
    for name, usd in parts:
        table.add_row(name, dollars(usd))
    return table


def text_table(head: Sequence[str], rows: Iterable[Sequence[str]], to_the_right: int | None = None) -> Table:
    """Rows of text; columns from `to_the_right` on are numbers."""
    table = Table(*head, box=None, pad_edge=False)
    if to_the_right is not None:
        _to_the_right(table, to_the_right)
    for row in rows:
        table.add_row(*row)
    return table


def _to_the_right(table: Table, first: int) -> None:
    for column in table.columns[first:]:
        column.justify = "right"


def _quantity(quantity: Any) -> str:
    value = float(quantity)
    return f"{value:,.0f}" if value >= 100 else f"{value:.4g}"


def _usd(usd: Any) -> str:
    return f"{float(usd):,.4f}"
