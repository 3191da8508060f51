"""Imports every function's handler from the package that `sam build` made.

    python tests/architecture/import_built_handlers.py .aws-sam/build

Run by an interpreter that has what AWS's runtime brings and nothing else, so that a package missing from a function's
archive is missing here too. Each handler is imported in a process of its own.
"""

import re
import subprocess
import sys
from pathlib import Path

MAX_BYTES = 15_000_000


def main(build: Path) -> int:
    template = (build / "template.yaml").read_text(encoding="utf-8")
    blocks = re.findall(r"^  (\w+Function):\n((?:    .*\n|\n)+)", template, re.MULTILINE)
    handlers = [
        (name, *(re.findall(rf"^      {field}: (\S+)", block, re.MULTILINE) for field in ("CodeUri", "Handler")))
        for name, block in blocks
    ]
    if not handlers:
        print(f"no function in {build / 'template.yaml'}", file=sys.stderr)
        return 1
    failed = 0
    for name, (code,), (handler,) in handlers:
        package = (build / code).resolve()
        size = sum(path.stat().st_size for path in package.rglob("*") if path.is_file())
        fault = imported(package, handler) or (f"{size:,} bytes, more than {MAX_BYTES:,}" if size > MAX_BYTES else "")
        print(f"{name}: {handler}, {size:,} bytes unpacked: {fault or 'ok'}")
        failed += bool(fault)
    return 1 if failed else 0


def imported(package: Path, handler: str) -> str:
    """Import `handler` with `package` as its root; the fault where it cannot be, or an empty string."""
    module, function = handler.rsplit(".", 1)
    code = f"import sys; sys.path.insert(0, {str(package)!r}); import {module} as app; assert callable(app.{function})"
    environment = {
        "DATA_BUCKET": "bucket",
        "MODEL_PATH": "none",
        "AWS_DEFAULT_REGION": "us-east-1",
        "POWERTOOLS_SERVICE_NAME": "wildrydes",
    }
    process = subprocess.run(
        [sys.executable, "-I", "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    return process.stderr.strip().splitlines()[-1] if process.returncode else ""


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
