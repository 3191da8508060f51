-- What samples_training_set.sql took and what it left out, counted by the same rules.
--
-- In:   samples, as in samples_training_set.sql.
-- Put in by sql.py:
--       <arrivals>       arrivals.sql
-- Out:  one row of numbers, read by getQueryResults; names as in training_set_counts.sql where they mean the same:
--       processed_rows   rows of samples = repeated + train_rows + validation_rows + test_rows
--       samples          different samples
--       repeated         rows beyond the first of a sample: deliveries that were repeated
--       contradicting    samples that came again with other values; the first that arrived is taken
--       train_rows, validation_rows, test_rows
--       lowest_label, highest_label  of train, 0 where it is empty; a model needs two different labels to learn from
--       mini_batch_size  a tenth of train_rows, at least 1 and at most 1000
WITH
arrivals AS (
    ${arrivals}
),
copies AS (
    SELECT
        sample_id,
        count(*) AS copies,
        min(duration) FILTER (WHERE place = 1) AS label,
        count(
            DISTINCT CAST(duration AS varchar) || ',' || CAST(fc_avg AS varchar) || ',' || CAST(length AS varchar)
            || ',' || CAST(width AS varchar) || ',' || CAST(height AS varchar) || ',' || CAST(quantity AS varchar)
            || ',' || CAST(weight AS varchar) || ',' || CAST(bin_location AS varchar)
            || ',' || CAST(bin_width AS varchar) || ',' || CAST(bin_height AS varchar)
            || ',' || CAST(bin_depth AS varchar) || ',' || CAST(fullness AS varchar)
            || ',' || CAST(clutter AS varchar)
        ) AS variants
    FROM arrivals
    GROUP BY sample_id
),
fates AS (
    SELECT
        copies,
        variants,
        label,
        CASE
            WHEN substr(sample_id, 1, 3) < 'ccd' THEN 'train'
            WHEN substr(sample_id, 1, 3) < 'e66' THEN 'validation'
            ELSE 'test'
        END AS fate
    FROM copies
)
SELECT
    CAST(coalesce(sum(copies), 0) AS bigint) AS processed_rows,
    count(*) AS samples,
    CAST(coalesce(sum(copies - 1), 0) AS bigint) AS repeated,
    count_if(variants > 1) AS contradicting,
    count_if(fate = 'train') AS train_rows,
    count_if(fate = 'validation') AS validation_rows,
    count_if(fate = 'test') AS test_rows,
    CAST(coalesce(min(label) FILTER (WHERE fate = 'train'), 0) AS bigint) AS lowest_label,
    CAST(coalesce(max(label) FILTER (WHERE fate = 'train'), 0) AS bigint) AS highest_label,
    greatest(1, least(1000, count_if(fate = 'train') / 10)) AS mini_batch_size
FROM fates
