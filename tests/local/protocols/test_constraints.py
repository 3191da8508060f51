"""A request is checked by the models' patterns, which are Java's: "Limitations on tags" has one that Python lacks."""

import pytest

from local.protocols.constraints import refusal

ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/rides"


@pytest.mark.parametrize("value", ["ride", "Fahrt für zwei"])
def test_pattern_that_python_cannot_read_refuses_nothing(value: str) -> None:
    tags = [{"Key": "kind", "Value": value}]
    assert refusal("sagemaker", "AddTags", {"ResourceArn": ARN, "Tags": tags}) is None


def test_text_of_another_form_than_its_pattern_is_refused() -> None:
    answer = refusal("sagemaker", "DescribeEndpoint", {"EndpointName": "two rides"})
    assert answer is not None
    assert "at 'endpointName' failed to satisfy constraint: Member must satisfy regular expression pattern" in answer


def test_keys_of_a_map_are_listed_with_all_their_constraints() -> None:
    answer = refusal("scheduler", "CreateScheduleGroup", {"Name": "rides"})
    assert answer is None
    answer = refusal("logs", "CreateLogGroup", {"logGroupName": "rides", "tags": {"k" * 129: "v"}})
    assert answer is not None
    assert "Value at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have" in answer


def test_lists_and_sensitive_values_are_not_repeated() -> None:
    answer = refusal("tagging", "GetResources", {"ResourceARNList": ["a"] * 101})
    assert answer is not None
    assert answer.startswith("1 validation error detected: Value at 'resourceARNList' failed")
    answer = refusal("ssm", "PutParameter", {"Name": "n" * 2049, "Value": "v"})
    assert answer is not None
    assert "at 'name' failed to satisfy constraint: Member must have length less than or equal to 2048" in answer


@pytest.mark.parametrize("name", ["für", "a\n"])
def test_patterns_mean_ascii_to_the_end_of_the_text(name: str) -> None:
    """Java's \\w has no letters but those of ASCII, and its $ is the end."""
    answer = refusal("iam", "GetRole", {"RoleName": name})
    assert answer is not None
    assert "at 'roleName' failed" in answer


@pytest.mark.parametrize(("service", "operation"), [("events", "PutRule"), ("glue", "CreateTable"), ("iam", "TagRole")])
def test_each_pattern_of_a_model_is_read_or_passed_over(service: str, operation: str) -> None:
    assert refusal(service, operation, {}) is not None
