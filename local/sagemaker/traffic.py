"""Divides requests by weights, evenly and without chance: of any run of requests each gets its share.

A smooth weighted round robin: every turn each choice earns its weight, the richest is taken and pays for all.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Traffic:
    """Chooses by `weights`; one of none gets nothing. Safe to be shared by threads.

    >>> traffic = Traffic({"a": 2, "b": 1})
    >>> [traffic.choose() for _ in range(6)]
    ['a', 'b', 'a', 'a', 'b', 'a']
    """

    weights: Mapping[str, float]
    _credit: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def choose(self) -> str | None:
        """The next choice, or None where no weight is positive."""
        with self._lock:
            total = sum(self.weights.values())
            if total <= 0:
                return None
            for name, weight in self.weights.items():
                self._credit[name] = self._credit.get(name, 0.0) + weight
            eligible = [name for name, weight in self.weights.items() if weight > 0]
            chosen = max(eligible, key=lambda name: self._credit[name])
            self._credit[chosen] -= total
            return chosen
