"""The stack that a command works on."""

from collections.abc import Callable
from typing import Any

import pytest

from cli.stack import NoStackError, Stack


def test_stack_of_another_project_is_named_as_one(client: Callable[[str], Any]) -> None:
    stack = Stack("another", {"Other": "x"}, client)
    for ask in (lambda: stack.bucket, lambda: stack.machine("promote"), lambda: stack.api_url):
        with pytest.raises(NoStackError, match="'another' is another project's: it has no output"):
            ask()
