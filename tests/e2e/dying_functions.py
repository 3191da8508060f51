"""Functions whose process is killed: once all of a call's work is done, and before its answer is given."""

from pathlib import Path

import psutil

from local import account
from machines import until
from stacks import Stack

_ALGORITHM = "local.algorithms.linear_learner"
# A file for each function has a byte for each death that is left.
_DYING = """
import functools, os, pathlib, signal

def dying(name, handler):
    @functools.wraps(handler)
    def dies(event, context):
        answer = handler(event, context)
        deaths = pathlib.Path({deaths!r}) / name
        left = deaths.read_bytes() if deaths.exists() else b""
        if left:
            deaths.write_bytes(left[1:])
            os.kill(os.getpid(), signal.SIGKILL)
        return answer
    return dies
"""


def let_die(functions: Path, deaths: Path) -> list[str]:
    """Change the functions in a folder so that each dies as often as `deaths` says; their names."""
    (functions / "dying.py").write_text(_DYING.format(deaths=str(deaths)), encoding="utf-8")
    names = []
    for app in sorted(functions.glob("*/app.py")):
        with app.open("a", encoding="utf-8") as code:
            code.write(f"\n\nfrom dying import dying\n\nhandler = dying({app.parent.name!r}, handler)\n")
        names.append(app.parent.name)
    return names


def training_of(job: str) -> list[psutil.Process]:
    """The process that trains as this job."""
    processes = []
    for process in psutil.Process().children(recursive=True):
        try:
            if _ALGORITHM in process.cmdline() and any(f"/{job}-" in part for part in process.cmdline()):
                processes.append(process)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return processes


def kill_training(stack: Stack, execution: str, job: str = "") -> None:
    """Kill the process of an execution's training job, by default of its first; none where it ends without one."""
    describe, name = stack.client("stepfunctions").describe_execution, job or execution.rpartition(":")[2]

    def is_over() -> bool:
        return describe(executionArn=execution)["status"] != "RUNNING"

    until(lambda: name in training_jobs(stack, name) or is_over(), bool, 120, longest_pause=0.05)
    processes = until(lambda: training_of(name) or is_over(), bool, longest_pause=0.01)
    for process in processes if isinstance(processes, list) else ():
        process.kill()


def training_jobs(stack: Stack, execution: str) -> dict[str, tuple[str, str]]:
    """Of an execution's training jobs how each ended and why."""
    sagemaker = stack.client("sagemaker")
    names = [
        each["TrainingJobName"]
        for each in account.entries(sagemaker, "list_training_jobs", "TrainingJobSummaries", NameContains=execution)
    ]
    described = [sagemaker.describe_training_job(TrainingJobName=name) for name in names]
    return {each["TrainingJobName"]: (each["TrainingJobStatus"], each.get("FailureReason", "")) for each in described}
