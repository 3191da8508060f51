"""The console's application: the page's files, and what the page asks for."""

from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from cli.stack import Stack
from cli.status import champion_path
from console.answers import Work, answering, explain, routes_of, say_fault, say_nothing, say_status
from console.changes import Changes
from console.data.routes import routes as data_routes
from console.guard import Guard
from console.models.routes import routes as model_routes
from console.opening import opening
from console.operations.readings import alarms
from console.operations.routes import routes as operation_routes
from console.serving.routes import routes as serving_routes
from console.workflow.routes import WorkflowWork
from wildrydes.model.storage import execution_of
from wildrydes.tasks import TASKS

ASSETS = Path(__file__).resolve().parent / "assets"


def build(stack: Stack, where: str, port: int, token: str) -> Guard:
    """What is served on `port` to whoever has `token`; `where` says in words where the stack is."""
    workflow = WorkflowWork.of(stack)
    first: dict[str, Work] = {
        "about": partial(about, where),
        **{f"workflow/{path}": work for path, work in workflow.read.items()},
    }

    async def page(_: Request) -> Response:
        return FileResponse(ASSETS / "index.html", headers={"cache-control": "no-cache"})

    changes = Changes.of(stack)
    steering = {path: changes.steering(workflow.change[path]) for path in ("start", "stop", "redrive")}
    application = Starlette(
        lifespan=changes.while_served,
        exception_handlers={HTTPException: say_status, ClientDisconnect: say_nothing, Exception: say_fault},
        routes=[
            Route("/", page),
            Route("/api/about", answering(partial(first["about"], stack))),
            Route("/api/opening", answering(partial(opening, first, stack))),
            Route("/api/changes", changes.stream),
            *routes_of("workflow", stack, workflow.read, workflow.change | steering),
            *data_routes(stack),
            *model_routes(stack),
            *serving_routes(stack),
            *operation_routes(stack),
            Mount("/assets", StaticFiles(directory=ASSETS / "assets")),
        ],
    )
    return Guard(application, port, token)


def about(where: str, stack: Stack, _: Any) -> dict[str, Any]:
    """What the page's head shows: the stack, where it is, each task's question and champion, and the alarms.

    `alarms` is how many are on, None where they may not be looked at.
    """
    champions: dict[str, str | None] = {}
    trouble = ""
    for task in TASKS.values():
        try:
            path = champion_path(stack, task)
        except ClientError as refusal:
            # Of the other tasks, and of the stack, the page can say all the same.
            trouble = explain(refusal)[0]
        else:
            champions[task.name] = execution_of(path) if path else None
    return {
        "stack": stack.name,
        "where": where,
        "is_embedded": not stack.is_on_aws,
        "questions": {task.name: task.meaning for task in TASKS.values()},
        "champions": champions,
        "alarms": _alarms(stack),
        "trouble": trouble,
    }


def _alarms(stack: Stack) -> int | None:
    """How many alarms are on; None where they may not be looked at, which Operations says with its reason."""
    try:
        return sum(each["state"] == "ALARM" for each in alarms(stack))
    except ClientError:
        return None
