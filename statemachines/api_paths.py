"""The parts of the API's document that follow from the tasks, rendered from `wildrydes.tasks`.

    /tasks/<task>/predictions   as /predictions, by the task's function, with its record and its answer
    /tasks/<task>/model         as /model
    /liveinference              the bare number, of one task
    /predictions                the row of the query alone: the default task's features

All else of functions/predict/openapi.json is written by hand: `rendered` leaves it as it is, but for the indentation.
"""

import json
from copy import deepcopy
from typing import Any

from wildrydes.tasks import BINARY, DEFAULT_TASK, LIVE_INFERENCE_TASK, TASKS, Task, features_of

ANY = "x-amazon-apigateway-any-method"
_SCHEMAS = "#/components/schemas/"
_DEFAULT_FUNCTION = f"${{{TASKS[DEFAULT_TASK].function}."


def rendered(text: str) -> str:
    """The document with each part as the tasks have it."""
    document = json.loads(text)
    paths, schemas = document["paths"], document["components"]["schemas"]
    by_hand = {path: item for path, item in paths.items() if path not in _rendered_paths(paths)}
    by_hand["/predictions"]["get"]["parameters"][0] = _row(TASKS[DEFAULT_TASK])
    document["paths"] = by_hand | {
        path: item for task in TASKS.values() for path, item in _paths_of(task, by_hand).items()
    }
    for task in TASKS.values():
        schemas |= _schemas_of(task, schemas)
    _name_targets(schemas)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rendered_paths(paths: dict[str, Any]) -> set[str]:
    return {path for path in paths if path.startswith("/tasks/")} | {"/liveinference"}


def _paths_of(task: Task, by_hand: dict[str, Any]) -> dict[str, Any]:
    """The paths that the task's function serves, apart from those of the default task that are written by hand."""
    predictions, card = _of(task, by_hand["/predictions"]), _of(task, by_hand["/model"])
    row, post, words = predictions["get"], predictions["post"], task.name.title().replace("_", "")
    row |= {
        "operationId": f"predict{words}Row",
        "description": _ROW,
        "parameters": [_row(task), *row["parameters"][1:]],
    }
    post |= {"operationId": f"predict{words}", "description": post["description"].replace("ride", task.record)}
    card["get"] |= {"operationId": f"get{words}Model", "summary": f"The card of the champion of {task.name}"}
    for operation in (row, post):
        operation["summary"] = task.meaning
        operation["responses"]["200"] = _answer(task, operation["responses"]["200"])
    if task.kind != BINARY:
        post["description"] = post["description"].replace("probability", "value")
    for content in post["requestBody"]["content"].values():
        content["schema"] = {"$ref": f"{_SCHEMAS}{task.words}Request"}
    paths = {f"/tasks/{task.name}/predictions": predictions, f"/tasks/{task.name}/model": card}
    return paths | ({"/liveinference": _number(predictions)} if task.name == LIVE_INFERENCE_TASK else {})


def _of(task: Task, item: dict[str, Any]) -> dict[str, Any]:
    """A path's item, by the function of the task."""
    return json.loads(json.dumps(item).replace(_DEFAULT_FUNCTION, f"${{{task.function}."))


_ROW = "The numbers are in the order of the champion's features."


def _row(task: Task) -> dict[str, Any]:
    """The query's parameter with the row."""
    named = features_of(task.source)
    number = {"type": "number", "minimum": -1000000000, "maximum": 1000000000}
    return {
        "name": "features",
        "in": "query",
        "required": True,
        "style": "form",
        "explode": False,
        "description": "The features' values, in the champion's order, separated by commas",
        "schema": {"type": "array", "items": number, "minItems": 1, "maxItems": len(task.features)},
        "example": [named[name].example for name in task.features],
    }


def _answer(task: Task, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer of 200."""
    answer = deepcopy(answer) | {"description": answer["description"].replace("ride", task.record)}
    if task.kind != BINARY:
        either = [{"$ref": f"{_SCHEMAS}Estimate"}, {"$ref": f"{_SCHEMAS}Estimates"}]
        answer["content"] = {
            "application/json": {"schema": {"oneOf": either}},
            "text/plain": {"schema": {"type": "string"}, "example": "9120.5"},
            "text/csv": {"schema": {"type": "string"}, "example": "value,error\r\n9120.5,\r\n"},
        }
    return answer


def _number(predictions: dict[str, Any]) -> dict[str, Any]:
    """The item of the path that answers a row with the bare number, like the workshop's."""
    item = {method: deepcopy(each) for method, each in predictions.items() if method != "post"}
    content = {"text/plain": {"schema": {"type": "string"}, "example": "9120.5"}}
    item["get"] |= {"operationId": "liveInference"}
    item["get"]["responses"]["200"] = {"description": "The number alone", "content": content}
    return item


def _schemas_of(task: Task, by_hand: dict[str, Any]) -> dict[str, Any]:
    """The schemas of what the task is asked about. The default task's are written by hand."""
    if task.is_default:
        return {}
    several, record = f"{task.record.title()}s", task.record
    either = [{"$ref": f"{_SCHEMAS}{task.schema}"}, {"$ref": f"{_SCHEMAS}{several}"}]
    rides = by_hand["Rides"]
    return {
        f"{task.words}Request": {"description": f"One {record}, or an array of them", "oneOf": either},
        task.schema: {
            "type": "object",
            "minProperties": 1,
            "description": f"The {record}'s measures by name, in any case. What the champion does not need may be"
            " left out.",
        },
        several: rides | {"description": rides["description"].replace("Rides", several)},
    }


def _name_targets(schemas: dict[str, Any]) -> None:
    """What is predicted, in the answers of each kind of tasks."""
    for names, classifies in ((("Prediction", "Predictions"), True), (("Estimate", "Estimates"), False)):
        targets = [task.name for task in TASKS.values() if (task.kind == BINARY) is classifies]
        for name in names:
            schemas[name]["properties"]["target"]["enum"] = targets
