"""Tags of state machines and activities; moto tags, and lists the tags of, whatever ARN it is given.

Limits and errors are those of TagResource in the API reference: ResourceNotFound, and TooManyTags beyond 50.
"""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.responses import StepFunctionResponse

from local.seams import replace, seam
from local.stepfunctions.refusals import CallRefusedError

_MOST_TAGS = 50


def install() -> None:
    """Let the calls about tags look at what they are about."""
    for name in ("tag_resource", "untag_resource", "list_tags_for_resource"):
        replace(StepFunctionResponse, name, _checked(seam(StepFunctionResponse, name)))


def _checked(call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def call_on_what_is_there(response: Any) -> Any:
        arn, backend = response._get_param("resourceArn"), response.stepfunction_backend
        if arn not in {machine.arn for machine in backend.state_machines} | set(backend.activities):
            raise CallRefusedError("ResourceNotFound", f"Resource not found: '{arn}'")
        present = set(backend.tagger.get_tag_dict_for_resource(arn))
        if len(present | {tag["key"] for tag in response._get_param("tags", [])}) > _MOST_TAGS:
            raise CallRefusedError("TooManyTags", f"A resource has {_MOST_TAGS} tags at most: '{arn}'")
        return call(response)

    return call_on_what_is_there
