-- Captured predictions of a task on rides, with what became of each.
--
-- In:   predictions and outcomes (what predict captured, and what callers told later), rides (the processed rides).
-- Out:  s3://<bucket>/monitored/<execution>/<task>/ (gzip, a JSON object a line, read by
--       `wildrydes.monitoring.observations`): one row a prediction. A prediction's ride is that whose ride_id the caller
--       gave as the record's reference. The truth is what a caller told, else the ride's label, else null; `station` is
--       near where the ride is at most 60 miles from its ground station, far where it is not, null without a ride.
-- Put in by sql.py:
--       <captured>         captured.sql
-- Put in by render.py:
--       <bucket>           name of the data bucket
--       <execution>        name of the execution
--       <task>             the task's name
--       <label_column>     the task's label: heavy_utilization, service_requested or magicpoints
--       <stations>         rows of VALUES: ('<id>', <latitude>, <longitude>), … in degrees, as doubles (4.07969E1)
UNLOAD (
    WITH
    ground_stations (station, latitude, longitude) AS (
        VALUES
            ${stations}
    ),
    captured AS (
        ${captured}
    ),
    -- A ride that came more than once is as it came last; of two at one time, the larger label counts.
    records AS (
        SELECT
            ride_id,
            max_by(
                ${label_column},
                coalesce(arrived_at, '') || ' ' || lpad(CAST(coalesce(arrival_position, 0) AS varchar), 19, '0')
                || CAST(${label_column} AS varchar)
            ) FILTER (WHERE ${label_column} IS NOT NULL) AS label,
            min(groundstation) AS groundstation,
            min(latitude) AS latitude,
            min(longitude) AS longitude
        FROM rides
        WHERE ride_id IN (SELECT reference FROM captured WHERE reference IS NOT NULL)
        GROUP BY ride_id
    )
    SELECT
        captured.day AS day,
        captured.model AS model,
        captured.score AS score,
        coalesce(captured.reported, CAST(records.label AS double)) AS truth,
        CASE
            WHEN records.ride_id IS NULL THEN NULL
            -- The great circle on a sphere of the Earth's mean radius (haversine), in statute miles.
            WHEN 2 * 6371.0088e0 / 1.609344e0 * asin(least(1e0, sqrt(
                power(sin(radians(records.latitude - ground_stations.latitude) / 2), 2)
                + cos(radians(records.latitude)) * cos(radians(ground_stations.latitude))
                * power(sin(radians(records.longitude - ground_stations.longitude) / 2), 2)
            ))) <= 60 THEN 'near'
            ELSE 'far'
        END AS station,
        captured.features AS features,
        captured.measures AS measures
    FROM captured
    LEFT JOIN records
        ON records.ride_id = captured.reference
    LEFT JOIN ground_stations
        ON ground_stations.station = records.groundstation
    ORDER BY captured.request_id, captured.place
)
TO 's3://${bucket}/monitored/${execution}/${task}/'
WITH (format = 'JSON', compression = 'GZIP')
