-- How many records of a day's requests for a task could not be used.
--
-- In:   predictions.
-- Out:  one row, read by getQueryResults: refused. Of the lines of one request the first has the number; a line that was
--       delivered twice counts once.
-- Put in by render.py:
--       <task>            the task's name
--       <date>            the day, YYYY-MM-DD
--       <date_partition>  <last_partition>  the partitions that Firehose may have put it into, YYYY/MM/DD
SELECT
    CAST(coalesce(sum(refused), 0) AS bigint) AS refused
FROM (
    SELECT
        request_id,
        max(refused) AS refused
    FROM predictions
    WHERE capture = 1
        AND task = '${task}'
        AND day BETWEEN '${date_partition}' AND '${last_partition}'
        AND substr(time, 1, 10) = '${date}'
    GROUP BY request_id
) AS requests
