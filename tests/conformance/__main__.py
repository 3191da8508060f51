"""Runs the cases on each emulator, and prints how many pass.

    python tests/conformance --places embedded moto --table docs/compared.md

Each place has a process of its own, one after another. What became of each case is in build/conformance.json, and the
table is printed. `aws` is a place only where it is named: the cases use the credentials of your environment there, and
remove what they make, which is called `conformance-…`.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("embedded", "ministack", "moto", "localemu")
TITLES = {"embedded": "here", "ministack": "MiniStack", "moto": "moto", "localemu": "LocalEmu", "aws": "AWS"}
OUTCOMES = ("passed", "failed", "not supported", "error", "needs Docker")
SERVICES = {
    "stepfunctions": "Step Functions: states",
    "stepfunctions_api": "Step Functions: API",
    "stepfunctions_integrations": "Step Functions: integrations",
    "lambda": "Lambda",
    "sqs": "SQS",
    "sns": "SNS",
    "s3": "S3",
    "iam": "IAM and STS",
    "events": "EventBridge and Scheduler",
    "data": "DynamoDB, parameters, secrets, streams, keys, catalogue",
    "observing": "CloudWatch, Logs, Firehose, Athena",
    "apigateway": "API Gateway",
    "cloudformation": "CloudFormation",
}
_DESCRIPTION = "Run the cases on each emulator, and print how many pass."

Cases = Mapping[str, Sequence[dict[str, Any]]]
"""What became of the cases, by place."""


def main() -> int:
    """Run. Returns the exit code: 1 where a case became nothing."""
    options = _arguments()
    folder = ROOT / "build" / "conformance"
    folder.mkdir(parents=True, exist_ok=True)
    if not options.only_table:
        for place in options.places:
            _run(place, folder, options.only)
    cases = {
        place: json.loads((folder / f"{place}.json").read_text(encoding="utf-8"))
        for place in options.places
        if (folder / f"{place}.json").exists()
    }
    report = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "versions": _versions(list(cases)), "cases": cases}
    (ROOT / "build" / "conformance.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(table(cases, report["versions"], report["date"]))
    return 0 if set(cases) == set(options.places) and all(cases.values()) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tests/conformance", description=_DESCRIPTION)
    parser.add_argument("--places", nargs="+", choices=[*TITLES], default=PLACES, help="(default: all but aws)")
    parser.add_argument("--only", default="", help="expression of the names of the cases to run, as pytest's -k has it")
    parser.add_argument("--only-table", action="store_true", help="print the table of what was run before")
    return parser.parse_args()


def _run(place: str, folder: Path, only: str) -> None:
    """Run the cases on a place, into a record of its own. Its log has what pytest prints."""
    record, log = folder / f"{place}.json", folder / f"{place}.log"
    record.unlink(missing_ok=True)
    print(f"{TITLES[place]}: the log is {log.relative_to(ROOT)}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "--randomly-dont-reorganize", "tests/conformance"]
    with log.open("w") as output:
        subprocess.run(
            [*command, "--place", place, "--record", str(record), "-k", only],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )


def _versions(places: Sequence[str]) -> dict[str, str]:
    """The versions of the emulators' packages."""
    code = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
    versions = {}
    for place in places:
        python = ROOT / ".venvs" / place / "bin" / "python"
        if python.exists():
            answer = subprocess.run([python, "-c", code, place], capture_output=True, text=True, check=True)
            versions[place] = answer.stdout.strip()
    return versions


def table(cases: Cases, versions: Mapping[str, str], date: str) -> str:
    """How many cases of each service became what, in Markdown.

    >>> print(table({"moto": [{"service": "sqs", "outcome": "passed"}]}, {"moto": "5"}, "today"))
    | service | cases | moto 5 |
    |---|---|---|
    | SQS | 1 | 1 |
    | all | 1 | 1 |
    <BLANKLINE>
    Passed on today. Of moto's 1 cases: 1 passed, 0 failed, 0 not supported, 0 error, 0 needs Docker.
    """
    heads = [f"{TITLES[place]} {versions.get(place, '')}".strip() for place in cases]
    lines = [_row("service", "cases", *heads), _row(*["---"] * (len(heads) + 2)).replace(" ", "")]
    services = [each for each in SERVICES if any(case["service"] == each for of in cases.values() for case in of)]
    for service in services:
        counts = [[case["outcome"] for case in of if case["service"] == service] for of in cases.values()]
        lines.append(_row(SERVICES[service], max(map(len, counts)), *(each.count("passed") for each in counts)))
    totals = [Counter(case["outcome"] for case in of) for of in cases.values()]
    lines.append(_row("all", max(total.total() for total in totals), *(total["passed"] for total in totals)))
    sums = [
        f"Of {TITLES[place]}'s {total.total()} cases: " + ", ".join(f"{total[each]} {each}" for each in OUTCOMES) + "."
        for place, total in zip(cases, totals, strict=True)
    ]
    return "\n".join([*lines, "", f"Passed on {date}. " + " ".join(sums)])


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    sys.exit(main())
