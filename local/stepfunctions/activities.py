"""Activities: tasks that wait for a worker who asks for them by GetActivityTask, and answers by their token.

moto's tasks of activities wait; nothing hands them out, and a template makes none.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetActivityTask.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-activity.html
"""

import asyncio
import contextvars
import queue
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ActivityDoesNotExist
from moto.stepfunctions.parser.asl.eval.callback.callback import ActivityCallbackEndpoint, CallbackPoolManager
from moto.stepfunctions.responses import StepFunctionResponse

from local import account
from local.seams import replace, seam

ACTION = "GetActivityTask"

_POLL_SECONDS = 60.0
# Each poll holds a thread of its own while it waits: they must not take those of other calls.
_MOST_POLLS = 64
_TYPE = "AWS::StepFunctions::Activity"


@dataclass
class Tasks:
    """The tasks of each activity that no worker has taken yet, by the activity's ARN."""

    _waiting: defaultdict[str, queue.Queue[ActivityCallbackEndpoint]] = field(
        default_factory=lambda: defaultdict(queue.Queue)
    )

    def put(self, arn: str, task: ActivityCallbackEndpoint) -> None:
        """Let a task wait for a worker."""
        self._waiting[arn].put(task)

    def take(self, arn: str, worker_name: str | None, seconds: float) -> ActivityCallbackEndpoint | None:
        """The task that waits longest, handed to a worker; None where none comes in so many seconds.

        Tasks whose state has ended, by its time or with its execution, are passed over.
        """
        end = time.monotonic() + seconds
        while True:
            try:
                task = self._waiting[arn].get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                return None
            if not (task._notify_event.is_set() or task.consumer_error):
                task.notify_activity_task_start(worker_name)
                return task


def install() -> None:
    """Hand tasks out, and let templates make activities."""
    from ministack.services.cloudformation import provisioners

    tasks = Tasks()
    seam(CallbackPoolManager, "add_activity_task")

    def add_activity_task(
        self: Any, callback_id: str, activity_arn: str, activity_input: str
    ) -> ActivityCallbackEndpoint:
        if activity_arn not in _backend(activity_arn).activities:
            raise ActivityDoesNotExist(activity_arn)
        task: Any = ActivityCallbackEndpoint(callback_id=callback_id, activity_input=activity_input)
        task.activity_arn = activity_arn
        self._pool[callback_id] = task
        tasks.put(activity_arn, task)
        return task

    def get_activity_task(response: Any) -> ActionResult:
        arn = response._get_param("activityArn") or ""
        response.stepfunction_backend.describe_activity(arn)
        task = tasks.take(arn, response._get_param("workerName"), _POLL_SECONDS)
        return ActionResult({"taskToken": task.callback_id, "input": task.get_activity_input()} if task else {})

    replace(CallbackPoolManager, "add_activity_task", add_activity_task)
    StepFunctionResponse.get_activity_task = get_activity_task  # type: ignore[attr-defined] - moto has none
    seam(provisioners, "_RESOURCE_HANDLERS")[_TYPE] = {"create": _create, "delete": _delete}


def polls() -> Callable[..., Any]:
    """What runs GetActivityTask, which waits for a minute, beside the threads of other calls."""
    threads = ThreadPoolExecutor(_MOST_POLLS, thread_name_prefix="activity-poll")

    async def run(call: Callable[..., Any], *arguments: Any) -> Any:
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(threads, lambda: context.run(call, *arguments))

    return run


def _create(logical_id: str, properties: dict[str, Any], stack_name: str) -> tuple[str, dict[str, str]]:
    from ministack.core.responses import get_region
    from ministack.services.cloudformation import provisioners

    name = properties.get("Name") or provisioners._physical_name(stack_name, logical_id, max_len=80)
    tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in properties.get("Tags") or ()]
    arn = f"arn:aws:states:{get_region()}:{account.ACCOUNT_ID}:activity:{name}"
    _backend(arn).create_activity(name, tags)
    return arn, {"Arn": arn, "Name": name}


def _delete(physical_id: str, _: dict[str, Any]) -> None:
    _backend(physical_id).delete_activity(physical_id)


def _backend(arn: str) -> Any:
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    return stepfunctions_parser_backends[account.ACCOUNT_ID][arn.split(":")[3]]
