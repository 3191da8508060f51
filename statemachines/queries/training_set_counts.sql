-- What training_set.sql took and what it left out, counted by the same rules.
--
-- In:   rides and weather (partition <execution>), as in training_set.sql.
-- Out:  one row of numbers, read by getQueryResults:
--       processed_rows   rows of rides of the years that are read = repeated + without_label + without_weather
--                        + train_rows + validation_rows + test_rows
--       rides            different rides
--       repeated         rows beyond the first of a ride
--       without_label    rides whose <label_column> is absent
--       without_weather  rides with a label, but without all three elements of weather on their day
--       without_weather_fraction  what these are of all rides with a label, 0 where there is none; nine places
--       train_rows, validation_rows, test_rows; and of each split its _positives (label 1) and _negatives (label 0)
--       lowest_label, highest_label  of train, 0 where it is empty; a model needs two different labels to learn from
--       filled_days      rows of weather (ground station and day) with an element that came from another station
--       filled_rides     rides of the training set whose weather is of such a row
--       far_rides        rides of the training set that are more than 60 miles from their ground station
--       farthest_miles   how far the farthest of the training set is, to a tenth of a mile
--       mini_batch_size  a tenth of train_rows, at least 1 and at most 1000
-- Put in by sql.py:
--       <copies>        copies.sql
-- Put in by render.py:
--       <first_year>  <last_year>  whole numbers, both included: the years of rides that are read
--       <execution>     name of the execution, [A-Za-z0-9_-]{1,74}
--       <label_column>  the task's label: heavy_utilization, service_requested or magicpoints
--       <stations>      rows of VALUES: ('<id>', <latitude>, <longitude>), … in degrees, as doubles (4.07969E1)
WITH
ground_stations (station, latitude, longitude) AS (
    VALUES
        ${stations}
),
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
        copies.copies AS copies,
        copies.label AS label,
        coalesce(days.filled, false) AS filled,
        -- The great circle on a sphere of the Earth's mean radius (haversine), in statute miles.
        2 * 6371.0088e0 / 1.609344e0 * asin(least(1e0, sqrt(
            power(sin(radians(copies.latitude - ground_stations.latitude) / 2), 2)
            + cos(radians(copies.latitude)) * cos(radians(ground_stations.latitude))
            * power(sin(radians(copies.longitude - ground_stations.longitude) / 2), 2)
        ))) AS miles,
        CASE
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
    LEFT JOIN ground_stations
        ON ground_stations.station = copies.groundstation
)
SELECT
    CAST(coalesce(sum(copies), 0) AS bigint) AS processed_rows,
    count(*) AS rides,
    CAST(coalesce(sum(copies - 1), 0) AS bigint) AS repeated,
    count_if(fate = 'without_label') AS without_label,
    count_if(fate = 'without_weather') AS without_weather,
    CAST(
        coalesce(
            CAST(count_if(fate = 'without_weather') AS double)
                / nullif(count_if(fate <> 'without_label'), 0),
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
    CAST(coalesce(min(label) FILTER (WHERE fate = 'train'), 0) AS decimal(28, 9)) AS lowest_label,
    CAST(coalesce(max(label) FILTER (WHERE fate = 'train'), 0) AS decimal(28, 9)) AS highest_label,
    (SELECT count(*) FROM days WHERE filled) AS filled_days,
    count_if(filled AND fate IN ('train', 'validation', 'test')) AS filled_rides,
    count_if(miles > 60 AND fate IN ('train', 'validation', 'test')) AS far_rides,
    CAST(coalesce(max(miles) FILTER (WHERE fate IN ('train', 'validation', 'test')), 0) AS decimal(8, 1))
        AS farthest_miles,
    greatest(1, least(1000, count_if(fate = 'train') / 10)) AS mini_batch_size
FROM fates
