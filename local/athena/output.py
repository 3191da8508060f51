"""Where a query's result goes: the location, by request and workgroup, and how its objects are encrypted.

(https://docs.aws.amazon.com/athena/latest/ug/querying.html: a workgroup that enforces its configuration overrides
what the request says)
"""

from dataclasses import dataclass
from typing import Any

from local.athena.errors import RequestError
from local.athena.objects import Location


@dataclass(frozen=True)
class Output:
    """Folder of the result files, the settings of PutObject for them, and the request's fields as GetQuery… shows."""

    folder: Location
    put_settings: tuple[tuple[str, str], ...]
    encryption: dict[str, str] | None

    def key(self, name: str) -> str:
        """The key of the result file `name`."""
        return f"{self.folder.prefix}{name}"

    def uri(self, name: str) -> str:
        """The URI of the result file `name`."""
        return f"s3://{self.folder.bucket}/{self.key(name)}"


def output_of(request: dict[str, Any], workgroup: dict[str, Any]) -> Output:
    """The output of a StartQueryExecution request in `workgroup` (both as Athena's API has them).

    Raises RequestError where neither says a location.
    """
    configuration = workgroup.get("Configuration") or {}
    of_workgroup = configuration.get("ResultConfiguration") or {}
    of_request = request.get("ResultConfiguration") or {}
    enforced = configuration.get("EnforceWorkGroupConfiguration", workgroup.get("Name") != "primary")
    # CloudFormation hands booleans over as texts.
    if str(enforced).lower() == "true" and of_workgroup.get("OutputLocation"):
        chosen = of_workgroup
    else:
        chosen = {**of_workgroup, **of_request}
    location = chosen.get("OutputLocation")
    if not location:
        raise RequestError(
            "InvalidRequestException",
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input.",
        )
    if not location.startswith("s3://"):
        raise RequestError("InvalidRequestException", f"outputLocation is not a valid S3 path: {location}")
    encryption = chosen.get("EncryptionConfiguration")
    return Output(Location.parse(location), _put_settings(encryption), encryption)


def _put_settings(encryption: dict[str, str] | None) -> tuple[tuple[str, str], ...]:
    option = (encryption or {}).get("EncryptionOption")
    if option == "SSE_S3":
        return (("ServerSideEncryption", "AES256"),)
    if option == "SSE_KMS" and encryption:
        return (("ServerSideEncryption", "aws:kms"), ("SSEKMSKeyId", encryption.get("KmsKey", "")))
    if option == "CSE_KMS":
        raise RequestError("InvalidRequestException", "CSE_KMS results are not supported by the embedded Athena")
    return ()
