"""Refuses policies with elements that nothing could read: MiniStack takes them, and a Deny with them denies nothing.

They are checked wherever a policy is put: unknown operators of conditions, conditions that are no objects, actions
without a service, and elements that there are not.
"""

from collections.abc import Mapping
from typing import Any

from local.protocols.policies import fault_in
from local.seams import replace, replace_everywhere, seam


def install() -> None:
    """Refuse them in IAM's and STS's policies, also those of templates, and in policies of buckets."""
    from ministack.core import iam_evaluator
    from ministack.services import iam, s3
    from ministack.services.cloudformation import provisioners

    of_identity = seam(iam_evaluator, "validate_policy_document")
    of_trust = seam(iam, "_trust_policy_not_principal_error")
    of_template = seam(provisioners, "_policy_document_json")
    put_bucket_policy = seam(s3, "_put_bucket_policy")

    def put_readable_bucket_policy(name: str, body: bytes) -> Any:
        fault = fault_in(body.decode(errors="replace")) if name in s3._buckets else None
        return s3._error("MalformedPolicy", fault, 400) if fault else put_bucket_policy(name, body)

    def readable_document(properties: Mapping[str, Any]) -> str:
        if fault := fault_in(properties.get("PolicyDocument", {})):
            raise ValueError(fault)
        return of_template(properties)

    def fault_of_identity(document: Any) -> str | None:
        return of_identity(document) or fault_in(document)

    replace_everywhere(iam_evaluator, "validate_policy_document", fault_of_identity)
    replace(provisioners, "_policy_document_json", readable_document)
    replace(iam, "_trust_policy_not_principal_error", lambda document: of_trust(document) or fault_in(document))
    replace(s3, "_put_bucket_policy", put_readable_bucket_policy)
