"""SageMaker's training jobs on the embedded AWS: the API, and a process a job that keeps the container contract.

- `service` (`listing`): the wire. Requests in, answers and errors out, in the convention of MiniStack's modules
- `validation` (`shapes`, `images`): what AWS refuses before it creates a job, read off botocore's model of the API,
  and what only the embedded AWS refuses, by name
- `jobs`: a job's record, from which DescribeTrainingJob answers, and its statuses
- `runner` (`container`, `transfer`, `process`, `job_log`, `metrics`): downloads, runs, uploads, in a thread of its own

Other than on AWS: Pipe mode's objects reach the algorithm as files; one instance; the images of `images` alone.
"""
