"""When alarms are looked at, and what follows from a new state.

MiniStack keeps the alarms. Each is looked at when it is put, after a point of its metric, at each tick of the clock,
and before DescribeAlarms. A look passes those whose state can be no other than at the last one: by the same points, in
the same minute, from the same state. A new state is in the alarm and its history at once; topics and EventBridge hear
of it in the order of the changes, from a thread of its own: whoever puts a point need not wait, nor hold what they
need.
"""

import json
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.background.surviving import surviving
from local.cloudwatch import notices
from local.cloudwatch.alarm_states import COMPARISONS, MINUTE, Datapoint, Settings, State, evaluate
from local.cloudwatch.store import Metric, Store
from local.persistence.parts import Part
from local.seams import replace, seam

log = logging.getLogger(__name__)

# Looks that points ask for come at most so often, however many points there are.
_LOOK_SECONDS = 0.25
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
_HISTORY_SECONDS = 30 * 86_400

Alarm = dict[str, Any]


@dataclass
class Watch:
    """An alarm, what it says of its metric, and what there was after the last look: points, minute and state."""

    alarm: Alarm
    metric: Metric
    settings: Settings
    basis: tuple[tuple[int, int], int, str] | None = None

    @classmethod
    def of(cls, alarm: Alarm) -> "Watch | None":
        """None where the alarm does not look at one metric by a fixed threshold, but at a band or an expression."""
        if alarm.get("ComparisonOperator") not in COMPARISONS or not alarm.get("MetricName"):
            return None
        return cls(alarm, _metric(alarm), Settings.of(alarm))

    def is_due(self, store: Store) -> bool:
        """Whether another state is possible than at the last look."""
        return self.basis != (*self._moment(store), self.alarm["StateValue"])

    def look(self, store: Store, evaluate_alarm: Callable[["Watch"], str]) -> None:
        """Have the alarm looked at, and note by what, and the state that came of it.

        The version comes before the points are read: those that come in between are looked at again. So is a state that
        SetAlarmState sets after the look, even if it is the one that the look began with.
        """
        moment = self._moment(store)
        self.basis = (*moment, evaluate_alarm(self))

    def _moment(self, store: Store) -> tuple[tuple[int, int], int]:
        return store.version(self.metric), int(store.now()) // MINUTE


class Alarms:
    """The alarms that MiniStack keeps, looked at by `store` and its clock."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.RLock()
        self._woken = threading.Event()
        self._changes: queue.SimpleQueue[notices.Change] = queue.SimpleQueue()
        # By their ids: the changes of which not everybody has heard.
        self._unsent: dict[int, notices.Change] = {}
        # By account, region and name. An alarm that is put again is another object.
        self._watches: dict[tuple[str, str, str], Watch | None] = {}

    def install(self) -> None:
        """Look at alarms in MiniStack's place, from now on."""
        from ministack.services import cloudwatch

        describe = seam(cloudwatch, "_describe_alarms")
        describe_history = seam(cloudwatch, "_describe_alarm_history")
        set_state = seam(cloudwatch, "_set_alarm_state")
        for name in ("_alarms", "_alarm_history", "_composite_alarms", "_history_entries", "_evaluate_parent_alarms"):
            seam(cloudwatch, name)

        def describe_alarms(*request: Any) -> Any:
            self.look()
            return describe(*request)

        def describe_alarm_history(*request: Any) -> Any:
            self.look()
            return describe_history(*request)

        def set_alarm_state(*request: Any) -> Any:
            # A look in the middle of it would be in the history before what it came after.
            with self._lock:
                return set_state(*request)

        replace(cloudwatch, "_set_alarm_state", set_alarm_state)
        replace(cloudwatch, "_describe_alarms", describe_alarms)
        replace(cloudwatch, "_describe_alarm_history", describe_alarm_history)
        replace(cloudwatch, "_evaluate_alarm", self._put)
        replace(cloudwatch, "_evaluate_all_alarms", self.look)
        replace(cloudwatch, "_record_history", self._record_history)
        replace(cloudwatch, "_dispatch_alarm_actions", self._announce)
        self.store.on_watched = self._woken.set
        threading.Thread(target=self._look_when_woken, daemon=True, name="alarms").start()
        threading.Thread(target=self._send, daemon=True, name="alarm-notices").start()

    def look(self) -> None:
        """Bring all alarms of all accounts and regions up to date."""
        from ministack.core.responses import request_scope
        from ministack.services import cloudwatch

        self.store.measure_gauges()
        with self._lock:
            self._find_watches(cloudwatch._alarms._data)
            for (account, region, _), watch in list(self._watches.items()):
                if watch and watch.is_due(self.store):
                    with request_scope(account, region):
                        watch.look(self.store, self._evaluate)

    def _find_watches(self, alarms: dict[tuple[str, str, str], Alarm]) -> None:
        """Take in what was put and deleted since the last look."""
        current = list(alarms.items())
        watches = {key: self._watches.get(key) for key, _ in current}
        put = {key: alarm for key, alarm in current if (watch := watches[key]) is None or watch.alarm is not alarm}
        if put or len(watches) < len(self._watches):
            self._watches = watches | {key: Watch.of(alarm) for key, alarm in put.items()}
            self.store.watched = frozenset(watch.metric for watch in self._watches.values() if watch)

    def _put(self, alarm: Alarm) -> None:
        """MiniStack has just put `alarm`."""
        with self._lock:
            if watch := Watch.of(alarm):
                self.store.watched |= {watch.metric}
                self._evaluate(watch)

    def _look_when_woken(self) -> None:
        while True:
            self._woken.wait()
            self._woken.clear()
            with surviving("CloudWatch's alarms"):
                self.look()
            time.sleep(_LOOK_SECONDS)

    def _evaluate(self, watch: Watch) -> str:
        """Give the alarm the state that its points mean, and tell of it; the state."""
        from ministack.services import cloudwatch

        alarm, now = watch.alarm, self.store.now()
        before = notices.state_of(alarm)
        state = evaluate(watch.settings, self._datapoints(watch, now), before["value"], now)
        if state is None:
            return before["value"]
        _change(alarm, state, now)
        self._history(alarm, before, now)
        self._tell(notices.Change(dict(alarm), before, now))
        cloudwatch._evaluate_parent_alarms(alarm)
        return state.value

    def _datapoints(self, watch: Watch, now: float) -> list[Datapoint | None]:
        settings, period = watch.settings, watch.settings.period
        starts = settings.starts(now)
        periods = self.store.periods(watch.metric, starts[0], starts[-1] + period, period, starts[0])
        datapoints: list[Datapoint | None] = []
        for start in starts:
            values = periods.get(start)
            value = None if values is None else values.statistic(settings.statistic)
            datapoints.append(None if values is None or value is None else Datapoint(start, value, values.count))
        return datapoints

    def forget_old_changes(self) -> None:
        """Forget what has been in the history for longer than CloudWatch keeps it."""
        from ministack.services import cloudwatch

        oldest = cloudwatch._ts_iso(self.store.now() - _HISTORY_SECONDS)
        with self._lock:
            for entries in cloudwatch._alarm_history._data.values():
                entries[:] = [entry for entry in entries if entry["Timestamp"] >= oldest]

    def _history(self, alarm: Alarm, before: dict[str, Any], now: float) -> None:
        from ministack.services import cloudwatch

        states = {"oldState": before, "newState": notices.state_of(alarm)}
        data = {"version": "1.0"} | {name: _in_history(state) for name, state in states.items()}
        cloudwatch._history_entries().append(
            {
                "AlarmName": alarm["AlarmName"],
                "AlarmType": "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm",
                "Timestamp": cloudwatch._ts_iso(now),
                "HistoryItemType": "StateUpdate",
                "HistorySummary": f"Alarm updated from {before['value']} to {alarm['StateValue']}",
                "HistoryData": json.dumps(data),
            }
        )

    def _record_history(self, name: str, old_state: str, new_state: str, reason: str, *others: Any) -> None:
        """MiniStack has put a new alarm, or changed the state of one: by SetAlarmState, or of a composite one."""
        from ministack.services import cloudwatch

        alarm = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms[name]
        with self._lock:
            if old_state == new_state:
                cloudwatch._history_entries().append(_creation(alarm, cloudwatch._ts_iso(self.store.now())))
            else:
                self._history(alarm, {"value": old_state}, self.store.now())

    def _announce(self, alarm: Alarm, old_state: str, new_state: str, reason: str) -> None:
        """MiniStack has changed the state of an alarm."""
        self._tell(notices.Change(dict(alarm), {"value": old_state}, self.store.now()))

    def _tell(self, change: notices.Change) -> None:
        self._unsent[id(change)] = change
        self._changes.put(change)

    def part(self) -> Part:
        """What is kept beside MiniStack's alarms: the changes that were to be sent, which are sent then."""
        unsent: list[notices.Change] = []

        def put_back(changes: list[notices.Change]) -> None:
            unsent[:] = changes

        def go_on() -> None:
            for change in unsent:
                self._tell(change)

        return Part("cloudwatch-notices", lambda: list(self._unsent.values()), put_back, go_on)

    def _send(self) -> None:
        while True:
            change = self._changes.get()
            with surviving("A notice of an alarm"):
                notices.send(change)
            self._unsent.pop(id(change), None)


def _metric(alarm: Alarm) -> Metric:
    _, _, _, region, account, *_ = alarm["AlarmArn"].split(":")
    dimensions = sorted((each["Name"], each["Value"]) for each in alarm.get("Dimensions") or [])
    return Metric(account, region, alarm["Namespace"], alarm["MetricName"], tuple(dimensions))


def _change(alarm: Alarm, state: State, now: float) -> None:
    # Whole seconds, as MiniStack has them.
    alarm.update(
        StateValue=state.value,
        StateReason=state.reason,
        StateReasonData=state.data,
        StateUpdatedTimestamp=int(now),
        StateTransitionedTimestamp=int(now),
    )


def _in_history(state: dict[str, Any]) -> dict[str, Any]:
    entry = {"stateValue": state["value"], "stateReason": state.get("reason")}
    if state.get("reasonData"):
        entry["stateReasonData"] = json.loads(state["reasonData"])
    return entry


def _creation(alarm: Alarm, timestamp: str) -> dict[str, Any]:
    created = {"type": "Create", "createdAlarm": {"alarmName": alarm["AlarmName"], "alarmArn": alarm["AlarmArn"]}}
    return {
        "AlarmName": alarm["AlarmName"],
        "AlarmType": "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm",
        "Timestamp": timestamp,
        "HistoryItemType": "ConfigurationUpdate",
        "HistorySummary": f'Alarm "{alarm["AlarmName"]}" created',
        "HistoryData": json.dumps({"version": "1.0", **created}),
    }
