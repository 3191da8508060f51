"""What a month of many rides comes to, as `wildrydes cost --rides` and docs/scale.md show it: rows of text."""

from collections.abc import Iterator, Sequence

from cli.costs import dollars
from wildrydes.cost.growth import Amount, Growth
from wildrydes.cost.limits import MOST_RIDES, Reached
from wildrydes.cost.load import PATHS

AMOUNTS_HEAD = ("what", "a retraining, batch", "stream", "a month, batch", "stream")
LIMITS_HEAD = ("limit", "batch", "stream", "what is changed then")
_NEVER = "–"


def amounts(growths: Sequence[Growth]) -> Iterator[tuple[str, ...]]:
    """A row a quantity: of a retraining by each path, then of a month by each path."""
    yield "new rides", *(f"{each.load.new:,}" for each in growths), *(f"{each.load.rides:,}" for each in growths)
    yield "rides read by a retraining", *(f"{each.load.stored:,}" for each in growths), *_blanks(growths)
    yield "chunks", *_counts([each.load.chunks for each in growths], growths)
    yield "objects with rides", *(f"{each.load.objects:,}" for each in growths), *_blanks(growths)
    yield "seconds of the Map", *(_figure(each.map_run.seconds) for each in growths), *_blanks(growths)
    every = [*(each.retraining for each in growths), *(each.month for each in growths)]
    yield "state transitions", *(f"{each.transitions:,.0f}" for each in every)
    yield "GB-seconds of Lambda", *(_figure(each.gb_seconds) for each in every)
    yield "requests (S3, SQS, Lambda)", *(f"{each.requests:,.0f}" for each in every)
    yield "GB read by Athena", *(_figure(each.scanned_gb) for each in every)
    yield "GB stored", *_blanks(growths), *(_figure(each.month.stored_gb) for each in growths)
    yield "hours at least", *(_figure(each.hours) for each in every)
    yield "dollars", *(_dollars(each) for each in every)


def limits(reached: Sequence[Reached]) -> Iterator[tuple[str, ...]]:
    """A row a limit: the rides a month that reach it by each path, and what is changed then."""
    for each in reached:
        yield each.limit.name, *(_rides(each, path) for path in PATHS), each.limit.change


def over(growth: Growth) -> list[str]:
    """The limits that a load is over."""
    return [name for name, share in growth.shares if share >= 1]


def rounded(number: int) -> str:
    """A number to two figures, as it is read.

    >>> [rounded(number) for number in (141_601, 13_888_889, 4_522_788_000)]
    ['140,000', '14 million', '4.5 billion']
    """
    short = float(f"{number:.2g}")
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if short >= size:
            return f"{short / size:,g} {word}"
    return f"{short:,.0f}"


def _rides(reached: Reached, path: str) -> str:
    if path not in reached.rides:
        return _NEVER
    number = reached.rides[path]
    return f"beyond {rounded(MOST_RIDES)}" if number is None else rounded(number)


def _counts(once: Sequence[int], growths: Sequence[Growth]) -> list[str]:
    monthly = (count * each.load.retrainings for count, each in zip(once, growths, strict=True))
    return [f"{count:,}" for count in (*once, *monthly)]


def _blanks(growths: Sequence[Growth]) -> list[str]:
    return [""] * len(growths)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _dollars(amount: Amount) -> str:
    return dollars(float(amount.bill.total))
