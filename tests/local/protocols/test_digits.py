"""Numbers in requests that Python's isdigit takes for digits, and int() does not read."""

import doctest
from types import ModuleType

import pytest

from local.cloudwatch.wire import members_of_form
from local.iam import signatures, version_2
from local.protocols import digits
from machines import Client, unique, until

NO_NUMBERS = ("²", "9" * 5_000)


@pytest.mark.parametrize("module", [digits, signatures, version_2])
def test_examples_give_what_they_say(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert (result.failed, result.attempted > 0) == (0, True)


@pytest.mark.parametrize("text", NO_NUMBERS, ids=["a superscript", "5,000 digits"])
def test_name_in_a_form_that_is_no_number_makes_no_list(text: str) -> None:
    assert members_of_form({f"A.{text}": "x"}) == {"A": {text: "x"}}


def test_page_of_rows_that_is_no_number_is_refused_by_name(client: Client) -> None:
    athena, bucket = client("athena"), unique("digits")
    client("s3").create_bucket(Bucket=bucket)
    execution = athena.start_query_execution(
        QueryString="SELECT 1", ResultConfiguration={"OutputLocation": f"s3://{bucket}/"}
    )["QueryExecutionId"]
    until(
        lambda: athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"]["State"],
        lambda state: state == "SUCCEEDED",
    )
    with pytest.raises(athena.exceptions.InvalidRequestException, match="Invalid NextToken"):
        athena.get_query_results(QueryExecutionId=execution, NextToken="²")
