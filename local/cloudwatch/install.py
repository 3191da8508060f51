"""Puts the parts of `local.cloudwatch` in their places."""

from collections.abc import Callable
from types import SimpleNamespace

from local.cloudwatch import alarm_checks, dashboards, log_metrics, queries
from local.cloudwatch.alarms import Alarms
from local.cloudwatch.gauges import Clock
from local.cloudwatch.store import HOUR, Metric, Store
from local.persistence.parts import Part, attributes
from local.seams import replace, seam


class Metrics:
    """The server's metrics and alarms. `clock` is its clock, which may be ahead of the machine's."""

    def __init__(self, clock: Clock) -> None:
        self.store = Store(clock.now)
        self._clock = clock
        self.alarms = Alarms(self.store)
        self._measures: list[Callable[[], None]] = []
        self._compacted = clock.now()
        self.store.measure_gauges = self._measure

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
        dashboards.install()
        alarm_checks.install()
        self.alarms.install()

    def parts(self) -> list[Part]:
        """What is kept: the points of all metrics, and the notices that were to be sent."""
        return [attributes("cloudwatch-points", self.store, "_series"), self.alarms.part()]

    def take_in_log_lines(self) -> None:
        """Count what comes into log groups, and take the metrics in lines. It comes after the groups' subscriptions."""
        log_metrics.install(self.store, self._clock.moment_of)

    def set_gauge(
        self, scope: tuple[str, str], namespace: str, name: str, value: float, unit: str, dimensions: dict[str, str]
    ) -> None:
        """Make `value` that of this minute; `scope` is an account and a region."""
        self.store.set_gauge(Metric(*scope, namespace, name, tuple(sorted(dimensions.items()))), value, unit)

    def measure_with(self, measure: Callable[[], None]) -> None:
        """Call `measure` before anybody looks."""
        self._measures.append(measure)

    def tick(self) -> None:
        """The clock has gone on, by a second or by weeks."""
        self.alarms.look()
        if self.store.now() - self._compacted >= HOUR:
            self._compacted = self.store.now()
            self.store.compact()
            self.alarms.forget_old_changes()

    def _measure(self) -> None:
        for measure in self._measures:
            measure()
