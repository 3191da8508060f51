"""The tables of docs/scale.md, by what `wildrydes cost --rides` computes with."""

from collections.abc import Iterator

from cli import scale
from docs.site.reference.markdown import number, table, with_part
from wildrydes.cost.growth import growth
from wildrydes.cost.limits import reached
from wildrydes.cost.load import MONTHS, PATHS, RETRAININGS, Load
from wildrydes.cost.map_run import simulate
from wildrydes.cost.quotas import QUOTAS
from wildrydes.cost.rates import RATES
from wildrydes.cost.retraining import AT_ONCE, seconds_of_chunk

RIDES = (10**5, 10**7, 10**9)
REGION = "us-east-1"
_MAPS = ((100, AT_ONCE), (10_000, AT_ONCE), (10_000, 1000))


def with_tables(text: str) -> str:
    """The page with its five tables written anew."""
    text = with_part(text, "what rides take", "\n\n".join(_amounts()))
    text = with_part(text, "what breaks first", table(scale.LIMITS_HEAD, scale.limits(reached(MONTHS, RETRAININGS))))
    text = with_part(text, "the Map", _maps())
    text = with_part(text, "the rates", table(("value", "what", "source"), _rates()))
    return with_part(text, "the quotas", table(("value", "what", "raised on request", "source"), _quotas()))


def _amounts() -> Iterator[str]:
    for rides in RIDES:
        growths = [growth(Load(rides, path), REGION) for path in PATHS]
        yield f"### {rides:,} rides a month\n\n{table(scale.AMOUNTS_HEAD, list(scale.amounts(growths)))}"


def _maps() -> str:
    load = Load(RIDES[-1], PATHS[0])
    head = ("chunks", "IngestConcurrency", "seconds", "children at once", "PUT a second", "transitions a second")
    rows = []
    for chunks, at_once in _MAPS:
        run = simulate(chunks, seconds_of_chunk(load), at_once)
        figures = (chunks, at_once, round(run.seconds), run.at_once, run.puts_a_second, run.transitions_a_second)
        rows.append([f"{figure:,}" for figure in figures])
    return table(head, rows)


def _rates() -> Iterator[tuple[str, str, str]]:
    for rate in RATES:
        yield _value(rate.value), rate.unit, _source(rate.source)


def _quotas() -> Iterator[tuple[str, str, str, str]]:
    for quota in QUOTAS:
        yield number(quota.value), quota.unit, "yes" if quota.adjustable else "no", f"<{quota.url}>"


def _value(value: float) -> str:
    if value < 1e-3:
        return f"{value * 1e6:.3g} millionths"
    return f"{value / 1e6:g} million" if value >= 1e6 else number(value)


def _source(source: str) -> str:
    if source.startswith("https:"):
        return f"<{source}>"
    page, _, heading = source.partition(", ")
    if not page.endswith(".md"):
        return f"`{source}`"
    return f"[{heading or page.rpartition('/')[2]}]({page.removeprefix('docs/')})"
