"""How far each program of an execution has come: what a redrive goes on from.

A program is the execution itself, a branch of a Parallel, an iteration of an inline Map or a child of a Distributed
Map. Of each is written down which state it entered last, with what input and variables, and its output once its last
state has ended. A state that has branches, iterations or children has the progress of each, of its last attempt.

A program whose progress is handed to it by a redrive begins with the state that it entered last; one that has succeeded
is not run again, and gives the output that it had.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.inline_iteration_component import (
    InlineIterationComponent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iteration_worker import IterationWorker
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.branch_worker import BranchWorker
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.branches_decl import BranchesDecl
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.component.state.state_continue_with import ContinueWithEnd
from moto.stepfunctions.parser.asl.eval.environment import Environment

from local.seams import replace, seam


@dataclass
class Progress:
    """A program's progress; `parts` are those of the branches, iterations or children of its present state."""

    state: str | None = None
    state_input: Any = None
    # What the program began with.
    program_input: Any = None
    variables: dict[str, Any] = field(default_factory=dict)
    succeeded: bool = False
    output: Any = None
    # Whether the present state goes on with its parts, and does not begin them anew.
    resumes: bool = False
    parts: dict[int, "Progress"] = field(default_factory=dict)
    branches: Iterator[int] = field(default_factory=count)
    # Of a Distributed Map: its Map Run and the items that it has read. Of a child: its execution.
    map_run: Any = None
    items: list[Any] | None = None
    child: Any = None
    # Whether the present state has begun what cannot be begun again after half of it was done.
    is_whole: bool = False

    def enter(self, state: str, state_input: Any, variables: dict[str, Any]) -> None:
        """Write down that a state begins."""
        if not self.resumes or state != self.state:
            self.forget_parts()
        if self.state is None:
            self.program_input = state_input
        self.state, self.state_input, self.variables = state, state_input, variables
        self.is_whole = False

    def all(self) -> Iterator["Progress"]:
        """This, and the progress of all its parts, of theirs and so on."""
        yield self
        for part in list(self.parts.values()):
            yield from part.all()

    def begin_parts(self) -> bool:
        """Whether the parts go on as they are; otherwise an attempt begins all of them."""
        resumes = self.resumes
        if not resumes:
            self.forget_parts()
        self.resumes, self.branches = False, count()
        return resumes

    def part(self, number: int) -> "Progress":
        """The progress of a branch, an iteration or a child."""
        return self.parts.setdefault(number, Progress())

    def forget_parts(self) -> None:
        """Let the present state begin all its parts."""
        self.resumes, self.parts, self.map_run, self.items = False, {}, None, None

    def resumed(self) -> "Progress":
        """A copy that a redrive goes on from: threads of the attempt before may still write to this."""
        copy = Progress(self.state, self.state_input, self.program_input, self.variables, self.succeeded, self.output)
        copy.parts = {number: part.resumed() for number, part in list(self.parts.items())}
        copy.map_run, copy.items, copy.child = self.map_run, self.items, self.child
        copy.resumes = self.state is not None and not self.succeeded
        return copy


def progress_of(env: Any) -> Progress:
    """The progress of the program that runs in `env`."""
    if not hasattr(env, "progress"):
        env.progress = Progress()
    return env.progress


def install(lock: threading.RLock) -> None:
    """Write progress down as programs run, and let those with one go on from it.

    What is written together is written under `lock`: whoever holds it sees each program at one state.
    """
    frame_of = seam(Environment, "as_inner_frame_of").__func__

    def as_inner_frame_of(cls: Any, env: Any, *arguments: Any, **keywords: Any) -> Any:
        frame = frame_of(cls, env, *arguments, **keywords)
        frame.progress = progress_of(env)
        return frame

    replace(Environment, "as_inner_frame_of", classmethod(as_inner_frame_of))
    _install_programs()
    _install_states(lock)
    _install_parts()


def _install_programs() -> None:
    run = seam(Program, "_eval_body")

    def evaluate(self: Any, env: Any) -> None:
        progress = progress_of(env)
        if progress.succeeded:
            env.states.reset(progress.output)
            env.set_ended()
            return
        if progress.resumes:
            env.next_state_name = progress.state
            env.states.reset(progress.state_input)
            env.variable_store._inner_scope.update(progress.variables)
        run(self, env)

    replace(Program, "_eval_body", evaluate)


def _install_states(lock: threading.RLock) -> None:
    evaluate_state, set_next = seam(CommonStateField, "_eval_body"), seam(CommonStateField, "_set_next")

    def evaluate(self: Any, env: Any) -> None:
        with lock:
            progress_of(env).enter(self.name, env.states.get_input(), dict(env.variable_store._inner_scope))
        evaluate_state(self, env)

    def go_on(self: Any, env: Any) -> None:
        with lock:
            # An error or a stop ends a program too, in the middle of a state: only its last state's end is a success.
            is_last = isinstance(self.continue_with, ContinueWithEnd)
            if is_last and env.is_running() and env.next_state_name == self.name:
                progress = progress_of(env)
                progress.output, progress.succeeded, progress.is_whole = env.states.get_input(), True, False
            set_next(self, env)
            # Before the history has the state's end: one that has ended there is never run again.
            if env.is_running() and env.next_state_name not in (None, self.name):
                variables = dict(env.variable_store._inner_scope)
                progress_of(env).enter(env.next_state_name, env.states.get_input(), variables)

    replace(CommonStateField, "_eval_body", evaluate)
    replace(CommonStateField, "_set_next", go_on)


def _install_parts() -> None:
    run_branches, make_branch = seam(BranchesDecl, "_eval_body"), seam(BranchWorker, "__init__")
    run_iterations, run_iteration = seam(InlineIterationComponent, "_eval_body"), seam(IterationWorker, "_eval_job")

    def evaluate_branches(self: Any, env: Any) -> None:
        progress_of(env).begin_parts()
        run_branches(self, env)

    def __init__(self: Any, branch_worker_comm: Any, program: Any, env: Any) -> None:  # noqa: N807 - the class's own
        make_branch(self, branch_worker_comm, program, env)
        progress = progress_of(env)
        env.progress = progress.part(next(progress.branches))

    def evaluate_iterations(self: Any, env: Any) -> None:
        progress_of(env).begin_parts()
        run_iterations(self, env)

    def evaluate_iteration(self: Any, env: Any, job: Any) -> None:
        env.progress = progress_of(env).part(job.job_index)
        if env.progress.succeeded:
            job.job_output = env.progress.output
        else:
            run_iteration(self, env, job)

    replace(BranchesDecl, "_eval_body", evaluate_branches)
    replace(BranchWorker, "__init__", __init__)
    replace(InlineIterationComponent, "_eval_body", evaluate_iterations)
    replace(IterationWorker, "_eval_job", evaluate_iteration)
