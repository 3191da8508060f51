"""AWS's managed policies for the services that are here, which MiniStack does not have.

A template that attaches one that is not known is refused, by its ARN. Each has what the "AWS Managed Policy Reference"
says, as far as it is about these services; a grant of others would allow nothing here.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

import json
from typing import Any

from local.seams import seam

_SCHEDULING = ("events:*", "scheduler:*")
_FUNCTIONS_SEEN = ("cloudwatch:ListMetrics", "cloudwatch:GetMetricData", "logs:DescribeLogGroups", "tag:GetResources")
_CATALOGUE = tuple(
    f"glue:{action}"
    for action in (
        *("CreateDatabase", "DeleteDatabase", "GetDatabase", "GetDatabases", "UpdateDatabase"),
        *("CreateTable", "DeleteTable", "BatchDeleteTable", "UpdateTable", "GetTable", "GetTables"),
        *("BatchCreatePartition", "CreatePartition", "DeletePartition", "BatchDeletePartition", "UpdatePartition"),
        *("GetPartition", "GetPartitions", "BatchGetPartition", "GetCatalog", "GetCatalogs", "GetCatalogImportStatus"),
        *("StartColumnStatisticsTaskRun", "GetColumnStatisticsTaskRun", "GetColumnStatisticsTaskRuns"),
    )
)
_RESULTS = (
    *("s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
    *("s3:ListMultipartUploadParts", "s3:AbortMultipartUpload", "s3:CreateBucket", "s3:PutObject"),
    "s3:PutBucketPublicAccessBlock",
)
_LOGS_READ = ("logs:DescribeLogStreams", "logs:GetLogEvents", "logs:FilterLogEvents")

POLICIES: dict[str, tuple[str, ...]] = {
    "AmazonAPIGatewayAdministrator": ("apigateway:*",),
    "AmazonAPIGatewayInvokeFullAccess": ("execute-api:Invoke", "execute-api:ManageConnections"),
    "AmazonAthenaFullAccess": (
        "athena:*",
        *_CATALOGUE,
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:ListAllMyBuckets",
        "sns:ListTopics",
        "sns:GetTopicAttributes",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DeleteAlarms",
        "cloudwatch:GetMetricData",
    ),
    "AmazonDynamoDBReadOnlyAccess": (
        "dynamodb:BatchGetItem",
        "dynamodb:Describe*",
        "dynamodb:GetItem",
        "dynamodb:List*",
        "dynamodb:PartiQLSelect",
        "dynamodb:Query",
        "dynamodb:Scan",
    ),
    "AmazonEventBridgeFullAccess": _SCHEDULING,
    "AmazonEventBridgeSchedulerFullAccess": ("scheduler:*",),
    "AmazonKinesisFirehoseFullAccess": ("firehose:*",),
    "AmazonSNSReadOnlyAccess": ("sns:GetTopicAttributes", "sns:List*"),
    "AmazonSQSReadOnlyAccess": (
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ListDeadLetterSourceQueues",
        "sqs:ListQueues",
    ),
    "AmazonSSMFullAccess": ("ssm:*", "logs:*", "cloudwatch:PutMetricData"),
    "AmazonSSMReadOnlyAccess": ("ssm:Describe*", "ssm:Get*", "ssm:List*"),
    "AWSLambda_FullAccess": (
        "lambda:*",
        "states:DescribeStateMachine",
        "states:ListStateMachines",
        *_FUNCTIONS_SEEN,
        *_LOGS_READ,
    ),
    "AWSLambda_ReadOnlyAccess": (
        "lambda:Get*",
        "lambda:List*",
        "states:ListStateMachines",
        *_FUNCTIONS_SEEN,
        *_LOGS_READ,
    ),
    "AWSStepFunctionsFullAccess": ("states:*",),
    "AWSStepFunctionsConsoleFullAccess": ("states:*", "iam:ListRoles", "lambda:ListFunctions"),
    "AWSStepFunctionsReadOnlyAccess": ("states:Describe*", "states:List*", "states:GetExecutionHistory"),
    "CloudWatchEventsFullAccess": _SCHEDULING,
    "CloudWatchFullAccess": ("cloudwatch:*", "logs:*", "sns:*", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole"),
    "CloudWatchFullAccessV2": (
        "cloudwatch:*",
        "logs:*",
        "sns:CreateTopic",
        "sns:ListTopics",
        "sns:Subscribe",
        "iam:GetRole",
    ),
    "CloudWatchLogsReadOnlyAccess": ("logs:Describe*", "logs:Get*", "logs:List*", "logs:FilterLogEvents"),
    "CloudWatchReadOnlyAccess": (
        "cloudwatch:Describe*",
        "cloudwatch:Get*",
        "cloudwatch:List*",
        "logs:Get*",
        "logs:FilterLogEvents",
    ),
}


def install() -> None:
    """Add them to MiniStack's."""
    from ministack.services import iam

    policies = seam(iam, "_aws_managed_policies")
    record = seam(iam, "_make_aws_managed_record")
    prefix = seam(iam, "_AWS_MANAGED_POLICY_PREFIX")
    policies.update(
        {f"{prefix}{name}": record(name, document(name)) for name in POLICIES if f"{prefix}{name}" not in policies}
    )


def document(name: str) -> str:
    """The policy document of a managed policy."""
    everywhere = {"Effect": "Allow", "Action": list(POLICIES[name]), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [everywhere, *_SOMEWHERE.get(name, ())]})


def _passing(resource: str, service: str | None = None) -> dict[str, Any]:
    """A statement that lets roles be handed over, to one service where it is named."""
    condition = {"Condition": {"StringLike": {"iam:PassedToService": f"{service}.amazonaws.com"}}} if service else {}
    return {"Effect": "Allow", "Action": "iam:PassRole", "Resource": resource, **condition}


_SOMEWHERE: dict[str, tuple[dict[str, Any], ...]] = {
    "AmazonAthenaFullAccess": (
        {"Effect": "Allow", "Action": list(_RESULTS), "Resource": "arn:aws:s3:::aws-athena-query-results-*"},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::athena-examples*"},
    ),
    "AmazonEventBridgeSchedulerFullAccess": (_passing("arn:aws:iam::*:role/*", "scheduler"),),
    "AWSLambda_FullAccess": (_passing("*", "lambda"),),
    "AWSStepFunctionsConsoleFullAccess": (_passing("arn:aws:iam::*:role/service-role/StatesExecutionRole*"),),
}
"""Statements of these policies that are for some resources, or under a condition."""
