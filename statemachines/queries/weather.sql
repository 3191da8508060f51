-- The weather of each ground station and day, completed from its neighbours.
--
-- In:   ghcn, NOAA's daily observations (Glue table, partitions year and element): tenths of degrees Celsius for
--       TMIN and TMAX, tenths of millimetres for PRCP. Values that failed a quality check are not used; in Parquet an
--       absent flag is NULL. Nor is -9999, which marks a missing value in the files that NOAA's Parquet is made from.
-- Out:  s3://<bucket>/weather/<execution>/ (Parquet, table weather): one row a ground station and day on which any
--       ground station reported any of the three. Each element comes from the nearest ground station that reported
--       it that day, the station itself being the nearest, and <element>_source says from which. An element that
--       no ground station reported is NULL, and so is its source.
-- Put in by render.py:
--       <bucket>      name of the data bucket
--       <execution>   name of the execution, [A-Za-z0-9_-]{1,74}
--       <first_year>  <last_year>  whole numbers, both included
--       <stations>    rows of VALUES: ('<id>', <latitude>, <longitude>), … in degrees, as doubles (4.07969E1)
UNLOAD (
    WITH
    ground_stations (station, latitude, longitude) AS (
        VALUES
            ${stations}
    ),
    -- Every pair, the station itself included, with the angle between the two on the sphere (haversine).
    neighbours AS (
        SELECT
            here.station AS station,
            there.station AS source,
            2 * asin(least(1e0, sqrt(
                power(sin(radians(there.latitude - here.latitude) / 2), 2)
                + cos(radians(here.latitude)) * cos(radians(there.latitude))
                * power(sin(radians(there.longitude - here.longitude) / 2), 2)
            ))) AS angle
        FROM ground_stations AS here
        CROSS JOIN ground_stations AS there
    ),
    observations AS (
        SELECT
            id AS source,
            "date" AS yyyymmdd,
            element,
            max(data_value) AS data_value
        FROM ghcn
        WHERE year BETWEEN ${first_year} AND ${last_year}
            AND element IN ('TMIN', 'TMAX', 'PRCP')
            AND (q_flag IS NULL OR q_flag = '')
            AND data_value IS NOT NULL
            AND data_value <> -9999
            AND id IN (SELECT station FROM ground_stations)
        GROUP BY id, "date", element
    ),
    ranked AS (
        SELECT
            neighbours.station AS station,
            observations.yyyymmdd AS yyyymmdd,
            observations.element AS element,
            observations.source AS source,
            CAST(observations.data_value AS double) AS reading,
            row_number() OVER (
                PARTITION BY neighbours.station, observations.yyyymmdd, observations.element
                ORDER BY neighbours.angle, observations.source
            ) AS nearness
        FROM observations
        INNER JOIN neighbours ON neighbours.source = observations.source
    )
    SELECT
        station,
        substr(yyyymmdd, 1, 4) || '-' || substr(yyyymmdd, 5, 2) || '-' || substr(yyyymmdd, 7, 2) AS day,
        max(CASE WHEN element = 'TMIN' THEN reading END) AS tmin,
        max(CASE WHEN element = 'TMAX' THEN reading END) AS tmax,
        max(CASE WHEN element = 'PRCP' THEN reading END) AS prcp,
        max(CASE WHEN element = 'TMIN' THEN source END) AS tmin_source,
        max(CASE WHEN element = 'TMAX' THEN source END) AS tmax_source,
        max(CASE WHEN element = 'PRCP' THEN source END) AS prcp_source
    FROM ranked
    WHERE nearness = 1
    GROUP BY station, yyyymmdd
    ORDER BY station, yyyymmdd
)
TO 's3://${bucket}/weather/${execution}/'
WITH (format = 'PARQUET', compression = 'SNAPPY')
