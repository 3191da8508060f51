"""Actions of AWS's that the embedded AWS does not have: 501 `NotImplemented` by name, whichever the protocol."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from machines import Client

ACCOUNT = {"AccountId": "123456789012"}


@pytest.mark.parametrize(
    ("service", "action", "call", "parameters"),
    [
        ("apigateway", "apigateway:GetVpcLinks", "get_vpc_links", {}),
        ("athena", "athena:ListNotebookMetadata", "list_notebook_metadata", {"WorkGroup": "primary"}),
        ("budgets", "budgets:DescribeBudgetActionsForAccount", "describe_budget_actions_for_account", ACCOUNT),
        ("cloudformation", "cloudformation:ListTypes", "list_types", {}),
        ("dynamodb", "dynamodb:ListGlobalTables", "list_global_tables", {}),
        ("ecr", "ecr:DescribePullThroughCacheRules", "describe_pull_through_cache_rules", {}),
        ("glue", "glue:ListBlueprints", "list_blueprints", {}),
        ("iam", "iam:ListDelegationRequests", "list_delegation_requests", {}),
        ("kms", "kms:DescribeCustomKeyStores", "describe_custom_key_stores", {}),
        ("lambda", "lambda:ListCapacityProviders", "list_capacity_providers", {}),
        ("logs", "logs:ListLogAnomalyDetectors", "list_log_anomaly_detectors", {}),
        ("cloudwatch", "cloudwatch:ListMetricStreams", "list_metric_streams", {}),
        (
            "s3",
            "s3:CreateBucketMetadataConfiguration",
            "create_bucket_metadata_configuration",
            {
                "Bucket": "rides",
                "MetadataConfiguration": {
                    "JournalTableConfiguration": {"RecordExpiration": {"Expiration": "DISABLED"}}
                },
            },
        ),
        ("sagemaker", "sagemaker:ListPipelines", "list_pipelines", {}),
        ("sns", "sns:ListSMSSandboxPhoneNumbers", "list_sms_sandbox_phone_numbers", {}),
        ("ssm", "ssm:ListDocuments", "list_documents", {}),
        ("sts", "sts:DecodeAuthorizationMessage", "decode_authorization_message", {"EncodedMessage": "x"}),
        ("resourcegroupstaggingapi", "tag:GetComplianceSummary", "get_compliance_summary", {}),
    ],
)
def test_action_that_is_not_there_is_named(
    client: Client, service: str, action: str, call: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as refusal:
        getattr(client(service), call)(**parameters)
    answer = refusal.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501, answer
    assert answer["Error"]["Code"] == "NotImplemented"
    assert answer["Error"]["Message"] == f"The embedded AWS does not implement {action}."


def test_what_aws_has_and_does_not_find_stays_as_it_is(client: Client) -> None:
    with pytest.raises(ClientError) as refusal:
        client("lambda").get_function(FunctionName="nobody")
    assert refusal.value.response["Error"]["Code"] == "ResourceNotFoundException"
