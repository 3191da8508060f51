"""Looks the locked packages up among the known vulnerabilities, by pip-audit.

    python tests/architecture/audit_locks.py .venvs/checks/bin/pip-audit functions/requirements.txt requirements/dev.txt

The first lock is packed into the functions: a vulnerability in it fails, with exit code 1. Those in tools of the laptop
are listed. What could not be looked up is counted: without a network that is everything, and then nothing was audited.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

_TIMEOUT_SECONDS = 600


class Audit(NamedTuple):
    """What pip-audit said of one lock: how many packages it looked up, why it passed over others, what it found."""

    looked_up: int
    passed_over: list[str]
    vulnerabilities: list[str]


def main(pip_audit: str, deployed: str, *others: str) -> int:
    failed = False
    for lock in (deployed, *others):
        audit = audit_of(pip_audit, Path(lock))
        print(f"{lock}: {audit.looked_up} packages looked up, {len(audit.vulnerabilities)} vulnerabilities")
        if audit.passed_over:
            print(f"  not audited: {len(audit.passed_over)} packages, such as: {audit.passed_over[0]}")
        for vulnerability in audit.vulnerabilities:
            print(f"  {vulnerability}")
        failed |= lock == deployed and bool(audit.vulnerabilities)
    return 1 if failed else 0


def audit_of(pip_audit: str, lock: Path) -> Audit:
    """Audits a lock. The hashes pin each package, so that pip need not resolve them again."""
    command = [pip_audit, "--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    run = subprocess.run(
        [*command, "--requirement", str(lock)], capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
    )
    if not run.stdout:
        reason = (run.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]
        return Audit(0, [f"{lock} ({reason})"], [])
    return read(json.loads(run.stdout)["dependencies"])


def read(dependencies: list[dict[str, Any]]) -> Audit:
    """pip-audit's report.

    >>> read([{"name": "a", "skip_reason": "not there"}, {"name": "b", "version": "1", "vulns": []}])
    Audit(looked_up=1, passed_over=['not there'], vulnerabilities=[])
    """
    passed_over = [each["skip_reason"] for each in dependencies if "skip_reason" in each]
    return Audit(len(dependencies) - len(passed_over), passed_over, list(_vulnerabilities(dependencies)))


def _vulnerabilities(dependencies: list[dict[str, Any]]) -> Iterator[str]:
    for each in dependencies:
        for advisory in each.get("vulns", []):
            mended = ", ".join(advisory["fix_versions"]) or "no version"
            yield f"{each['name']} {each['version']}: {advisory['id']}, mended in {mended}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
