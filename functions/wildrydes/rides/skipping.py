"""Files that lie beside ride files and hold no data: what tools and systems leave behind, known by their names.

They are neither read nor rejected, but listed as skipped. A file of another name is skipped too if it turns out to hold
nothing (`NO_DATA`), as the empty markers do by which some tools make folders.

The rule is exact on purpose. A name that begins with . or _ does not make a marker by itself, as it does for Hadoop and
Athena: a ride file that is called so has rides all the same, and would be lost.
"""

import re

from wildrydes.errors import BadRideFile

NO_DATA = "empty_file"
"""The reason of BadRideFile for a file that is skipped, not rejected."""

_NAMES = (
    ("marks a finished job", r"_SUCCESS|_started(_\d+)?|_committed(_(vacuum)?\d+)?|_metadata|_common_metadata"),
    ("is a checksum", r".*\.(crc|md5|sha1|sha256|sha512)|(md5|sha1|sha256|sha512)sums?(\.txt)?"),
    ("is left by a desktop", r"\.DS_Store|\._.*|\.localized|Thumbs\.db|ehthumbs\.db|desktop\.ini|\.directory"),
    ("keeps a folder", r"\.gitkeep|\.keep|\.gitignore|\.gitattributes|\.placeholder|.*_\$folder\$"),
    ("describes the files", r"(readme|license|licence|notice|changelog)(\.(md|txt|rst))?"),
)
_FOLDERS = ("__MACOSX", ".git", ".ipynb_checkpoints", "_temporary", "_delta_log", ".Trashes", ".Spotlight-V100")
_PATTERNS = tuple((why, re.compile(names, re.IGNORECASE)) for why, names in _NAMES)


def skipped_by_name(key: str) -> str | None:
    """Why the file of a key, or of a path with slashes, is skipped without being read; None where it is read.

    >>> skipped_by_name("raw/2018/_SUCCESS"), skipped_by_name("raw/2018/rides.json")
    ('_SUCCESS marks a finished job', None)
    """
    *folders, name = key.split("/")
    for folder in folders:
        if folder in _FOLDERS:
            return f"{folder}/ is where a tool keeps files of its own"
    return next((f"{name} {why}" for why, pattern in _PATTERNS if pattern.fullmatch(name)), None)


def skipped_by_fault(fault: BadRideFile | None) -> str | None:
    """Why a file that could not be read, if it could not, is skipped after all: it holds nothing."""
    return fault.detail if fault and fault.reason == NO_DATA else None
