"""However many executions there are, a page of them and a single one are looked up without a look at all others."""

from dataclasses import dataclass

import pytest

from local.stepfunctions.lookups import Index
from local.stepfunctions.pages import page
from local.stepfunctions.refusals import CallRefusedError


@dataclass(frozen=True)
class Request:
    """The parameters of a request as moto gives them."""

    most: int
    token: str | None = None

    def _get_param(self, name: str) -> str | None:
        return {"nextToken": self.token}[name]

    def _get_int_param(self, name: str) -> int:
        return {"maxResults": self.most}[name]


@dataclass
class Named:
    """An execution, and how often its ARN was read."""

    number: int
    reads: int = 0

    @property
    def execution_arn(self) -> str:
        self.reads += 1
        return f"arn:{self.number}"


def test_pages_have_each_entry_once_and_read_one_entry_beyond() -> None:
    read: list[int] = []

    def entries():
        for number in range(10):
            read.append(number)
            yield number

    shown, more = page(entries(), str, Request(4), "list")
    assert shown == [0, 1, 2, 3]
    assert read == [0, 1, 2, 3, 4]
    shown, more = page(entries(), str, Request(4, more["nextToken"]), "list")
    assert shown == [4, 5, 6, 7]
    assert page(entries(), str, Request(4, more["nextToken"]), "list") == ([8, 9], {})
    assert page(range(8), str, Request(4, more["nextToken"]), "list") == ([], {})


def test_full_last_page_has_no_token() -> None:
    assert page(range(4), str, Request(4)) == ([0, 1, 2, 3], {})
    assert page([], str, Request(4)) == ([], {})


def test_token_of_another_list_is_refused() -> None:
    _, more = page(range(9), str, Request(4), "one")
    with pytest.raises(CallRefusedError, match="Invalid Token"):
        page(range(9), str, Request(4, more["nextToken"]), "other")


def test_each_execution_is_read_once_for_any_number_of_lookups() -> None:
    executions = [Named(number) for number in range(100)]
    index = Index()
    for number in (*range(100), *range(100)):
        assert index.get(executions, f"arn:{number}") is executions[number]
    assert index.get(executions, "arn:none") is None
    executions.append(Named(100))
    assert index.get(executions, "arn:100") is executions[100]
    assert [each.reads for each in executions] == [1] * 101
