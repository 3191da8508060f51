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
    _check_calls()
    _check_templates()


def _check_calls() -> None:
    from ministack.core import iam_evaluator
    from ministack.services import iam, s3

    of_identity = seam(iam_evaluator, "validate_policy_document")
    of_trust = seam(iam, "_trust_policy_not_principal_error")
    put_bucket_policy = seam(s3, "_put_bucket_policy")

    def put_readable_bucket_policy(name: str, body: bytes) -> Any:
        fault = fault_in(body.decode(errors="replace")) if name in s3._buckets else None
        return s3._error("MalformedPolicy", fault, 400) if fault else put_bucket_policy(name, body)

    def fault_of_identity(document: Any) -> str | None:
        return of_identity(document) or fault_in(document)

    replace_everywhere(iam_evaluator, "validate_policy_document", fault_of_identity)
    replace(iam, "_trust_policy_not_principal_error", lambda document: of_trust(document) or fault_in(document))
    replace(s3, "_put_bucket_policy", put_readable_bucket_policy)


def _check_templates() -> None:
    """Refuse inline policies, those of roles among them, and managed ones; CloudFormation's stack fails with them."""
    from ministack.services import iam
    from ministack.services.cloudformation import provisioners

    of_template = seam(provisioners, "_policy_document_json")
    check_role = seam(provisioners, "_validate_iam_role_trust_policy")
    store_policy = seam(iam, "store_policy")
    set_document = seam(provisioners, "_iam_policy_set_document")

    def readable_document(properties: Mapping[str, Any]) -> str:
        _refuse_unreadable(properties.get("PolicyDocument", {}))
        return of_template(properties)

    def check_role_and_its_policies(properties: Mapping[str, Any]) -> None:
        check_role(properties)
        for each in properties.get("Policies") or []:
            _refuse_unreadable(each.get("PolicyDocument", {}))

    def store_readable_policy(arn: str, name: str, path: str, document: Any, **more: Any) -> Any:
        _refuse_unreadable(document)
        return store_policy(arn, name, path, document, **more)

    def set_readable_document(arn: str, record: Any, document: Any, resource_type: str) -> Any:
        _refuse_unreadable(document)
        return set_document(arn, record, document, resource_type)

    replace(provisioners, "_policy_document_json", readable_document)
    replace(provisioners, "_validate_iam_role_trust_policy", check_role_and_its_policies)
    replace(iam, "store_policy", store_readable_policy)
    replace(provisioners, "_iam_policy_set_document", set_readable_document)


def _refuse_unreadable(document: Any) -> None:
    if fault := fault_in(document):
        raise ValueError(fault)
