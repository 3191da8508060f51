"""The embedded AWS: MiniStack and moto on one port, with the parts that this project needs as AWS has them.

`server` starts it, and `assembly` puts its parts in place. `account` is what a client needs to reach it, `seams`
replaces parts of the projects that carry it, `protocols` has what all APIs have in common, `background` keeps
threads alive, and `persistence` keeps the state. Each other folder is a service, named as boto3 names its client.

Its exceptions have one root:

EmbeddedAwsError
├── StartError                  server: it cannot start
│   └── PortTakenError
├── MissingSeamError            seams: a pinned version has changed
├── StateError                  persistence.folder: a kept state cannot be used
├── NotSavedError               persistence.keeper: the state could not be saved
├── NotJsonError                strict_json: a text is no JSON
├── TooManyFieldsError          protocols.parameters: a form has more fields than any request
├── UnknownPieceError           stepfunctions.tokens: a piece of a definition is not one token
├── ExecutionNotRedrivableError stepfunctions.redrive: an execution cannot be redriven
├── CallRefusedError            stepfunctions.refusals: Step Functions refuses the call
├── ForbiddenRequestError       iam.request_guard: a page of another site may have sent the request
├── TooLargeError               iam.bodies: the body is larger than its sender may send
├── DisconnectedError           iam.bodies: the sender went away
├── UnauthenticatedError        iam.refusals: the signature is missing or wrong
├── RefusedObjectError          iam.refusals: S3 refuses the request, with this answer
├── BadInputError               iam.own_paths: the body is none that the path takes
├── UnusableRoleError           iam.roles: the service cannot assume the role
├── GatewayResponseError        apigateway.exchanges: API Gateway answers in the place of the function
├── BudgetRefusedError          budgets.install: AWS would not create the budget
├── InvalidScheduleError        scheduler.checks: EventBridge Scheduler would not create the schedule
├── InvalidInputError           scheduler.targets: a schedule's target cannot be called with such an input
├── UnsupportedDocumentError    apigateway.http_documents: no HTTP API here has what the document has
├── UnsupportedTargetError      scheduler.targets: nothing here is called by a schedule's target
├── NoForkServerError           lambda_.fork_server: the process that forks the functions has ended
├── RefusedFunctionError        lambda_.configurations: Lambda would not create or change the function
├── InvalidMappingError         lambda_.pollers: AWS would not create the event source mapping
├── QueryError                  athena.errors: the query fails
├── QueryCancelledError         athena.errors: the query was cancelled
├── RequestError                athena.errors: Athena's API refuses the call
├── ApiError                    sagemaker.errors: SageMaker's API refuses the call
│   ├── ResourceInUseError
│   ├── NotFoundError
│   ├── ResourceLimitError
│   ├── AccessDeniedError
│   └── UnsupportedError
├── FleetError                  sagemaker.fleet: a container of an endpoint cannot be started
├── RollbackError               sagemaker.deployment: an endpoint's update is to be rolled back
├── RecordError                 sagemaker.transform_records: a record cannot be sent to a container
├── TransformError              sagemaker.transform_run: the transform job fails
├── UnpackingError              sagemaker.unpacking: an archive is damaged, too large, or no model's
├── RefusedPayloadError         algorithms.serving.requests: a container cannot answer the request
├── UnusableModelError          algorithms.serving.predictor: the artefact is none that the algorithm wrote
├── TransferError               sagemaker.transfer: a job's data or model could not be brought from or to S3
├── FirehoseError               firehose.errors: Firehose's API refuses the call
│   ├── SlowDownError
│   ├── LimitError
│   ├── NoStreamError
│   └── PassRoleError
├── DamagedBodyError            iam.inflation: a request's body is not the gzip that its header announces
├── SessionDurationError        iam.session_durations: a role's session would last longer than it may
├── UnprocessableRecordError    firehose.processing: a record cannot be decompressed
├── PatternError                logs.patterns: the filter pattern is none, or is not supported
├── UndeliverableError          logs.subscriptions: the stream takes nothing from the filter
├── RefusedError                cloudwatch.errors: CloudWatch's API refuses the call
│   ├── ValidationError
│   ├── MissingParameterError
│   ├── InvalidValueError
│   ├── InvalidCombinationError
│   ├── InvalidTokenError
│   └── InvalidDashboardError
├── MalformedLineError          cloudwatch.metric_lines: a line is not as the embedded metric format has it
├── TrainingError               algorithms.linear_learner.errors: the training job fails
│   ├── CustomerError
│   └── AlgorithmError
├── LongLineError               algorithms.inputs.decimal_files: a line is longer than any row
├── NotAllowedError             algorithms.linear_learner.rules: a hyperparameter is out of its range
├── BadRecordError              algorithms.linear_learner.recordio: the bytes are no RecordIO
├── ToolkitError                algorithms.xgboost.errors: the training job fails
│   ├── UserError
│   └── LibraryError
├── BadUbjsonError              algorithms.xgboost.ubjson: the bytes are no UBJSON
├── UnreadableModelError        algorithms.xgboost.document: the artefact is no model of XGBoost
└── UnusableSampleError         algorithms.knn.model: the artefact is no model of k-NN
"""


class EmbeddedAwsError(Exception):
    """The root of the exceptions that the embedded AWS raises; errors of Python and of libraries have their own."""
