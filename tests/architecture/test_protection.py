"""What a stack's parameters protect: each role's boundary, the key of what is stored, the web ACL before the API."""

import json
from pathlib import Path
from typing import Any

from audit_grants import template_grants
from cli.template_document import read_template
from statemachines.encryption import ENCRYPTED, KEY, PLAIN

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = read_template(ROOT / "template.yaml")
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
BOUNDARY = {"Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}


def test_every_role_has_the_boundary_and_by_default_there_is_none() -> None:
    roles = [each["Properties"] for each in RESOURCES.values() if each["Type"] == "AWS::IAM::Role"]
    assert len(roles) > 10
    assert all(role["PermissionsBoundary"] == BOUNDARY for role in roles)
    assert TEMPLATE["Globals"]["Function"]["PermissionsBoundary"] == BOUNDARY
    assert TEMPLATE["Parameters"]["PermissionsBoundary"]["Default"] == ""


def test_web_acl_has_managed_rules_and_lets_large_bodies_through_to_the_function() -> None:
    assert TEMPLATE["Parameters"]["ManagedWebAcl"]["Default"] == "false"
    acl = RESOURCES["WebAcl"]
    assert acl["Condition"] == "CreatesWebAcl"
    groups = {rule["Name"]: rule["Statement"]["ManagedRuleGroupStatement"] for rule in acl["Properties"]["Rules"]}
    assert {group["VendorName"] for group in groups.values()} == {"AWS"}
    assert groups["common"]["RuleActionOverrides"] == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]
    priorities = [rule["Priority"] for rule in acl["Properties"]["Rules"]]
    assert priorities == sorted(set(priorities))


def test_every_queue_and_topic_and_the_bucket_refuse_what_is_not_encrypted_on_its_way() -> None:
    covered: set[str] = set()
    for resource in RESOURCES.values():
        properties = resource.get("Properties", {})
        if resource["Type"] not in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
            continue
        denials = [each for each in properties["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
        assert [each["Condition"] for each in denials] == [{"Bool": {"aws:SecureTransport": "false"}}]
        named = properties.get("Queues") or properties.get("Topics") or [properties["Bucket"]]
        covered |= {each["Ref"] for each in named}
    kinds = ("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic")
    assert covered == {name for name, resource in RESOURCES.items() if resource["Type"] in kinds}


THE_KEY = {"Ref": "KmsKeyArn"}
NO_VALUE = {"Ref": "AWS::NoValue"}


def encryption(bucket: dict[str, Any]) -> dict[str, Any]:
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    return rule


def by_default(bucket: dict[str, Any]) -> list[Any]:
    """Condition, settings with the key, and settings without."""
    return encryption(bucket)["ServerSideEncryptionByDefault"]["Fn::If"]


KEYS_OF = {
    "AWS::S3::Bucket": lambda each: {"Fn::If": ["HasKey", by_default(each)[1]["KMSMasterKeyID"], by_default(each)[2]]},
    "AWS::SQS::Queue": lambda each: each["KmsMasterKeyId"],
    "AWS::SNS::Topic": lambda each: each["KmsMasterKeyId"],
    "AWS::KinesisFirehose::DeliveryStream": lambda each: each["DeliveryStreamEncryptionConfigurationInput"]["KeyARN"],
    "AWS::Logs::LogGroup": lambda each: each["KmsKeyId"],
    "AWS::DynamoDB::Table": lambda each: each["SSESpecification"]["KMSMasterKeyId"],
    "AWS::Athena::WorkGroup": lambda each: each["WorkGroupConfiguration"]["ResultConfiguration"][
        "EncryptionConfiguration"
    ]["KmsKey"],
}
"""Where the type of a resource names its key."""

ENCRYPTED_SERVICES = ("s3:", "sqs:", "sns:", "dynamodb:")
"""Services of which a caller needs the key. Firehose and CloudWatch Logs encrypt by themselves what they get."""


def roles_that_touch_what_is_encrypted() -> set[str]:
    """Those with a grant of these services, and those of functions, which read their own encrypted variables."""
    granted = {role for role, _, action in template_grants(RESOURCES) if action.startswith(ENCRYPTED_SERVICES)}
    return granted | {f"{name}Role" for name, each in RESOURCES.items() if each["Type"] == "AWS::Serverless::Function"}


def attached(role: str) -> dict[str, Any]:
    """How a managed policy names a role that may not be there."""
    condition = RESOURCES.get(role, {}).get("Condition")
    return {"Fn::If": [condition, {"Ref": role}, NO_VALUE]} if condition else {"Ref": role}


def test_the_key_that_is_given_encrypts_all_that_the_stack_stores() -> None:
    assert TEMPLATE["Parameters"]["KmsKeyArn"]["Default"] == ""
    for name, resource in RESOURCES.items():
        if resource["Type"] in KEYS_OF:
            condition, key, _ = KEYS_OF[resource["Type"]](resource["Properties"])["Fn::If"]
            assert (condition, key) == ("HasKey", THE_KEY), name
    assert TEMPLATE["Globals"]["Function"]["KmsKeyArn"] == {"Fn::If": ["HasKey", THE_KEY, NO_VALUE]}
    assert {each["Type"] for each in RESOURCES.values()} >= set(KEYS_OF)


def test_no_key_means_the_keys_of_aws_as_before() -> None:
    bucket = RESOURCES["DataBucket"]["Properties"]
    assert [each["SSEAlgorithm"] for each in by_default(bucket)[1:]] == ["aws:kms", "AES256"]
    assert encryption(bucket)["BucketKeyEnabled"] == {"Fn::If": ["HasKey", True, False]}
    assert RESOURCES["Turns"]["Properties"]["SSESpecification"]["SSEEnabled"] == {"Fn::If": ["HasKey", True, False]}
    queues = [each["Properties"] for each in RESOURCES.values() if each["Type"] == "AWS::SQS::Queue"]
    assert all(each["SqsManagedSseEnabled"] == {"Fn::If": ["HasKey", False, True]} for each in queues)
    assert RESOURCES["NoticesKey"]["Condition"] == "HasNoKey"


def test_each_role_that_touches_what_is_encrypted_may_use_the_key_and_no_other() -> None:
    policies = [each for each in RESOURCES.values() if each["Type"] == "AWS::IAM::ManagedPolicy"]
    assert {each["Condition"] for each in policies} == {"HasKey"}
    use = RESOURCES["KeyUsePolicy"]["Properties"]
    roles = roles_that_touch_what_is_encrypted()
    assert {"ScheduleRole", "MonitorScheduleRole", "RetrainingTimerRole"} < roles
    assert sorted(use["Roles"], key=str) == sorted(map(attached, roles), key=str)
    for policy in policies:
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert statement["Resource"] == THE_KEY
            assert (statement["Action"] == "kms:CreateGrant") == ("Condition" in statement)
    lent = {each["Ref"] for each in RESOURCES["KeyLendingPolicy"]["Properties"]["Roles"]}
    # Those whose calls have SageMaker, DynamoDB or Lambda encrypt something, and those that SageMaker acts as.
    assert lent == {
        "RetrainRole", "PromoteRole", "RestoreRole", "TrainingRole", "ModelRole", "StartRetrainingFunctionRole",
        "ArrangeRidesFunctionRole", "ListRidesFunctionRole", "MonitorModelFunctionRole",
    }  # fmt: skip


def test_whoever_uses_the_table_has_all_that_dynamodb_needs_of_the_key() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html."""
    lending = RESOURCES["KeyLendingPolicy"]["Properties"]
    callers = {role for role, _, action in template_grants(RESOURCES) if action.startswith("dynamodb:")}
    assert callers
    assert callers <= {each["Ref"] for each in lending["Roles"]}
    statements = [
        statement
        for policy in (RESOURCES["KeyUsePolicy"]["Properties"], lending)
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    actions = {
        action
        for each in statements
        for action in (each["Action"] if isinstance(each["Action"], list) else [each["Action"]])
    }
    needed = "Encrypt Decrypt ReEncryptFrom ReEncryptTo GenerateDataKey GenerateDataKeyWithoutPlaintext DescribeKey"
    assert actions == {f"kms:{name}" for name in (*needed.split(), "CreateGrant")}


def variants_in(value: Any) -> list[dict[str, Any]]:
    """Each pair of settings without the key and with it."""
    if isinstance(value, list):
        return [each for item in value for each in variants_in(item)]
    if not isinstance(value, dict):
        return []
    own = [value] if set(value) == {PLAIN, ENCRYPTED} else []
    return own + [each for item in value.values() for each in variants_in(item)]


def test_workflows_name_the_key_to_sagemaker_where_there_is_one_and_nothing_where_there_is_none() -> None:
    retrain = json.loads((ROOT / "statemachines" / "retrain.asl.json").read_text(encoding="utf-8"))
    pairs = variants_in(retrain)
    assert len(pairs) >= 4
    for pair in pairs:
        (field,) = set(pair[ENCRYPTED]) - set(pair[PLAIN])
        assert pair[ENCRYPTED] == pair[PLAIN] | {field: KEY}
        assert field == ("KmsKeyId" if "S3OutputPath.$" in pair[PLAIN] else "VolumeKmsKeyId")
    text = json.dumps(retrain)
    jobs = text.count("sagemaker:createTrainingJob.sync") + text.count("sagemaker:createHyperParameterTuningJob.sync")
    jobs += text.count("sagemaker:createTransformJob.sync")
    # Each job takes a volume and an output, and no settings of its own.
    assert text.count("${Encryption}") == 2 * jobs
    promote = json.loads((ROOT / "statemachines" / "promote.asl.json").read_text(encoding="utf-8"))["States"]
    assert promote["Create encrypted configuration"]["Parameters"]["KmsKeyId"] == KEY
    assert "KmsKeyId" not in promote["Create endpoint configuration"]["Parameters"]
    for machine in ("Retrain", "Promote"):
        filled_in = RESOURCES[machine]["Properties"]["DefinitionSubstitutions"]
        assert filled_in["Encryption"] == {"Fn::If": ["HasKey", ENCRYPTED, PLAIN]}
        assert filled_in["KmsKeyArn"] == {"Fn::If": ["HasKey", THE_KEY, "none"]}
