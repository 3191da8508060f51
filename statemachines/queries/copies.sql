-- The rides with the number of each copy of a ride: copy 1 is the one that counts.
--
-- Not a query by itself: sql.py puts it in the place of <copies> in two others.
-- Put in by render.py:
--       <label_column>  heavy_utilization or service_requested
-- Equal ride_ids are equal rides; the order only makes it certain which copy is taken.
SELECT
    ride_id,
    substr(statustime, 1, 10) AS day,
    groundstation,
    distance,
    healthpoints,
    magicpoints,
    ${label_column} AS label,
    row_number() OVER (
        PARTITION BY ride_id
        ORDER BY ${label_column} NULLS LAST, statustime, groundstation, distance, healthpoints, magicpoints
    ) AS copy
FROM rides
