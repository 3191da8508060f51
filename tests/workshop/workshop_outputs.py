"""Whether a command printed what the page shows, by the rule that docs/workshop/README.md tells its reader.

- `…` stands for anything: within a line for a part of it, alone on a line for any number of lines.
- Names of executions, identifiers, times, durations, dollars and ports are those of each run.
- A number with a decimal point may be off by a twentieth. Whole numbers are the same.
- Blanks are laid out by the width of what is in a column.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

LEFT_OUT = "…"
TOLERANCE = 0.05
# What is off by less than the last of the digits that a table shows is not off.
_SMALLEST = 0.005

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"\d+:\d\d(?::\d\d)?"
_DURATION = r"\d[\d,]*(?:\.\d+)? (?:ms|min|s|h)\b(?: \d+ s\b)?"
_DOLLARS = r"\$\d[\d,]*(?:\.\d+)?(?:e-\d+)?"
_NAME = r"\b(?:run|monitor|back)-[0-9a-f]{12}\b"
_PORT = r"(?<=127\.0\.0\.1:)\d+"
_VARYING = tuple(re.compile(each) for each in (_UUID, _NAME, _DAY, _CLOCK, _PORT, _DURATION, _DOLLARS))
_DECIMAL = re.compile(r"[-+]?\d[\d,]*\.\d+(?:e-\d+)?")
_SOME = re.compile("|".join(f"({each.pattern})" for each in (*_VARYING, re.compile(LEFT_OUT), _DECIMAL)))
_ANYTHING = len(_VARYING) + 1


def fits(shown: str, printed: str) -> bool:
    """Whether a line that was printed is the one that is shown.

    >>> fits("test  AUC 0.7383, log loss …", "test AUC 0.7391, log loss 0.6036")
    True
    >>> fits("test  AUC 0.7383", "test  AUC 0.6589"), fits("534 rows", "535 rows")
    (False, False)
    >>> fits("Started run-2ef0e931dd1b, $0.0026", "Started run-1824042f357c, $0.0031")
    True
    """
    pattern, decimals = _compiled(" ".join(shown.split()))
    match = re.fullmatch(pattern, " ".join(printed.split()))
    return match is not None and all(
        _near(_number(number), _number(other)) for number, other in zip(decimals, match.groups(), strict=True)
    )


def _compiled(line: str) -> tuple[str, list[str]]:
    """A pattern of what fits the line, with a group for each number with a decimal point, and these numbers."""
    parts, decimals, end = [], [], 0
    for match in _SOME.finditer(line):
        parts.append(re.escape(line[end : match.start()]))
        kind = match.lastindex or 0
        if kind <= len(_VARYING):
            parts.append(f"(?:{_VARYING[kind - 1].pattern})")
        elif kind == _ANYTHING:
            parts.append(".*")
        else:
            parts.append(f"({_DECIMAL.pattern})")
            decimals.append(match[0])
        end = match.end()
    return "".join([*parts, re.escape(line[end:])]), decimals


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _near(number: float, other: float) -> bool:
    return abs(number - other) <= max(TOLERANCE * abs(number), _SMALLEST)


def first_wrong(shown: Sequence[str], printed: Sequence[str]) -> int | None:
    """The place of the first line shown that was not printed, or None.

    Lines between two `…` have to be there one after another; what a page ends with has to be printed last.

    >>> first_wrong(["a", "…", "c"], ["a", "b", "c"]), first_wrong(["a", "c"], ["a", "b", "c"])
    (None, 1)
    >>> first_wrong(["…", "b"], ["a", "b", "c"]), first_wrong(["a"], ["a", "b"])
    (1, 0)
    """
    printed = [line for line in printed if line.strip()]
    gaps = [place for place, line in enumerate(shown) if line.strip() == LEFT_OUT]
    position = 0
    for before, after in pairwise([-1, *gaps, len(shown)]):
        part = [place for place in range(before + 1, after) if shown[place].strip()]
        position, wrong = _after(part, shown, printed, position, anchored=before == -1, last=after == len(shown))
        if wrong is not None:
            return wrong
    return None


def _after(
    part: list[int], shown: Sequence[str], printed: Sequence[str], position: int, *, anchored: bool, last: bool
) -> tuple[int, int | None]:
    """Where the lines of a part end in what was printed, from `position` on; else the first line that is wrong."""
    if not part:
        return position, None
    best = 0
    for start in range(position, position + 1) if anchored else range(position, len(printed)):
        right = 0
        while right < len(part) and start + right < len(printed) and fits(shown[part[right]], printed[start + right]):
            right += 1
        if right == len(part) and (not last or start + right == len(printed)):
            return start + right, None
        best = max(best, right)
    return position, part[min(best, len(part) - 1)]
