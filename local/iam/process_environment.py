"""What the processes of the embedded AWS see of the user's environment: what a program needs to run, by name.

A list of what to leave out would miss the next agent's socket or the next tool's token. The server takes this list for
itself, so that whatever it starts begins without the rest.
"""

from collections.abc import Mapping

INHERITED = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "PYTHONHASHSEED",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPYCACHEPREFIX",
)


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """Of the variables in `environment` those that every process may see."""
    return {name: environment[name] for name in INHERITED if name in environment}
