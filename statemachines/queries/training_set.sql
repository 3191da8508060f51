-- Rides with their weather, as the linear learner reads them.
--
-- In:   rides (the processed rides, which may hold a ride more than once) and weather (partition <execution>).
-- Out:  s3://<bucket>/training-sets/<execution>/split=train|validation|test/ (gzip CSV without header): the label
--       (0 or 1, or the number of a regression), then the features in the order of <feature_columns>. One row a ride, by ride_id; rides without
--       label, or without all three elements of weather at their ground station on their day, are left out.
--       Numbers are decimals with nine places: Athena would write a double of ten millions as 1.0E7.
-- Split by the first three hex digits of ride_id: below ccd train (80%), below e66 validation (10%), else test (10%),
--       so that a ride keeps its split in every execution.
-- Put in by sql.py:
--       <copies>           copies.sql
-- Put in by render.py:
--       <bucket>           name of the data bucket
--       <first_year>  <last_year>  whole numbers, both included: the years of rides that are read
--       <execution>        name of the execution, [A-Za-z0-9_-]{1,74}
--       <label_column>     the task's label: heavy_utilization, service_requested or magicpoints
--       <label_type>       integer, or decimal(28, 9) for a regression
--       <feature_columns>  names from distance, healthpoints, magicpoints, tmin, tmax, prcp, with commas between
UNLOAD (
    WITH
    copies AS (
        ${copies}
    ),
    rows_with_weather AS (
        SELECT
            copies.ride_id AS ride_id,
            CAST(copies.label AS ${label_type}) AS label,
            CAST(copies.distance AS decimal(28, 9)) AS distance,
            CAST(copies.healthpoints AS decimal(28, 9)) AS healthpoints,
            CAST(copies.magicpoints AS decimal(28, 9)) AS magicpoints,
            CAST(weather.tmin AS decimal(28, 9)) AS tmin,
            CAST(weather.tmax AS decimal(28, 9)) AS tmax,
            CAST(weather.prcp AS decimal(28, 9)) AS prcp
        FROM copies
        INNER JOIN weather
            ON weather.station = copies.groundstation
            AND weather.day = copies.day
        WHERE copies.label IS NOT NULL
            AND weather.execution = '${execution}'
            AND weather.tmin IS NOT NULL
            AND weather.tmax IS NOT NULL
            AND weather.prcp IS NOT NULL
    )
    SELECT
        label,
        ${feature_columns},
        CASE
            WHEN substr(ride_id, 1, 3) < 'ccd' THEN 'train'
            WHEN substr(ride_id, 1, 3) < 'e66' THEN 'validation'
            ELSE 'test'
        END AS split
    FROM rows_with_weather
    ORDER BY ride_id
)
TO 's3://${bucket}/training-sets/${execution}/'
WITH (format = 'TEXTFILE', field_delimiter = ',', compression = 'GZIP', partitioned_by = ARRAY['split'])
