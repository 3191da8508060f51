-- Samples of the fulfilment centre, as the training algorithms read them.
--
-- In:   samples (what collect_samples took, which may hold a sample more than once).
-- Out:  s3://<bucket>/training-sets/<execution>/split=train|validation|test/ (gzip CSV without header): the label,
--       then the features in the order of <feature_columns>, all whole numbers. One row a sample, by sample_id: that
--       of the first place in <arrivals>.
-- Split by the first three hex digits of sample_id, as rides are by those of ride_id: below ccd train (80%), below e66
--       validation (10%), else test (10%), so that a sample keeps its split in every execution.
-- Put in by sql.py:
--       <arrivals>         arrivals.sql
-- Put in by render.py:
--       <bucket>           name of the data bucket
--       <execution>        name of the execution, [A-Za-z0-9_-]{1,74}
--       <label_column>     duration
--       <feature_columns>  names of the table's other whole numbers, with commas between
UNLOAD (
    WITH arrivals AS (
        ${arrivals}
    )
    SELECT
        ${label_column} AS label,
        ${feature_columns},
        CASE
            WHEN substr(sample_id, 1, 3) < 'ccd' THEN 'train'
            WHEN substr(sample_id, 1, 3) < 'e66' THEN 'validation'
            ELSE 'test'
        END AS split
    FROM arrivals
    WHERE place = 1
    ORDER BY sample_id
)
TO 's3://${bucket}/training-sets/${execution}/'
WITH (format = 'TEXTFILE', field_delimiter = ',', compression = 'GZIP', partitioned_by = ARRAY['split'])
