"""SageMaker on the embedded AWS: training jobs, endpoints and transform jobs, each with a process of its own that
keeps the container contract.

- `service` (`listing`): the wire. Requests in, answers and errors out, in the convention of MiniStack's modules
- `validation` (`shapes`, `images`): what AWS refuses before it creates a job, read off botocore's model of the API,
  and what only the embedded AWS refuses, by name
- `jobs`: a job's record, from which DescribeTrainingJob answers, and its statuses
- `runner` (`container`, `transfer`, `process`, `job_log`, `metrics`): downloads, runs, uploads, in a thread of its own
- `hosting`: models and endpoints. `models` and `endpoint_configs` are records; `endpoints` takes requests, `endpoint`
  is the record, `deployment` moves it on, `fleet` has a `model_server` a variant (`serving_container`, `unpacking`),
  `traffic` divides requests. `runtime` is InvokeEndpoint (`data_capture`, `endpoint_metrics`)
- `transform_jobs` (`transform_run`, `transform_records`): batch transforms, by the same containers

Other than on AWS: Pipe mode's objects reach the algorithm as files; one instance; the images of `images` alone.
"""
