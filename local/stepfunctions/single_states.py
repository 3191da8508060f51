"""TestState: runs one state, with the role enforced, and says how its data was made.

Sources: TestState in the API reference, "Using TestState API to test a state" in the developer guide. A state that
would be tried again is RETRIABLE, one whose error a Catch rule takes is CAUGHT_ERROR: TestState itself does neither.
Refused, as on AWS without a mock: activities, `.sync`, `.waitForTaskToken`, Parallel and Map. Mocks are not here.
"""

import json
import re
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import InvalidDefinition
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.eval.evaluation_details import AWSExecutionDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError, ProgramTimedOut
from moto.stepfunctions.parser.asl.eval.states import ContextObjectData, ExecutionData, StateMachineData
from moto.stepfunctions.parser.asl.eval.test_state.environment import TestStateEnvironment
from moto.stepfunctions.parser.asl.eval.test_state.program_state import ProgramChoiceSelected
from moto.stepfunctions.parser.asl.parse.asl_parser import ASLParserException
from moto.stepfunctions.parser.asl.parse.test_state.asl_parser import TestStateAmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.responses import StepFunctionResponse

from local.protocols.strict_json import NotJsonError, decode
from local.seams import seam
from local.stepfunctions.refusals import CallRefusedError
from local.stepfunctions.start_requests import check_input
from local.stepfunctions.thread_faults import guard
from local.stepfunctions.times import text_of

_LONGEST_SECONDS = 300
_TYPES = frozenset({"Task", "Pass", "Wait", "Choice", "Succeed", "Fail"})
_WITHOUT_MOCK = re.compile(r":activity:|\.sync(:2)?$|\.waitForTaskToken$")
_NOT_HERE = ("mock", "context", "stateConfiguration", "variables")
_LEVELS = ("INFO", "DEBUG", "TRACE")
_NAMELESS = "TestState"


@dataclass(frozen=True)
class Trial:
    """What is to be run: a state's name and definition, the role, and the input."""

    name: str
    definition: dict[str, Any]
    role: str
    state_input: Any


@dataclass
class Handled:
    """How the state's own Retry or Catch takes its error: the status, and the number of the rule."""

    status: str = ""
    error: dict[str, str] = field(default_factory=dict)
    details: dict[str, int] = field(default_factory=dict)


def install() -> None:
    """Let moto's API have the call."""
    seam(StepFunctionResponse, "start_execution")
    StepFunctionResponse.test_state = _test_state  # type: ignore[attr-defined] - moto's has none


def _test_state(response: Any) -> ActionResult:
    level = response._get_param("inspectionLevel") or _LEVELS[0]
    if level not in _LEVELS:
        raise CallRefusedError("ValidationException", f"inspectionLevel {level!r} is none of {', '.join(_LEVELS)}.")
    trial = _trial(response)
    env, handled = _run(trial, response)
    answer = _outcome(env, handled)
    if level != _LEVELS[0]:
        answer["inspectionData"] = _inspection(env, handled)
    return ActionResult(answer)


def _trial(response: Any) -> Trial:
    """What the request wants to have run. Raises CallRefusedError and InvalidDefinition."""
    for name in _NOT_HERE:
        if response._get_param(name):
            raise CallRefusedError("ValidationException", f"The embedded AWS does not implement TestState with {name}.")
    if not (role := response._get_param("roleArn")):
        raise CallRefusedError("ValidationException", "roleArn is needed to run a state without a mock.")
    text = response._get_param("input") or "{}"
    check_input(text)
    name, definition = _state(response._get_param("definition"), response._get_param("stateName"))
    kind, resource = definition.get("Type"), str(definition.get("Resource", ""))
    if kind not in _TYPES or _WITHOUT_MOCK.search(resource):
        what = resource or f"{kind} states"
        raise CallRefusedError("ValidationException", f"TestState runs {what} with a mock only, and here not at all.")
    return Trial(name, definition, role, json.loads(text))


def _state(text: Any, name: str | None) -> tuple[str, dict[str, Any]]:
    """The state's name and definition: the text's own, or that of the state that has the name in a state machine's."""
    try:
        definition = decode(text if isinstance(text, str) else "")
    except NotJsonError as fault:
        raise InvalidDefinition(f"Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: {fault}'") from fault
    state = definition if name is None else _find(definition, name)
    if state is None:
        raise CallRefusedError("ValidationException", f"The definition has no state {name!r}.")
    if not isinstance(state, dict) or not isinstance(state.get("Type"), str):
        raise InvalidDefinition("Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: A state has a Type'")
    return name or _NAMELESS, state


def _find(level: Any, name: str) -> Any:
    """A state by its name, at any level of a definition; None where there is none."""
    states = level.get("States") if isinstance(level, Mapping) else None
    if not isinstance(states, Mapping):
        return None
    if name in states:
        return states[name]
    objects = [state for state in states.values() if isinstance(state, Mapping)]
    inner = [each for state in objects for each in (*_branches(state), *_processors(state))]
    return next((state for each in inner if (state := _find(each, name))), None)


def _branches(state: Mapping[str, Any]) -> list[Any]:
    branches = state.get("Branches")
    return branches if isinstance(branches, list) else []


def _processors(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [state[field_name] for field_name in ("Iterator", "ItemProcessor") if field_name in state]


def _run(trial: Trial, response: Any) -> tuple[TestStateEnvironment, Handled]:
    """Run the state to its end, or for five minutes."""
    try:
        program: Any = TestStateAmazonStateLanguageParser.parse(json.dumps(trial.definition, ensure_ascii=False))[0]
    except (ASLParserException, ValueError, RuntimeError) as fault:
        raise InvalidDefinition(f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {fault}'") from fault
    program.test_state.name = trial.name
    env = _environment(trial, response)
    handled = Handled()
    if isinstance(program.test_state, ExecutionState):
        _watch_errors(program.test_state, handled)
    env.next_state_name = trial.name
    worker = threading.Thread(target=guard(env, lambda: EvalComponent.eval(program, env)), daemon=True)
    worker.start()
    worker.join(_LONGEST_SECONDS)
    if worker.is_alive():
        env.set_timed_out()
    return env, handled


def _environment(trial: Trial, response: Any) -> TestStateEnvironment:
    """What the state runs in: an execution of its own."""
    region, account_id, name = response.region, response.current_account, str(uuid.uuid4())
    prefix = f"arn:aws:states:{region}:{account_id}"
    execution = ExecutionData(
        Id=f"{prefix}:express:{_NAMELESS}:{name}:{uuid.uuid4()}",
        Input=trial.state_input,
        Name=name,
        RoleArn=trial.role,
        StartTime=text_of(datetime.now(UTC)),
    )
    machine = StateMachineData(Id=f"{prefix}:stateMachine:{_NAMELESS}", Name=_NAMELESS)
    context: Any = {"Execution": {**execution, "RedriveCount": 0}, "StateMachine": machine}
    return TestStateEnvironment(
        aws_execution_details=AWSExecutionDetails(account=account_id, region=region, role_arn=trial.role),
        execution_type="STANDARD",  # type: ignore[arg-type] - a text wherever moto makes one
        context=ContextObjectData(**context),
        event_history_context=EventHistoryContext.of_program_start(),
        activity_store={},
    )


def _watch_errors(state: Any, handled: Handled) -> None:
    """Note what Retry and Catch would do, and try nothing again."""
    catch = state._handle_catch

    def retry_or_not(env: Any, failure_event: Any) -> None:
        number = _rule_for(failure_event.error_name, state.retry.retriers, env)
        if number is None or not state.retry.retriers[number].max_attempts.attempts:
            return
        handled.status, handled.error = "RETRIABLE", _error_of(failure_event)
        seconds = int(state.retry.retriers[number].interval_seconds.seconds)
        handled.details = {"retryIndex": number, "retryBackoffIntervalSeconds": seconds}
        raise FailureEventException(failure_event)

    def catch_or_not(env: Any, failure_event: Any) -> None:
        number = _rule_for(failure_event.error_name, state.catch.catchers, env)
        if number is not None:
            handled.status, handled.error = "CAUGHT_ERROR", _error_of(failure_event)
            handled.details = {"catchIndex": number}
        catch(env=env, failure_event=failure_event)

    state._handle_retry, state._handle_catch = retry_or_not, catch_or_not


def _rule_for(error_name: Any, rules: Sequence[Any], env: Any) -> int | None:
    """The number of the first rule of Retry or Catch that the error fits."""
    for number, rule in enumerate(rules):
        env.stack.append(error_name)
        rule.error_equals.eval(env)
        if env.stack.pop():
            return number
    return None


def _error_of(failure_event: Any) -> dict[str, str]:
    details: Mapping[str, Any] = next(iter(failure_event.event_details.values()), {})
    return {name: details[name] for name in ("error", "cause") if details.get(name)}


def _outcome(env: TestStateEnvironment, handled: Handled) -> dict[str, Any]:
    """The answer, as far as it does not depend on the inspection level."""
    program = env.program_state()
    if handled.status == "RETRIABLE":
        return {"status": handled.status, **handled.error}
    if isinstance(program, ProgramError):
        reasons: Any = program.error or {}
        return {"status": "FAILED"} | {name: reasons[name] for name in ("error", "cause") if reasons.get(name)}
    if isinstance(program, ProgramTimedOut):
        return {"status": "FAILED", "error": "States.Timeout", "cause": f"It ran for {_LONGEST_SECONDS} seconds."}
    output = to_json_str(env.states.get_input(), separators=(",", ":"))
    answer = {"status": handled.status or "SUCCEEDED", "output": output, **handled.error}
    if isinstance(program, ProgramChoiceSelected):
        return answer | {"nextState": program.next_state_name}
    return answer if isinstance(program, ProgramEnded) else answer | {"nextState": env.next_state_name}


def _inspection(env: TestStateEnvironment, handled: Handled) -> dict[str, Any]:
    """The stages of the state's data; those of fields that it does not have are as the stage before."""
    data: dict[str, Any] = {name: _compact(text) for name, text in env.inspection_data.items()}
    data.setdefault("afterInputPath", data.get("input"))
    data.setdefault("afterParameters", data["afterInputPath"])
    if "result" in data:
        data.setdefault("afterResultSelector", data["result"])
    return data | ({"errorDetails": handled.details} if handled.details else {})


def _compact(text: Any) -> str:
    return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
