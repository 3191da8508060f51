"""SageMaker's training jobs on the embedded AWS: the API, and a process a job that keeps the container contract.

- `service`: the wire. Requests in, answers and errors out, in the convention of MiniStack's service modules
- `validation` (`images`): what AWS refuses before it creates a job, read off botocore's own model of the API
- `jobs`: a job's record, from which DescribeTrainingJob answers, and its statuses
- `runner` (`channels`, `process`, `job_log`, `metrics`): downloads, runs, uploads, in a thread of its own
"""
