"""Puts the parts of `local.cloudwatch` in their places."""

from collections.abc import Callable
from types import SimpleNamespace

from local.cloudwatch import dashboards, log_metrics, queries
from local.cloudwatch.alarms import Alarms
from local.cloudwatch.store import HOUR, Metric, Store
from local.seams import replace, seam


class Metrics:
    """The server's metrics and alarms. `now` is its clock, in seconds since the epoch."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.store = Store(now)
        self.alarms = Alarms(self.store)
        self._samplers: list[Callable[[], None]] = []
        self._compacted = now()
        self.store.measure_gauges = self._sample

    def install(self) -> None:
        """Take in points and look at alarms in MiniStack's place. It comes before whoever counts is installed."""
        from ministack.core.responses import get_account_id, get_region
        from ministack.services import cloudwatch

        def record_metric(
            namespace: str, name: str, value: float, unit: str = "None", dimensions: dict[str, str] | None = None
        ) -> None:
            pairs = tuple(sorted(dimensions.items())) if dimensions else ()
            self.store.record(Metric(get_account_id(), get_region(), namespace, name, pairs), value, unit)

        replace(cloudwatch, "record_metric", record_metric)
        # All times that MiniStack writes into alarms, histories and dashboards.
        seam(cloudwatch, "time")
        replace(cloudwatch, "time", SimpleNamespace(time=self.store.now))
        replace(cloudwatch, "_evict_old_metrics", lambda: None)
        queries.install(self.store)
        log_metrics.install(self.store)
        dashboards.install()
        self.alarms.install()

    def sample_with(self, sample: Callable[[], None]) -> None:
        """Call `sample` whenever gauges are to be measured."""
        self._samplers.append(sample)

    def tick(self) -> None:
        """The clock has gone on, by a second or by weeks."""
        self.alarms.look()
        if self.store.now() - self._compacted >= HOUR:
            self._compacted = self.store.now()
            self.store.compact()

    def _sample(self) -> None:
        for sample in self._samplers:
            sample()
