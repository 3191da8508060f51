"""What comes into log groups, counted, and the metrics in lines of the embedded metric format.

The lines of functions and those of PutLogEvents pass here. A document's Timestamp that is about now by the machine's
clock is now by the server's, which may have been moved on: functions know the machine's alone. Any other is taken
as it is, within the bounds that PutMetricData has: two weeks ago, and two hours from now.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from local.cloudwatch import metric_lines
from local.cloudwatch.data import LATEST_SECONDS, OLDEST_SECONDS
from local.cloudwatch.store import MOST_SERIES, Metric, Store
from local.seams import replace, seam

log = logging.getLogger(__name__)

_NAMESPACE = "AWS/Logs"
# What CloudWatch Logs counts for each event beside its text.
_EVENT_BYTES = 26
# A time that is no further from the machine's is the machine's.
_NEAR_SECONDS = 3600.0


def install(store: Store, moment_of: Callable[[float], float]) -> None:
    """Count and extract from now on. `moment_of` gives the server's time for the machine's."""
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import cloudwatch_logs

    forward = seam(cloudwatch_logs, "_fanout_to_subscription_filters")

    def take_in(group: str, stream: str, events: Sequence[dict[str, Any]]) -> Any:
        lines = [event.get("message", "") for event in events]
        ingest(store, (get_account_id(), get_region()), group, lines, moment_of)
        return forward(group, stream, events)

    replace(cloudwatch_logs, "_fanout_to_subscription_filters", take_in)


def ingest(
    store: Store, scope: tuple[str, str], group: str, lines: Sequence[str], moment_of: Callable[[float], float]
) -> None:
    """Count the lines that came into a log group, and record the metrics in them."""
    dimensions = (("LogGroupName", group),)

    def count(name: str, number: float, unit: str = "Count") -> None:
        store.record(Metric(*scope, _NAMESPACE, name, dimensions), number, unit)

    count("IncomingLogEvents", len(lines))
    count("IncomingBytes", sum(len(line.encode(errors="surrogatepass")) + _EVENT_BYTES for line in lines), "Bytes")
    for line in lines:
        extraction = metric_lines.extract(line)
        if extraction is None:
            continue
        for namespace, datum in extraction.data:
            moment = _moment(datum.moment, moment_of)
            if not min(time.time(), store.now()) - OLDEST_SECONDS <= moment <= store.now() + LATEST_SECONDS:
                extraction.refuse(f"{datum.name} is of {moment:.0f}: too long ago, or to come")
                continue
            metric = Metric(*scope, namespace, datum.name, datum.dimensions)
            if not store.record_aggregate(metric, datum.values, datum.unit, moment):
                extraction.refuse(f"{datum.name} would be one metric too many: there are {MOST_SERIES}")
        faults = {"EMFParsingErrors": len(extraction.parsing_errors), "EMFValidationErrors": extraction.invalid}
        for name, number in faults.items():
            if number:
                count(name, number)
        if any(faults.values()):
            errors = "; ".join(extraction.parsing_errors + extraction.validation_errors)
            log.warning("%s: metrics in a line of the log are left out: %s", group, errors)


def _moment(timestamp: float | None, moment_of: Callable[[float], float]) -> float:
    machine_now = time.time()
    timestamp = machine_now if timestamp is None else timestamp
    return moment_of(timestamp) if abs(timestamp - machine_now) < _NEAR_SECONDS else timestamp
