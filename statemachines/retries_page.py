"""The tables of docs/retries.md: each Retry of the workflows, and how often it outlasts the limit it is for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from statemachines.limits import RATES, Published, limits_of
from statemachines.throttling import RUNS, longest_pauses, outlasted_seconds, share_that_passes
from wildrydes.tasks import TASKS

_BEGIN, _END = "<!-- The retries, by `make render`. -->\n", "<!-- The end of the retries. -->\n"
CHUNKS_AT_ONCE = 40
"""The children of a Distributed Map at the same time: the default of the template's IngestConcurrency."""

Definitions = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Retrying:
    """A retrier of a state, with what the state calls, and how many such calls come at once: all tasks' together."""

    place: str
    call: str
    retrier: Mapping[str, Any]
    calls: int

    @cached_property
    def limits(self) -> tuple[Published, ...]:
        """What it is for."""
        return limits_of(self.call, self.retrier)

    @cached_property
    def pauses(self) -> tuple[Any, ...]:
        """How they are drawn, and their bounds."""
        return (self.retrier.get("JitterStrategy"), *longest_pauses(self.retrier))

    def key(self, published: Published) -> tuple[Any, ...]:
        """What the share follows from."""
        return (published.limit, self.calls, self.pauses)


def retries(definitions: Definitions) -> Iterator[Retrying]:
    """Each retrier of each state, those inside Maps included."""
    for machine, definition in definitions.items():
        # A retraining and a promotion of each task may run at the same time; the monitor looks at all tasks by itself.
        yield from _retries(machine, definition["States"], 1 if machine == "monitor" else len(TASKS))


def shares(all_retries: list[Retrying]) -> dict[tuple[Any, ...], float]:
    """The share of runs in which all calls pass, by `Retrying.key`."""
    rows = {each.key(published): (each, published) for each in all_retries for published in each.limits}
    return {
        key: share_that_passes(published.limit, each.retrier, each.calls) for key, (each, published) in rows.items()
    }


def rendered(page: str, definitions: Definitions) -> str:
    """The page with its tables as the workflows have them."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    all_retries = list(retries(definitions))
    return f"{before}{_BEGIN}\n{_table(all_retries)}\n{_sources()}\n{_END}{after}"


def _retries(machine: str, states: Mapping[str, Any], calls: int) -> Iterator[Retrying]:
    for name, state in states.items():
        call = state.get("Resource", "map")
        yield from (Retrying(f"{machine}: {name}", call, retrier, calls) for retrier in state.get("Retry", []))
        if "ItemProcessor" in state:
            children = state.get("MaxConcurrency", CHUNKS_AT_ONCE)
            yield from _retries(machine, state["ItemProcessor"]["States"], calls * children)


def _table(all_retries: list[Retrying]) -> str:
    """A row for each limit and way to try again, with the most calls that come at once."""
    by_pauses = {each.pauses: each.retrier for each in all_retries}
    outlasted = {pauses: _duration(outlasted_seconds(retrier)) for pauses, retrier in by_pauses.items()}
    passed = shares(all_retries)
    rows: dict[tuple[Any, ...], list[Retrying]] = {}
    for each in all_retries:
        for published in each.limits:
            rows.setdefault((published, each.pauses), []).append(each)
    lines = (
        f"| {published.text} | {len(states)} | {max(each.calls for each in states)} | {len(pauses) - 1} "
        f"| {_duration(sum(pauses[1:]))} | {outlasted[pauses]} "
        f"| {round(RUNS * min(passed[each.key(published)] for each in states))} of {RUNS} |\n"
        for (published, pauses), states in sorted(rows.items(), key=lambda row: row[0][0].text.lower())
    )
    head = "| limit | states | calls at once | retries | total pause at most | outlasts (99%) | runs that pass |\n"
    return head + "|---|---|---|---|---|---|---|\n" + "".join(lines)


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 300 else f"{seconds / 60:.0f} min"


def _sources() -> str:
    rows = {f"| {published.text} | [{published.title}]({published.url}) |\n" for published in RATES.values()}
    return "| rate | published in |\n|---|---|\n" + "".join(sorted(rows, key=str.lower))
