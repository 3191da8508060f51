-- The rides, one row each, with all copies of a ride taken together.
--
-- Not a query by itself: sql.py puts it in the place of <copies> in two others.
-- Put in by render.py:
--       <label_column>  the task's label: heavy_utilization, service_requested or magicpoints
--       <first_year>  <last_year>  whole numbers, both included: only objects of rides of these years are opened. All
--                   copies of a ride are of one year
-- Rows are copies of one ride when they agree in the seven fields that were true during the ride. The order of their
-- arrival is that of arrived_at, then arrival_position. Rows from before these columns have neither, and come first.
--       ride_id     that of the first arrival, so that no later one moves the ride to another split. Of rows from before
--                   these columns, that of one without FieldService, which is also the id of all later arrivals
--       label       that of the last arrival that has one; of two at one time, the larger
--       copies      the number of rows
SELECT
    min_by(
        ride_id,
        coalesce(arrived_at, '') || ' ' || lpad(CAST(coalesce(arrival_position, 0) AS varchar), 19, '0')
        || coalesce(CAST(service_requested AS varchar), '-') || ride_id
    ) AS ride_id,
    substr(statustime, 1, 10) AS day,
    max_by(
        groundstation,
        coalesce(arrived_at, '') || ' ' || lpad(CAST(coalesce(arrival_position, 0) AS varchar), 19, '0') || groundstation
    ) AS groundstation,
    latitude,
    longitude,
    distance,
    healthpoints,
    magicpoints,
    max_by(
        ${label_column},
        coalesce(arrived_at, '') || ' ' || lpad(CAST(coalesce(arrival_position, 0) AS varchar), 19, '0')
        || CAST(${label_column} AS varchar)
    ) FILTER (WHERE ${label_column} IS NOT NULL) AS label,
    count(*) AS copies
FROM rides
WHERE year BETWEEN ${first_year} AND ${last_year}
GROUP BY name, statustime, latitude, longitude, distance, healthpoints, magicpoints
