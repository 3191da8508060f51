"""Which versions of the aws CLI leave this machine, and what is said of the one on the PATH."""

from pathlib import Path

import pytest

from cli import aws_cli

ENDPOINT_URL = '--endpoint-url "$AWS_ENDPOINT_URL"'


@pytest.mark.parametrize("version", [(1, 28), (2, 9), (2, 12)])
def test_version_that_ignores_the_variable(version: tuple[int, int]) -> None:
    remedy = aws_cli.remedy_of(*version) or ""
    assert f"({version[0]}.{version[1]}) ignores AWS_ENDPOINT_URL and would" in remedy
    assert ENDPOINT_URL in remedy


@pytest.mark.parametrize("version", [(1, 29), (1, 45)])
def test_version_1_ignores_it_for_sqs_alone(version: tuple[int, int]) -> None:
    remedy = aws_cli.remedy_of(*version) or ""
    assert f"({version[0]}.{version[1]}) ignores AWS_ENDPOINT_URL for SQS and would" in remedy
    assert ENDPOINT_URL in remedy


@pytest.mark.parametrize("version", [(2, 13), (2, 31), (3, 0)])
def test_version_that_heeds_it(version: tuple[int, int]) -> None:
    assert aws_cli.remedy_of(*version) is None


@pytest.mark.parametrize(
    ("script", "remedy"),
    [
        ("echo aws-cli/2.9.19 Python/3.11.2 Linux/6.1 source/x86_64.debian.12", "Your aws CLI (2.9) ignores "),
        ("echo aws-cli/1.18.69 Python/3.8.10 >&2", "Your aws CLI (1.18) ignores "),
        ("echo aws-cli/2.31.0 Python/3.13.7", None),
        ("echo another program 1.2.3", None),
        ("exit 1", None),
    ],
)
def test_aws_on_the_path(script: str, remedy: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "aws"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    text = aws_cli.remedy()
    assert text is None if remedy is None else (text or "").startswith(remedy)


def test_no_aws_on_the_path_and_one_that_cannot_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert aws_cli.remedy() is None
    (tmp_path / "aws").write_bytes(b"\x00")
    (tmp_path / "aws").chmod(0o755)
    assert aws_cli.remedy() is None
