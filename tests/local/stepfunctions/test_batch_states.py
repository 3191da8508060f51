"""The server starts without moto's EC2: in a process of its own, since this one may have imported it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import sys
from local.stepfunctions import batch_states

batch_states.import_alone()
batch_states.import_alone()
from moto.batch.utils import JobStatus
from local.stepfunctions import install

print(sorted(name for name in ("moto.batch", "moto.batch.models", "moto.ec2") if name in sys.modules))
from moto import batch
print(batch.batch_backends is not None, batch.models.JobStatus is JobStatus, JobStatus.SUCCEEDED.value)
"""


def test_interpreter_is_imported_without_ec2_and_batch_is_whole_for_who_imports_it_later() -> None:
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.splitlines() == ["[]", "True True SUCCEEDED"], done.stderr
