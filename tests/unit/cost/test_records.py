"""What is recorded of executions, with clients in the place of boto3's."""

from collections.abc import Iterator
from typing import Any

import pytest

from wildrydes.cost.execution import Children
from wildrydes.cost.records import ExecutionRecords


class Account:
    """Answers for every service; each list comes in two pages."""

    def __init__(self) -> None:
        self.pages: list[dict[str, Any]] = []
        self.calls: list[Any] = []

    def get_paginator(self, operation: str) -> Any:
        self.calls.append(operation)
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        self.calls.append(request)
        yield from self.pages

    def describe_map_run(self, **request: Any) -> Any:
        self.calls.append(request)
        return {"executionCounts": {"total": 70}}

    def list_executions(self, **request: Any) -> Any:
        self.calls.append(request)
        return {"executions": [{"executionArn": "first"}, {"executionArn": "second"}]}

    def get_function_configuration(self, **request: Any) -> Any:
        self.calls.append(request)
        return {"MemorySize": 512}


@pytest.fixture
def account() -> Account:
    return Account()


def test_history_and_tuned_jobs_are_read_page_by_page(account: Account) -> None:
    account.pages = [{"events": [{"id": 1}, {"id": 2}]}, {"events": [{"id": 3}]}]
    assert [event["id"] for event in ExecutionRecords(lambda _: account).history("an arn")] == [1, 2, 3]
    account.pages = [{"TrainingJobSummaries": [{"TrainingJobName": "a"}]}, {}]
    assert ExecutionRecords(lambda _: account).trained_by("tuned") == [{"TrainingJobName": "a"}]
    assert account.calls == [
        "get_execution_history",
        {"executionArn": "an arn"},
        "list_training_jobs_for_hyper_parameter_tuning_job",
        {"HyperParameterTuningJobName": "tuned"},
    ]


def test_of_many_children_the_number_is_that_of_all_and_some_are_listed(account: Account) -> None:
    assert ExecutionRecords(lambda _: account).children("a run", 2) == Children(70, ["first", "second"])
    assert account.calls == [{"mapRunArn": "a run"}, {"mapRunArn": "a run", "maxResults": 2}]


def test_memory_is_asked_for_once_and_of_no_function_that_has_told_its_own(account: Account) -> None:
    records = ExecutionRecords(lambda _: account, {"own": 128})
    assert [records.memory_of(each) for each in ("own", "other", "other")] == [128, 512, 512]
    assert account.calls == [{"FunctionName": "other"}]
