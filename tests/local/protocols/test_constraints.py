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
