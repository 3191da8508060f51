"""How many invocations a function may have at once, whichever of its versions and aliases they are of.

MiniStack keeps the number of ReservedConcurrentExecutions with the function, and looks for it with the version.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from typing import Any

from local.lambda_.configurations import RefusedFunctionError
from local.lambda_.updates import Response, refusal
from local.seams import replace, seam

# Of the account's thousand so many stay for functions that reserve none.
ACCOUNT = 1000
_LEAST_UNRESERVED = 100

_DECREASES = (
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
    f"minimum value of [{_LEAST_UNRESERVED}]."
)


def install() -> None:
    """Count by function, and answer as AWS does where there are too many."""
    from ministack.services import lambda_svc

    replace(lambda_svc, "_reserved_concurrency", lambda _record, config: reserved(config))
    throttle = seam(lambda_svc, "_throttle_response")

    def throttled(reason_code: str, msg: str, retry_after: int = 1) -> dict[str, Any]:
        result = throttle(reason_code, msg, retry_after)
        result["body"] |= {"Type": "User", "message": "Rate Exceeded."}
        return result

    replace(lambda_svc, "_throttle_response", throttled)
    put = seam(lambda_svc, "_put_function_concurrency")

    def put_checked(name: str, data: dict[str, Any]) -> Response:
        try:
            check(name, data.get("ReservedConcurrentExecutions"))
        except RefusedFunctionError as fault:
            return refusal(fault)
        return put(name, data)

    replace(lambda_svc, "_put_function_concurrency", put_checked)


def reserved(config: dict[str, Any]) -> int | None:
    """What is reserved for the function of a version's configuration; None where nothing is."""
    from ministack.services import lambda_svc

    if "FunctionArn" not in config:
        return None
    account_id, region = lambda_svc._account_region_from_function_config(config)
    function = lambda_svc._functions.get_scoped(account_id, region, config.get("FunctionName")) or {}
    number = function.get("concurrency")
    return None if number is None else int(number)


def check(name: str, number: Any) -> None:
    """Raise RefusedFunctionError where the account would not have enough left for the functions that reserve none."""
    from ministack.services import lambda_svc

    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        message = "Value at 'reservedConcurrentExecutions' failed to satisfy constraint: Member must not be null"
        if number is not None:
            message = message.replace("not be null", "have value greater than or equal to 0")
        raise RefusedFunctionError(f"1 validation error detected: {message}", "ValidationException")
    others = (function.get("concurrency") for each, function in lambda_svc._functions.items() if each != name)
    if ACCOUNT - number - sum(int(other or 0) for other in others) < _LEAST_UNRESERVED:
        raise RefusedFunctionError(_DECREASES)
