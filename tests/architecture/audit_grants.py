"""Learns which grants of the template the tests use, and compares it with the reasons of those that they do not.

    python tests/architecture/audit_grants.py -- tests/e2e

It runs pytest with `--used-grants`, by which each worker asks its server at the end which grants allowed a call. What
comes out is in build/grants.json. The exit code is 1 where cli/unused_grants.json has no reason for a grant that was
not used, or one for a grant that was; and that of pytest where tests failed.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cli.template_document import read_template
from cli.unused_grants import unused_grants

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
_SUFFIX = 13

Grants = set[tuple[str, str, str]]
"""Role, by its name in the template, the statement's Sid, and the action."""


def main() -> int:
    """Run the tests and compare. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python tests/architecture/audit_grants.py", description="Learn which grants the tests use."
    )
    parser.add_argument("arguments", nargs="*", help="for pytest, after --")
    arguments = parser.parse_args().arguments
    folder = BUILD / "used-grants"
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", f"--used-grants={folder}"]
    ended = subprocess.run([*command, *arguments], cwd=ROOT, check=False)
    granted = template_grants(read_template(ROOT / "template.yaml")["Resources"])
    noted = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]
    used = used_grants(noted, granted)
    reasons = {grant for each in unused_grants() for grant in each.grants()}
    report = compare(granted, used, reasons)
    BUILD.mkdir(exist_ok=True)
    (BUILD / "grants.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for words in ("without_reason", "used_with_reason"):
        for grant in report[words]:
            print(f"{words.replace('_', ' ')}: {' '.join(grant)}")
    print(f"{len(granted & used)} of {len(granted)} grants were used; build/grants.json lists them.")
    return ended.returncode or int(bool(report["without_reason"] or report["used_with_reason"]))


def compare(granted: Grants, used: Grants, reasons: Grants) -> dict[str, list[tuple[str, str, str]]]:
    """What was used and what was not, and where the reasons differ from that."""
    return {
        "used": sorted(granted & used),
        "unused": sorted(granted - used),
        "without_reason": sorted(granted - used - reasons),
        "used_with_reason": sorted(used & reasons),
    }


def template_grants(resources: Mapping[str, Any]) -> Grants:
    """What the template allows to its roles, those of functions included."""
    grants: Grants = set()
    for name, resource in resources.items():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::Serverless::Function":
            grants |= _of(f"{name}Role", properties.get("Policies", []))
        elif resource["Type"] == "AWS::IAM::Role":
            grants |= _of(name, [each["PolicyDocument"] for each in properties.get("Policies", [])])
        elif resource["Type"] == "AWS::IAM::Policy":
            for role in properties["Roles"]:
                grants |= _of(role["Ref"], [properties["PolicyDocument"]])
    return grants


def _of(role: str, documents: Iterable[Mapping[str, Any]]) -> Grants:
    return {
        (role, statement["Sid"], action)
        for document in documents
        for statement in document["Statement"]
        if statement["Effect"] == "Allow"
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


def used_grants(noted: Iterable[Mapping[str, Any]], granted: Grants) -> Grants:
    """What servers have noted, of the roles of the template."""
    roles = {role for role, _, _ in granted}
    used: Grants = set()
    for each in noted:
        for grant in each["grants"]:
            rest = {(role, grant["statement"], grant["action"]) for role in roles if is_of(grant["role"], role)}
            used |= rest & granted
    return used


def is_of(name: str, role: str) -> bool:
    """Whether IAM's name of a role is one that the embedded CloudFormation has made of its name in a template.

    >>> is_of("rydes-1f-RetrainRole-0A1B2C3D4E5F6", "RetrainRole")
    True
    >>> is_of("rydes-1f2e3d-PredictServiceRequestedFunctionRole0A1B2C3D4E5F6", "PredictServiceRequestedFunctionRole")
    True
    >>> is_of("rydes-1f-ScheduleRole-0A1B2C3D4E5F6", "EdgeScheduleRole")
    False
    """
    # Stacks' names have no capitals. A name that is too long has lost its end, before the suffix.
    made = re.fullmatch("[a-z0-9-]+-([A-Z][A-Za-z0-9]*)(-?)", name[:-_SUFFIX])
    if made is None:
        return False
    return made[1] == role if made[2] else role.startswith(made[1])


if __name__ == "__main__":
    sys.exit(main())
