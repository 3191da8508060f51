-- The captured predictions of a task, one row each, with the value that a caller has told of it.
--
-- Not a query by itself: sql.py puts it in the place of <captured> in two others.
-- Put in by render.py:
--       <task>             the task's name
--       <first_date>       <date>  the first day and the last, YYYY-MM-DD, by the time of the prediction
--       <first_partition>  <last_partition>  the partitions that Firehose may have put these into, YYYY/MM/DD
-- A line that was delivered twice counts once, and so does a place of a request. Of several values that were told of one
-- prediction, the last counts. Predictions without a finite score are left out, and so are those of a line whose rows
-- have not a number for each feature: no line of predict is such.
SELECT
    copies.day AS day,
    copies.model AS model,
    copies.request_id AS request_id,
    copies.place AS place,
    copies.reference AS reference,
    copies.features AS features,
    copies.measures AS measures,
    copies.score AS score,
    reports.value AS reported
FROM (
    SELECT
        substr(predictions.time, 1, 10) AS day,
        predictions.model AS model,
        predictions.request_id AS request_id,
        predictions.features AS features,
        answer.place AS place,
        CAST(answer.reference AS varchar) AS reference,
        answer.measures AS measures,
        answer.score AS score,
        row_number() OVER (
            PARTITION BY predictions.request_id, answer.place ORDER BY predictions.time
        ) AS copy
    FROM predictions
    CROSS JOIN UNNEST(
        predictions.places, predictions."references", predictions.rows, predictions.scores
    ) AS answer (place, reference, measures, score)
    WHERE predictions.capture = 1
        AND predictions.task = '${task}'
        AND predictions.day BETWEEN '${first_partition}' AND '${last_partition}'
        AND substr(predictions.time, 1, 10) BETWEEN '${first_date}' AND '${date}'
        AND answer.score IS NOT NULL
        AND cardinality(answer.measures) = cardinality(predictions.features)
) AS copies
LEFT JOIN (
    SELECT
        request_id,
        coalesce(place, 0) AS place,
        max_by(value, time) AS value
    FROM outcomes
    WHERE day >= '${first_partition}'
        AND (task IS NULL OR task = '${task}')
        AND request_id IS NOT NULL
        AND value IS NOT NULL
    GROUP BY request_id, coalesce(place, 0)
) AS reports
    ON reports.request_id = copies.request_id
    AND reports.place = copies.place
WHERE copies.copy = 1
