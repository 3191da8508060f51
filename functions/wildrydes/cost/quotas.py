"""What AWS allows an account in a region, as far as rides come near it. Of regions, the lowest stands here."""

from typing import NamedTuple

_AWS = "https://docs.aws.amazon.com"
_STATES = f"{_AWS}/step-functions/latest/dg/service-quotas.html"
_LAMBDA = f"{_AWS}/lambda/latest/dg/gettingstarted-limits.html"
_ATHENA = f"{_AWS}/athena/latest/ug/service-limits.html"
_S3 = f"{_AWS}/AmazonS3/latest/userguide/optimizing-performance.html"


class Quota(NamedTuple):
    """So much of a unit, the page that says so, and whether AWS raises it on request."""

    value: float
    unit: str
    url: str
    adjustable: bool = False


FUNCTION_SECONDS = Quota(900, "seconds of a function", _LAMBDA)
FUNCTIONS = Quota(1000, "functions at once, 10 in a new account", _LAMBDA, adjustable=True)
CHILDREN = Quota(10_000, "children of a Map at once", _STATES)
CHILDREN_STARTED = Quota(100, "standard children of a Map that are started a second", _STATES)
TRANSITIONS = Quota(800, "state transitions a second, 5,000 in three regions", _STATES, adjustable=True)
PUTS = Quota(3500, "PUT and COPY a second and prefix", _S3)
GETS = Quota(5500, "GET a second and prefix", _S3)
QUERY_SECONDS = Quota(1800, "seconds of a query, 14,400 on request", _ATHENA, adjustable=True)
QUERIES = Quota(20, "active queries", _ATHENA, adjustable=True)
FUNCTION_MB = Quota(10_240, "MB of memory, or of /tmp, of a function", _LAMBDA)

QUOTAS = (
    FUNCTION_SECONDS,
    FUNCTIONS,
    FUNCTION_MB,
    CHILDREN,
    CHILDREN_STARTED,
    TRANSITIONS,
    PUTS,
    GETS,
    QUERY_SECONDS,
    QUERIES,
)
