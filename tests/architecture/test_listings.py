"""What lists by pages is read to its last page: one page is all there is only until there is more."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.loaders import Loader

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("bench", "cli", "console", "data", "functions", "local", "notebooks", "reports", "statemachines", "tests")
SERVICES = (
    *("apigateway", "athena", "cloudformation", "cloudwatch", "ecr", "events", "firehose", "glue", "iam", "lambda"),
    *("logs", "s3", "sagemaker", "scheduler", "sns", "ssm", "stepfunctions"),
)
# The parameter by which such a call names the one thing it is to give.
OF_ONE = {
    "describe_stacks": "StackName",
    "describe_log_streams": "limit",
    "describe_alarms": "AlarmNames",
    "list_objects_v2": "MaxKeys",
    "list_object_versions": "MaxKeys",
    "list_executions": "maxResults",
}
# What they ask is the page itself, or that there is none.
# A case compares what one call answers, and lists what it has just made by itself.
COMPARED = ROOT / "tests" / "conformance"
OF_PAGES = {
    "console/changes.py": {"get_execution_history"},
    "tests/local/athena/test_queries.py": {"get_query_results"},
    "tests/local/athena/test_roles.py": {"get_query_results"},
    "tests/local/athena/test_unload.py": {"get_query_results"},
    "tests/local/cloudwatch/test_metrics.py": {"get_metric_data"},
    "tests/local/ecr/test_registry.py": {"list_images"},
    "tests/local/protocols/test_digits.py": {"get_query_results"},
    "tests/local/scheduler/test_checks.py": {"list_schedules"},
    "tests/local/stepfunctions/test_listings.py": {
        *("get_execution_history", "list_executions", "list_map_runs", "list_state_machines"),
        "list_tags_for_resource",
    },
    "tests/local/stepfunctions/test_versions.py": {"list_executions"},
    "tests/local/test_server.py": {"list_buckets"},
    "tests/local/test_listings.py": {"get_api_keys"},
}


def paged_operations() -> set[str]:
    """The operations of boto3's clients that list by pages, and the one that gives the first 100 and no more."""
    loader = Loader()
    models = [loader.load_service_model(service, "paginators-1")["pagination"] for service in SERVICES]
    paged = {xform_name(operation) for model in models for operation in model}
    # SageMaker's Search has the name of what regular expressions do.
    return (paged | {"describe_stack_resources"}) - {"search"}


def first_pages(code: str, paged: set[str]) -> Iterator[tuple[int, str]]:
    """Line and operation of each use of an operation that lists, as a client's method and not by its paginator."""
    tree = ast.parse(code)
    allowed = {
        call.func
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and OF_ONE.get(call.func.attr, "") in {argument.arg for argument in call.keywords}
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in paged and node not in allowed:
            yield node.lineno, node.attr


@pytest.mark.parametrize(
    ("code", "uses"),
    [
        ('keys = client("apigateway").get_api_keys()["items"]', [(1, "get_api_keys")]),
        ("ask = states.list_executions\nask(stateMachineArn=arn)", [(1, "list_executions")]),
        ('resources = stacks.describe_stack_resources(StackName="s")', [(1, "describe_stack_resources")]),
        ('account.entries(gateway, "get_api_keys", "items")', []),
        ('stacks.describe_stacks(StackName="s")', []),
        ("stacks.describe_stacks()", [(1, "describe_stacks")]),
    ],
)
def test_first_page_alone_is_found(code: str, uses: list[tuple[int, str]]) -> None:
    assert list(first_pages(code, paged_operations())) == uses


def test_nothing_looks_at_the_first_page_alone() -> None:
    paged = paged_operations()
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    paths = [path for path in paths if not path.is_relative_to(COMPARED)]
    uses = [
        f"{path.relative_to(ROOT)}:{line}: {operation}"
        for path in paths
        for line, operation in first_pages(path.read_text(encoding="utf-8"), paged)
        if operation not in OF_PAGES.get(path.relative_to(ROOT).as_posix(), ())
    ]
    assert uses == []
