"""Whether a Retry outlasts a limit of AWS, by simulation with drawn pauses.

Calls come at the same moment, and meet a limit that others have used up. From then on half of it is theirs. A call that
is turned away comes again after a pause, until it passes or has no attempt left. An execution goes on if all its calls
pass.

    >>> retrier = {"IntervalSeconds": 1, "MaxAttempts": 5, "BackoffRate": 2, "MaxDelaySeconds": 30}
    >>> retrier["JitterStrategy"] = "FULL"
    >>> sum(longest_pauses(retrier))
    31
    >>> share_that_passes(Rate(per_second=10, burst=10), retrier, calls=1)
    1.0
    >>> share_that_passes(Rate(per_second=1, burst=1), retrier, calls=9) < 0.5
    True
    >>> share_that_passes(Outage(seconds=40), retrier, calls=1)
    0.0

The draws follow from a seed: the same arguments give the same share.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

RUNS = 300
"""Where all pass, the share is at least 99% with a confidence of 95%: 0.99 ** 300 is below 0.05."""
OTHERS = 0.5
"""Which part of a limit others use."""


class Meter(Protocol):
    """What a limit counts, in one run."""

    def takes(self, now: float) -> bool:
        """Whether a call passes at `now`, in seconds from the start. Moments never go back."""
        ...


class Limit(Protocol):
    """A limit that AWS publishes."""

    def meter(self) -> Meter:
        """A meter of the limit, used up by others at the start."""
        ...


@dataclass(frozen=True)
class Rate:
    """So many calls a second, and as many at once as `burst`: a token bucket."""

    per_second: float
    burst: float

    def meter(self) -> "_Bucket":
        """An empty bucket, into which half of the tokens come."""
        return _Bucket(self.per_second * (1 - OTHERS), self.burst)


@dataclass(frozen=True)
class Slots:
    """So many at once, each for `seconds`: functions, queries, jobs."""

    at_once: int
    seconds: float

    def meter(self) -> "_Held":
        """Slots that others hold. Half of them come free, one after another within `seconds`."""
        free = max(1, int(self.at_once * (1 - OTHERS)))
        return _Held(self.seconds, [self.seconds * (place + 1) / free for place in range(free)])


@dataclass(frozen=True)
class Outage:
    """A service that turns everything away for so long."""

    seconds: float

    def meter(self) -> "Outage":
        """Itself: it counts nothing."""
        return self

    def takes(self, now: float) -> bool:
        """Whether it is over, and the call is not the first."""
        return now > self.seconds


@dataclass
class _Bucket:
    per_second: float
    burst: float
    tokens: float = 0.0
    at: float = 0.0

    def takes(self, now: float) -> bool:
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_second)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass
class _Held:
    seconds: float
    ends: list[float]

    def takes(self, now: float) -> bool:
        if self.ends[0] > now:
            return False
        heapq.heapreplace(self.ends, now + self.seconds)
        return True


def longest_pauses(retrier: Mapping[str, Any]) -> list[float]:
    """The bounds of the pauses before each further attempt, in seconds.

    The pause before the n-th is the interval times the rate to the n - 1, bounded; with full jitter it is drawn from 0
    up to that. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    return [
        min(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** attempt, retrier["MaxDelaySeconds"])
        for attempt in range(retrier["MaxAttempts"])
    ]


def share_that_passes(limit: Limit, retrier: Mapping[str, Any], calls: int, runs: int = RUNS) -> float:
    """In which share of the runs all `calls` pass that come at the same moment."""
    draw = _PAUSES[retrier.get("JitterStrategy", "NONE")]
    longest = longest_pauses(retrier)
    return sum(_all_pass(limit.meter(), longest, draw, calls, Random(seed)) for seed in range(runs)) / runs


def outlasted_seconds(retrier: Mapping[str, Any], share: float = 0.99, runs: int = 2_000) -> float:
    """For how long a service may turn everything away, so that this share of the calls passes all the same."""
    draw = _PAUSES[retrier.get("JitterStrategy", "NONE")]
    longest, chance = longest_pauses(retrier), Random(0)
    sums = sorted(sum(draw(pause, chance) for pause in longest) for _ in range(runs))
    return sums[int((1 - share) * runs)]


_Draw = Callable[[float, Random], float]
_PAUSES: Mapping[str, _Draw] = {
    "FULL": lambda longest, chance: longest * chance.random(),
    "NONE": lambda longest, _: longest,
}


def _all_pass(meter: Meter, longest: list[float], draw: _Draw, calls: int, chance: Random) -> bool:
    attempts = [0] * calls
    waiting = [(0.0, call) for call in range(calls)]
    while waiting:
        now, call = waiting[0]
        if meter.takes(now):
            heapq.heappop(waiting)
            continue
        if attempts[call] == len(longest):
            return False
        heapq.heapreplace(waiting, (now + draw(longest[attempts[call]], chance), call))
        attempts[call] += 1
    return True
