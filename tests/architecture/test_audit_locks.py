"""`make check` fails by a known vulnerability of what is deployed, and says what could not be looked up."""

import json
from pathlib import Path

import pytest

from audit_locks import main, read

VULNERABLE = {
    "name": "requests",
    "version": "2.19.0",
    "vulns": [{"id": "PYSEC-2018-28", "fix_versions": ["2.20.0"]}, {"id": "PYSEC-2", "fix_versions": []}],
}
SOUND = {"name": "tzdata", "version": "2026.6", "vulns": []}
UNKNOWN = {"name": "attrs", "skip_reason": "not found: attrs (1)"}


def pip_audit(folder: Path, *reports: list[dict]) -> str:
    """A program that prints the first report for the first lock that it is given, and so on."""
    for number, report in enumerate(reports):
        (folder / f"{number}.json").write_text(json.dumps({"dependencies": report}), encoding="utf-8")
    program = folder / "pip-audit"
    program.write_text(
        f'#!/bin/sh\nfor last; do :; done\ncat "{folder}/$(basename "$last" .txt).json"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(("deployed", "code"), [([SOUND], 0), ([VULNERABLE], 1), ([UNKNOWN], 0)])
def test_vulnerability_of_what_is_deployed_fails(tmp_path: Path, deployed: list[dict], code: int) -> None:
    assert main(pip_audit(tmp_path, deployed, [SOUND]), "0.txt", "1.txt") == code


def test_vulnerability_of_a_tool_is_listed_and_does_not_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(pip_audit(tmp_path, [SOUND], [VULNERABLE, UNKNOWN]), "0.txt", "1.txt") == 0
    assert capsys.readouterr().out.splitlines() == [
        "0.txt: 1 packages looked up, 0 vulnerabilities",
        "1.txt: 1 packages looked up, 2 vulnerabilities",
        "  not audited: 1 packages, such as: not found: attrs (1)",
        "  requests 2.19.0: PYSEC-2018-28, mended in 2.20.0",
        "  requests 2.19.0: PYSEC-2, mended in no version",
    ]


def test_audit_that_says_nothing_audited_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "pip-audit"
    program.write_text("#!/bin/sh\necho 'no route to host' >&2\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    assert main(str(program), "0.txt") == 0
    assert "0.txt: 0 packages looked up, 0 vulnerabilities\n  not audited: 1 packages, such as: 0.txt (no route" in (
        capsys.readouterr().out
    )


def test_what_was_passed_over_was_not_looked_up() -> None:
    assert read([UNKNOWN, SOUND]).looked_up == 1
