"""Where a deployed API is."""

from urllib.parse import urlsplit


def url_behind(endpoint: str, api_id: str, url: str) -> str:
    """Where an endpoint other than AWS's serves an API: it has no host name of its own there. Ends with a slash.

    The path of the URL that AWS gives it is its stage.

    >>> url_behind("http://127.0.0.1:4566", "a1b2", "https://a1b2.execute-api.us-east-1.amazonaws.com/beta/")
    'http://127.0.0.1:4566/_aws/execute-api/a1b2/beta/'
    """
    return f"{endpoint.rstrip('/')}/_aws/execute-api/{api_id}{urlsplit(url).path}"
