"""What a page asks first, answered by one request: of its own questions each would wait for the answer before.

The paths answer the same as ever. Whatever is refused is left out: the page asks for it by itself, and says why.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from cli.errors import CommandError
from cli.stack import Stack
from console.answers import OF_AWS, Work


def opening(work: Mapping[str, Work], stack: Stack, _: Any = None) -> list[dict[str, Any]]:
    """The page's head, the machines, and of the first its graph, its newest executions and the one that is opened.

    Each with the `path` below `/api/`, the `query` that a page asks it, and the `answer`. `work` is by path.
    """
    early: list[dict[str, Any]] = []

    def ask(path: str, **query: str) -> Any:
        with suppress(CommandError, *OF_AWS):
            answer = work[path](stack, query)
            early.append({"path": path, "query": query, "answer": answer})
            return answer
        return None

    with ThreadPoolExecutor(2) as pool:
        others = [pool.submit(ask, "about")]
        for machine in (ask("workflow/machines") or [])[:1]:
            others.append(pool.submit(ask, "workflow/graph", arn=machine["arn"]))
            listed = ask("workflow/executions", stateMachineArn=machine["arn"], nextToken="")
            if listed and (arn := _opened(listed["executions"])):
                ask("workflow/execution", arn=arn, since="0")
        for each in others:
            each.result()
    return early


def _opened(executions: list[dict[str, Any]]) -> str:
    """The ARN of the execution that a page opens by itself: what runs, else the newest. Empty where there is none.

    The page has this rule too (`workflow/view.tsx`): it chooses anew while executions begin and end.
    """
    running = (each["arn"] for each in executions if each["status"] == "RUNNING")
    return next(running, executions[0]["arn"] if executions else "")
