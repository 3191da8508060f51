"""What has to be looked after: alarms, queues with their dead letters, schedules, charts, costs and grants."""
