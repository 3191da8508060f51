-- The samples, with the place of each row among those of its sample_id: 1 is the one that is trained on.
--
-- Not a query by itself: sql.py puts it in the place of <arrivals> in two others.
-- The first that arrived comes first. Of rows of one id that arrived at once, the one whose message and values sort first.
SELECT
    *,
    row_number() OVER (
        PARTITION BY sample_id
        ORDER BY
            arrived_at, message_id, duration, fc_avg, length, width, height, quantity, weight,
            bin_location, bin_width, bin_height, bin_depth, fullness, clutter
    ) AS place
FROM samples
