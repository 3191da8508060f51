"""CloudWatch's metrics, alarms and dashboards, in the place of MiniStack's.

MiniStack keeps the wire, the alarms' descriptions, composite alarms and tags. Its points are a list that grows, its
alarms look at all of them by the machine's clock, and lines in the embedded metric format stay lines. In their places:

- `aggregates`, `store`: what a metric was, by minute, then by five minutes, then by hour, as long as AWS keeps it
- `data`: the datapoints of PutMetricData, and what is wrong with them
- `metric_lines`: log lines in the embedded metric format, and the metrics in them
- `alarm_states`: which state the datapoints of an alarm mean, and the reason; `alarms`: when it is looked at
- `alarm_checks`: what is no alarm
- `notices`: what topics and EventBridge hear of a change
- `queries`, `metric_data`, `tokens`: GetMetricData, GetMetricStatistics, ListMetrics and their pages
- `metric_math`, `math_functions`: expressions over metrics
- `dashboards`: what is wrong with a dashboard's body
- `wire`: requests and responses as CloudWatch writes them

Whoever counts something calls MiniStack's `cloudwatch.record_metric`, which ends in the store. All of it goes by the
server's clock (`local.scheduler`), which can be moved on. What differs from AWS is in `docs/conformance.md`.
"""
