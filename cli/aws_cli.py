"""Whether the `aws` on the PATH heeds AWS_ENDPOINT_URL; one that does not sends its calls to the real AWS.

Version 2 heeds it from 2.13 on, version 1 from 1.29 on, and there not for SQS.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

import re
import shutil
import subprocess

_SECONDS = 20
_VERSION = re.compile(r"aws-cli/(\d+)\.(\d+)\.(\d+)")
_REMEDY = 'give each line `--endpoint-url "$AWS_ENDPOINT_URL"`, as the docs do.'


def remedy() -> str | None:
    """What to do so that the calls of the `aws` on the PATH stay on this machine; None where nothing is needed."""
    path = shutil.which("aws")
    if path is None:
        return None
    try:
        ran = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(ran.stdout + ran.stderr)
    return remedy_of(int(match[1]), int(match[2])) if match else None


def remedy_of(major: int, minor: int) -> str | None:
    """The same of a version.

    >>> remedy_of(2, 13) is None
    True
    """
    if (major, minor) >= (2, 13):
        return None
    which = "AWS_ENDPOINT_URL for SQS" if major == 1 and minor >= 29 else "AWS_ENDPOINT_URL"
    return f"Your aws CLI ({major}.{minor}) ignores {which} and would call the real AWS: {_REMEDY}"
