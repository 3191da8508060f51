"""What `watch` shows of an execution that failed: the state where it began, why, what to do, and where the log is."""

import json
import re
from pathlib import Path

import pytest

from commands import Ran, RunCommand, runner, use_record, write_below
from fault_cells import cells
from fault_course import HANDLED, RECOVERED, REDRIVEN, Course
from fault_trials import Retraining
from local import account
from machines import until
from notices import listen
from redefinitions import shorten_pauses
from stacks import DIVERGING, SAMPLE_RIDES, MakeStack, Stack

pytestmark = pytest.mark.proof

FEW = min(SAMPLE_RIDES, key=lambda path: path.stat().st_size)


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    """A stack with rides, that trains whatever the other executions do."""
    # A fault comes as often as the workflows' own retriers try.
    stack = shorten_pauses(make_stack(), most_attempts=60)
    stack.upload([FEW])
    return stack


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> RunCommand:
    """Watches an execution of a stack; what the command prints is checked as far as it is the same for all."""

    def run(stack: Stack, arn: str, *options: str) -> Ran:
        use_record(monkeypatch, stack.server)
        write_below(monkeypatch, tmp_path)
        ran = runner(stack, capsys)("watch", arn, *options)
        assert (ran.code, ran.err) == (1, "")
        assert "Traceback" not in ran.out or "Traceback" in whole_log(tmp_path, arn)
        return ran

    return run


def whole_log(build: Path, arn: str) -> str:
    return (build / "runs" / arn.rpartition(":")[2] / "failure.log").read_text(encoding="utf-8")


def lines_of(ran: Ran) -> list[str]:
    """What follows the table of states."""
    return ran.out[ran.out.index("The execution ") :].splitlines()


def check_log(ran: Ran, build: Path, arn: str, group: str) -> None:
    """At most ten lines are shown, the last of the file that holds the whole log."""
    lines = lines_of(ran)
    (at,) = [place for place, line in enumerate(lines) if line.startswith("The last ")]
    match = re.fullmatch(r"The last (\d+) of ([\d,]+) lines of (\S+) \((\S+)\):", lines[at])
    assert match
    shown, whole = lines[at + 1 :], whole_log(build, arn).splitlines()
    assert match[3].startswith(group)
    assert len(shown) == int(match[1]) <= 10
    assert Path(match[4]).read_text(encoding="utf-8").splitlines() == whole
    cut = [squeezed(line[:200]) for line in whole[-len(shown) :]]
    assert [squeezed(line).removesuffix("…") for line in shown] == cut


def squeezed(line: str) -> str:
    """A line with one space for each stretch of white space: the screen has tabs of its own."""
    return " ".join(line.split())


def test_wrong_input_failed_where_defaults_are_applied(stack: Stack, watch: RunCommand, tmp_path: Path) -> None:
    arn = stack.start(target="speed")
    ran = watch(stack, arn)
    lines = lines_of(ran)
    assert lines[0] == "The execution failed in the state Apply defaults."
    assert lines[1] == "  error  BadExecutionInput"
    assert lines[2].startswith("  cause  target is 'speed'; it must be one of heavy_utilization, ")
    assert lines[3] == "  next   Correct the field that the cause names, and start again."
    check_log(ran, tmp_path, arn, "/aws/lambda/")


def test_the_same_as_json(stack: Stack, watch: RunCommand, tmp_path: Path) -> None:
    arn = stack.start(target="speed")
    described = json.loads(watch(stack, arn, "--json").out)
    assert (described["execution"], described["status"]) == (arn, "FAILED")
    failure = described["failure"]
    assert set(failure) == {"state", "error", "cause", "next_step", "log"}
    assert (failure["state"], failure["error"]) == ("Apply defaults", "BadExecutionInput")
    assert Path(failure["log"]).read_text(encoding="utf-8") == whole_log(tmp_path, arn)


def test_too_many_rejected_rides_failed_where_ingestion_is_checked(
    make_stack: MakeStack, watch: RunCommand, tmp_path: Path
) -> None:
    stack = make_stack()
    stack.put("raw/bad.json", json.dumps([{"Distance": "far"}] * 10))
    arn = stack.start()
    ran = watch(stack, arn)
    before = [line.strip() for line in ran.out[: ran.out.index("The execution ")].splitlines()]
    assert "raw/bad.json  read 10, accepted 0, rejected 10, repeated 0" in before
    assert "10 missing_field: raw/bad.json, record 1, byte 1" in before
    folder = tmp_path / "runs" / arn.rpartition(":")[2]
    rejected = (folder / "rejected" / "bad.json.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["position"]["record"] for line in rejected] == list(range(1, 11))
    assert json.loads((folder / "failure.json").read_text())["ingestion"]["rides"]["rejected"] == 10
    lines = lines_of(ran)
    assert lines[0] == "The execution failed in the state Check ingestion."
    assert lines[1] == "  error  TooManyRejectedRides"
    assert lines[3].startswith("  next   Look at the rejected rides under rejected/")


def test_training_job_failed_with_its_own_log_alone(stack: Stack, watch: RunCommand, tmp_path: Path) -> None:
    """Two jobs at once write to one log group: each execution's log is that of its job."""
    tasks = ("heavy_utilization", "service_requested")
    arns = [stack.start(task=task, hyperparameters=DIVERGING) for task in tasks]
    for arn in arns:
        stack.ended(arn)
    logs = {}
    for arn in arns:
        ran = watch(stack, arn)
        lines = lines_of(ran)
        assert lines[0] == "The execution failed in the state Train candidate."
        assert "Training diverged" in lines[2]
        assert not lines[2].startswith("  cause  {")
        check_log(ran, tmp_path, arn, "/aws/sagemaker/TrainingJobs")
        logs[arn] = whole_log(tmp_path, arn)
    for arn in arns:
        streams = account.entries(
            stack.client("logs"),
            "describe_log_streams",
            "logStreams",
            logGroupName="/aws/sagemaker/TrainingJobs",
            logStreamNamePrefix=arn.rpartition(":")[2],
        )
        events = account.entries(
            stack.client("logs"),
            "filter_log_events",
            "events",
            logGroupName="/aws/sagemaker/TrainingJobs",
            logStreamNames=[stream["logStreamName"] for stream in streams],
        )
        assert logs[arn].splitlines() == [line for event in events for line in event["message"].splitlines()]


def test_promotion_that_failed_is_shown_with_its_own_state(make_stack: MakeStack, watch: RunCommand) -> None:
    stack = shorten_pauses(make_stack())
    stack.upload([FEW])
    role = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId="PromoteRole"
    )["StackResourceDetail"]["PhysicalResourceId"]
    iam = stack.client("iam")
    for name in account.entries(iam, "list_role_policies", "PolicyNames", RoleName=role):
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    lines = lines_of(watch(stack, stack.start()))
    assert re.fullmatch(r"The execution failed in the state Promote → \S.*\.", lines[0])
    assert "error  " in lines[1]
    assert "not authorized" in lines[2]
    assert not lines[2].startswith("  cause  {")


def test_execution_that_somebody_stopped(stack: Stack, watch: RunCommand) -> None:
    arn = stack.start()
    states = stack.client("stepfunctions")
    until(
        lambda: account.entries(states, "get_execution_history", "events", executionArn=arn),
        lambda events: any(event["type"].endswith("StateEntered") for event in events),
    )
    states.stop_execution(executionArn=arn, error="Enough", cause="no more\nof it")
    lines = lines_of(watch(stack, arn))
    assert re.fullmatch(r"The execution was stopped in the state \S.*\.", lines[0])
    assert lines[1:3] == ["  error  Enough", "  cause  no more of it"]


# One for each kind of fault, and of its outcomes; `make faults` runs all.
FAULTS = {
    "retrain: Apply defaults: throttle, within Retry": RECOVERED,
    "retrain: Take turn: lost connection, first attempt": RECOVERED,
    "retrain: Plan ingestion: killed worker, beyond Retry": REDRIVEN,
    "retrain: Check ingestion: malformed output, once": REDRIVEN,
    "retrain: Ingest chunk: full disk, once": REDRIVEN,
    "retrain: Read counts: timeout, once": REDRIVEN,
    "retrain: List rides: S3 503, once": REDRIVEN,
    "retrain: Read parameter: denial, beyond Retry": HANDLED,
    "retrain: Train candidate: killed worker, once": HANDLED,
    "retrain: Evaluate model: function's timeout, within Retry": RECOVERED,
    # The model is live by then.
    "retrain: Account costs: malformed output, once": HANDLED,
}


def test_each_kind_of_fault_is_outlasted_or_told_of_and_nothing_is_lost(stack: Stack) -> None:
    """One execution meets one fault after the other, and goes on after each."""
    by_name = {str(cell): cell for cell in cells("retrain")}
    trial = Retraining(stack, task="magic_points")
    course = Course(stack, listen(stack), trial, [by_name[name] for name in FAULTS])
    assert {str(each.cell): each.outcome for each in course.run()} == FAULTS, course.results
