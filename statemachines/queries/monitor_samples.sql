-- Captured predictions of a task on samples, with what became of each.
--
-- In:   predictions and outcomes (what predict captured, and what callers told later), samples (of the fulfilment centre).
-- Out:  s3://<bucket>/monitored/<execution>/<task>/ (gzip, a JSON object a line, read by
--       `wildrydes.monitoring.observations`): one row a prediction. A prediction's sample is that whose sample_id the
--       caller gave as the record's reference. The truth is what a caller told, else the label of the sample as it came
--       first, else null.
-- Put in by sql.py:
--       <captured>         captured.sql
-- Put in by render.py:
--       <bucket>           name of the data bucket
--       <execution>        name of the execution
--       <task>             the task's name
--       <label_column>     duration
UNLOAD (
    WITH
    captured AS (
        ${captured}
    ),
    records AS (
        SELECT
            sample_id,
            min_by(${label_column}, arrived_at || ' ' || message_id) AS label
        FROM samples
        WHERE sample_id IN (SELECT reference FROM captured WHERE reference IS NOT NULL)
        GROUP BY sample_id
    )
    SELECT
        captured.day AS day,
        captured.model AS model,
        captured.score AS score,
        coalesce(captured.reported, CAST(records.label AS double)) AS truth,
        captured.features AS features,
        captured.measures AS measures
    FROM captured
    LEFT JOIN records
        ON records.sample_id = captured.reference
    ORDER BY captured.request_id, captured.place
)
TO 's3://${bucket}/monitored/${execution}/${task}/'
WITH (format = 'JSON', compression = 'GZIP')
