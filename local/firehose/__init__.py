"""Amazon Data Firehose: delivery streams that collect records and write them to S3 in batches."""
