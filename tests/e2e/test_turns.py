"""Of each task one retraining runs at a time: the states of the deployed workflow by which it takes its turn."""

import json
from pathlib import Path
from typing import Any

import pytest

from local import account
from machines import Client, allow, machine, role, unique, until
from stacks import SAMPLE_RIDES, MakeStack
from wildrydes.bucket import Source
from wildrydes.rides.files import records
from wildrydes.rides.ingestion import ingest

pytestmark = pytest.mark.proof

ROOT = Path(__file__).resolve().parents[2]
STATES = json.loads((ROOT / "statemachines" / "retrain.asl.json").read_text(encoding="utf-8"))["States"]
FIRST = "Name itself"
TURN = (FIRST, "Take turn", "Read turn", "Whose turn is it?", "Describe holder", "Does holder run?", "Take over")
# What the execution whose turn it is goes on with, and the handler of errors.
NEXT, FAILED = "Rides or samples?", "Notify failure"
RIDE = {"distance": 30, "healthpoints": 30, "magicpoints": 2500, "TMAX": 333, "TMIN": 300, "PRCP": 0}
WAIT = {"Type": "Wait", "Seconds": 900, "End": True}


def entered(states: Any, arn: str) -> list[str]:
    """The states that an execution has come to."""
    events = account.entries(states, "get_execution_history", "events", executionArn=arn)
    return [each["stateEnteredEventDetails"]["name"] for each in events if "stateEnteredEventDetails" in each]


def targets(value: Any) -> set[str]:
    """The states that a state goes on to, by any of its transitions."""
    if isinstance(value, list):
        return {name for each in value for name in targets(each)}
    if not isinstance(value, dict):
        return set()
    own = {value[name] for name in ("Next", "Default") if name in value}
    return own | {name for each in value.values() for name in targets(each)}


def reachable(states: dict[str, Any]) -> dict[str, Any]:
    """The states that an execution can come to; Step Functions refuses a definition with others."""
    names: set[str] = set()
    ahead = {FIRST}
    while ahead:
        names |= ahead
        ahead = {name for each in ahead for name in targets(states[each])} - names
    return {name: state for name, state in states.items() if name in names}


class Turns:
    """A workflow that takes its turn as the deployed one does, and then trains until somebody stops it."""

    def __init__(self, client: Client) -> None:
        self.states = client("stepfunctions")
        self.table = unique("turns")
        client("dynamodb").create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "task", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "task", "KeyType": "HASH"}],
        )
        self.items = client("dynamodb")
        table = allow("dynamodb:GetItem", "dynamodb:UpdateItem", resource=f"arn:aws:dynamodb:*:*:table/{self.table}")
        self.role = role(client, "states.amazonaws.com", table, allow("states:DescribeExecution"))
        self.name = unique("turns")
        self.machine = self.states.create_state_machine(
            name=self.name, definition=json.dumps(self.definition()), roleArn=self.role
        )["stateMachineArn"]

    def definition(self, **changes: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps({name: STATES[name] for name in (*TURN, "Yielded")}).replace("${TurnsTable}", self.table)
        executions = f"arn:aws:states:{account.DEFAULT_REGION}:{account.ACCOUNT_ID}:execution:{self.name}:*"
        text = text.replace("${RetrainExecutions}", executions)
        ends = {NEXT: WAIT, FAILED: {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}}
        return {"StartAt": FIRST, "States": reachable(json.loads(text) | ends | changes)}

    def redefine(self, **changes: dict[str, Any]) -> None:
        self.states.update_state_machine(
            stateMachineArn=self.machine, definition=json.dumps(self.definition(**changes))
        )

    def start(self, task: str = "magic_points", reason: str = "person") -> str:
        started_by = {"reason": reason, "detail": f"of {reason}"}
        parameters = {"task": task, "execution": "its own name", "started_by": started_by}
        started = self.states.start_execution(
            stateMachineArn=self.machine, input=json.dumps({"parameters": parameters})
        )
        return started["executionArn"]

    def entered(self, arn: str) -> list[str]:
        return entered(self.states, arn)

    def described(self, arn: str) -> dict[str, Any]:
        return self.states.describe_execution(executionArn=arn)

    def settled(self, arn: str) -> dict[str, Any]:
        """Wait until the execution trains or has ended; its description."""
        until(lambda: NEXT in self.entered(arn) or self.described(arn)["status"] != "RUNNING", bool)
        return self.described(arn)

    def output(self, arn: str) -> dict[str, Any]:
        described = self.settled(arn)
        assert described["status"] == "SUCCEEDED", described
        return json.loads(described["output"])

    def stop(self, arn: str) -> None:
        self.states.stop_execution(executionArn=arn)

    def item(self, task: str = "magic_points") -> dict[str, str]:
        item = self.items.get_item(TableName=self.table, Key={"task": {"S": task}})["Item"]
        return {name: value["S"] for name, value in item.items()}


@pytest.fixture
def turns(client: Client) -> Any:
    made = Turns(client)
    yield made
    running = {"stateMachineArn": made.machine, "statusFilter": "RUNNING"}
    for each in account.entries(made.states, "list_executions", "executions", **running):
        made.stop(each["executionArn"])
    made.items.delete_table(TableName=made.table)


def test_of_five_starts_at_once_one_trains_and_the_others_name_it(turns: Turns) -> None:
    executions = [turns.start() for _ in range(5)]
    settled = {arn: turns.settled(arn) for arn in executions}
    (trains,) = [arn for arn, described in settled.items() if described["status"] == "RUNNING"]
    for arn in executions:
        if arn != trains:
            assert turns.output(arn) == {
                "execution": "its own name",
                "task": "magic_points",
                "started_by": {"reason": "person", "detail": "of person"},
                "yielded_to": trains,
                "promoted": False,
            }


def test_another_task_has_a_turn_of_its_own(turns: Turns) -> None:
    executions = [turns.start(task) for task in ("magic_points", "pick_duration")]
    assert [turns.settled(arn)["status"] for arn in executions] == ["RUNNING", "RUNNING"]


def test_turn_says_who_has_it_since_when_and_why(turns: Turns) -> None:
    first = turns.start(reason="schedule")
    turns.settled(first)
    item = turns.item()
    assert item == {
        "task": "magic_points",
        "holder": first,
        "taken_at": item["taken_at"],
        "started_by": "schedule",
        "started_by_detail": "of schedule",
    }
    assert turns.described(first)["startDate"].isoformat()[:10] <= item["taken_at"][:10]


@pytest.mark.parametrize("state", [*TURN, NEXT])
def test_start_after_one_that_was_killed_in_any_of_these_states_is_not_locked_out(turns: Turns, state: str) -> None:
    # One that ended leaves its turn to be taken over, which leads through all of the states.
    ended = turns.start()
    turns.settled(ended)
    turns.stop(ended)
    # It hangs in this state.
    turns.redefine(**{state: WAIT})
    killed = turns.start()
    until(lambda: turns.entered(killed), lambda names: state in names)
    turns.stop(killed)
    turns.redefine()
    third = turns.start()
    assert turns.settled(third)["status"] == "RUNNING"
    assert turns.item()["holder"] == third


def test_start_that_lost_the_answer_to_its_write_goes_on(turns: Turns) -> None:
    """The same conditional write once more, as a client repeats it whose connection broke."""
    again = STATES["Take turn"] | {"Next": "Take turn again"}
    written = json.loads(json.dumps({"Take turn": again}).replace("${TurnsTable}", turns.table))
    second = json.loads(json.dumps(STATES["Take turn"]).replace("${TurnsTable}", turns.table))
    turns.redefine(**written, **{"Take turn again": second})
    assert turns.settled(turns.start())["status"] == "RUNNING"


def test_of_two_that_take_over_at_once_one_trains(turns: Turns) -> None:
    ended = turns.start()
    turns.settled(ended)
    turns.stop(ended)
    executions = [turns.start() for _ in range(3)]
    settled = [turns.settled(arn)["status"] for arn in executions]
    assert sorted(settled) == ["RUNNING", "SUCCEEDED", "SUCCEEDED"]


@pytest.mark.parametrize(
    "holder",
    [
        {"S": "{executions}:of-last-year"}, {"S": "nobody"}, {"S": "arn:aws:states:us-east-1"}, {"S": "{executions}:"},
        {"N": "5"}, {"NULL": True}, {"M": {"S": {"S": "{executions}:of-last-year"}}},
    ],
    ids=["forgotten", "no ARN", "a part of one", "without a name", "a number", "null", "a map"],
)  # fmt: skip
def test_holder_that_is_no_execution_is_no_obstacle(turns: Turns, holder: dict[str, Any]) -> None:
    describe = json.loads(json.dumps(STATES["Describe holder"]))
    # Its retries are for an execution that was started this moment.
    turns.redefine(**{"Describe holder": describe | {"Retry": []}})
    executions = turns.machine.replace(":stateMachine:", ":execution:")
    forgotten = json.loads(json.dumps(holder).replace("{executions}", executions))
    turns.items.put_item(TableName=turns.table, Item={"task": {"S": "magic_points"}, "holder": forgotten})
    last = turns.start()
    assert turns.settled(last)["status"] == "RUNNING"
    assert turns.item()["holder"] == last


def test_running_execution_of_another_workflow_has_no_turn(turns: Turns, client: Client) -> None:
    other = machine(client, {"StartAt": "Wait", "States": {"Wait": WAIT}}, turns.role)
    holder = turns.states.start_execution(stateMachineArn=other)["executionArn"]
    turns.items.put_item(TableName=turns.table, Item={"task": {"S": "magic_points"}, "holder": {"S": holder}})
    last = turns.start()
    assert turns.settled(last)["status"] == "RUNNING"
    assert "Describe holder" not in turns.entered(last)
    assert turns.item()["holder"] == last
    turns.stop(holder)


def test_retraining_after_others_were_killed_at_work_has_every_ride_once(make_stack: MakeStack) -> None:
    """Children are ingesting, a job is training, a promotion is under way: each is stopped, and the next goes on."""
    stack = make_stack()
    states = stack.client("stepfunctions")
    few = min(SAMPLE_RIDES, key=lambda path: path.stat().st_size)
    expected = ingest(records([few.read_bytes()]), Source(few.name, "")).counts
    stack.upload([few])
    for state in ("Ingest rides", "Train candidates", "Promote"):
        killed = stack.start(chunk_bytes=20_000)
        until(lambda arn=killed, state=state: state in entered(states, arn), bool, 120, longest_pause=0.05)
        states.stop_execution(executionArn=killed)
        assert stack.ended(killed)["status"] == "ABORTED"
    output = stack.retrain(chunk_bytes=20_000)
    assert "yielded_to" not in output
    assert output["training_set"]["rides"] == expected.accepted
    assert stack.ask(RIDE)[1]["model"] == output["live_model_path"].split("/")[1]
