-- What training_set.sql took and what it left out, counted by the same rules.
--
-- In:   rides and weather (partition <execution>), as in training_set.sql.
-- Out:  one row of whole numbers, read by getQueryResults:
--       processed_rows   rows of rides = repeated + without_label + without_weather + train_rows + validation_rows
--                        + test_rows
--       rides            different ride_ids
--       repeated         rows beyond the first of a ride_id
--       without_label    rides whose <label_column> is absent
--       without_weather  rides with a label, but without all three elements of weather on their day
--       without_weather_fraction  what these are of all rides with a label, 0 where there is none; nine places
--       train_rows, validation_rows, test_rows; and of each split its _positives (label 1) and _negatives (label 0)
--       filled_days      rows of weather (ground station and day) with an element that came from another station
--       filled_rides     rides of the training set whose weather is of such a row
--       mini_batch_size  a tenth of train_rows, at least 1 and at most 1000
-- Put in by sql.py:
--       <copies>        copies.sql
-- Put in by render.py:
--       <execution>     name of the execution, [A-Za-z0-9_-]{1,80}
--       <label_column>  heavy_utilization or service_requested
WITH
copies AS (
    ${copies}
),
days AS (
    SELECT
        station,
        day,
        tmin IS NOT NULL AND tmax IS NOT NULL AND prcp IS NOT NULL AS complete,
        coalesce(tmin_source <> station, false)
            OR coalesce(tmax_source <> station, false)
            OR coalesce(prcp_source <> station, false) AS filled
    FROM weather
    WHERE execution = '${execution}'
),
fates AS (
    SELECT
        copies.copy AS copy,
        copies.label AS label,
        coalesce(days.filled, false) AS filled,
        CASE
            WHEN copies.copy > 1 THEN 'repeated'
            WHEN copies.label IS NULL THEN 'without_label'
            WHEN NOT coalesce(days.complete, false) THEN 'without_weather'
            WHEN substr(copies.ride_id, 1, 3) < 'ccd' THEN 'train'
            WHEN substr(copies.ride_id, 1, 3) < 'e66' THEN 'validation'
            ELSE 'test'
        END AS fate
    FROM copies
    LEFT JOIN days
        ON days.station = copies.groundstation
        AND days.day = copies.day
)
SELECT
    count(*) AS processed_rows,
    count_if(copy = 1) AS rides,
    count_if(fate = 'repeated') AS repeated,
    count_if(fate = 'without_label') AS without_label,
    count_if(fate = 'without_weather') AS without_weather,
    CAST(
        coalesce(
            CAST(count_if(fate = 'without_weather') AS double)
                / nullif(count_if(fate NOT IN ('repeated', 'without_label')), 0),
            0
        ) AS decimal(10, 9)
    ) AS without_weather_fraction,
    count_if(fate = 'train') AS train_rows,
    count_if(fate = 'validation') AS validation_rows,
    count_if(fate = 'test') AS test_rows,
    count_if(fate = 'train' AND label = 1) AS train_positives,
    count_if(fate = 'train' AND label = 0) AS train_negatives,
    count_if(fate = 'validation' AND label = 1) AS validation_positives,
    count_if(fate = 'validation' AND label = 0) AS validation_negatives,
    count_if(fate = 'test' AND label = 1) AS test_positives,
    count_if(fate = 'test' AND label = 0) AS test_negatives,
    (SELECT count(*) FROM days WHERE filled) AS filled_days,
    count_if(filled AND fate IN ('train', 'validation', 'test')) AS filled_rides,
    greatest(1, least(1000, count_if(fate = 'train') / 10)) AS mini_batch_size
FROM fates
