"""botocore's models of AWS's APIs, for all who look into them here: MiniStack's answers, too.

A model is some megabytes of JSON, and a session of botocore's takes a tenth of a second. Of sessions of their own each
reader would read its model anew.
"""

from functools import cache
from typing import Any

from botocore.exceptions import UnknownServiceError

from local import account
from local.seams import replace, seam


def install() -> None:
    """Let MiniStack look into the same models."""
    from ministack.core import responses

    names = seam(responses, "_BOTOCORE_NAME")

    @cache
    def model_or_none(service: str) -> Any:
        try:
            return model(names.get(service, service))
        except UnknownServiceError:
            return None

    replace(responses, "_service_model", model_or_none)


@cache
def model(service: str) -> Any:
    """The botocore.model.ServiceModel of a service as boto3 names it. Raises UnknownServiceError."""
    return account.service_model(service)
