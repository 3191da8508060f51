# pyright: reportMissingImports=false
"""What may be changed in a line, and which lines are drawn.

cosmic-ray's operators change a comparison, a number, a condition, a loop, an exception. Three of our own leave
something out: an element of a list, a named argument, a statement. So a retry, a guard or a step of clean-up gets lost.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator
from parso.python.tree import Keyword

# One slip of each kind. Others fail wherever they are met (`/` of two names), or mean the same.
_ARITHMETIC = ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_Mul")
_COMPARISONS = (
    "Eq_NotEq",
    "NotEq_Eq",
    "Is_IsNot",
    "IsNot_Is",
    "Lt_LtE",
    "LtE_Lt",
    "Gt_GtE",
    "GtE_Gt",
    "Lt_Gt",
    "Gt_Lt",
)
_CORE = (
    *(f"core/ReplaceBinaryOperator_{each}" for each in _ARITHMETIC),
    *(f"core/ReplaceComparisonOperator_{each}" for each in _COMPARISONS),
    "core/ReplaceUnaryOperator_Delete_Not",
    "core/ReplaceUnaryOperator_Delete_USub",
    "core/AddNot",
    "core/ReplaceTrueWithFalse",
    "core/ReplaceFalseWithTrue",
    "core/ReplaceAndWithOr",
    "core/ReplaceOrWithAnd",
    "core/ReplaceBreakWithContinue",
    "core/ReplaceContinueWithBreak",
    "core/ZeroIterationForLoop",
    "core/ExceptionReplacer",
    "core/NumberReplacer",
)
_AUGMENTED = {"+=", "-=", "*=", "/=", "|=", "&="}
_DISPLAYS = {("[", "]"), ("{", "}"), ("(", ")")}


class DropElement(Operator):
    """Leaves one element out of a list, tuple, set or dictionary of two or more."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """The commas after the elements of a display, but for the last."""
        if node.type in {"testlist_comp", "dictorsetmaker"} and _is_display(node.parent):
            for child in node.children[:-1]:
                if _text(child) == ",":
                    yield child.start_pos, child.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """The display without what stands between two commas."""
        commas = [place for place, child in enumerate(node.children) if _text(child) == ","]
        first = commas[index - 1] + 1 if index else 0
        del node.children[first : commas[index] + 1]
        return node

    @classmethod
    def examples(cls) -> tuple[()]:
        """None: cosmic-ray asks each operator for them, for tests of its own."""
        return ()


class DropArgument(DropElement):
    """Leaves one named argument out of a call."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """The named arguments."""
        if node.type == "arglist":
            yield from ((each.start_pos, each.end_pos) for each in node.children if _is_named(each))

    def mutate(self, node: Any, index: int) -> Any:
        """The call without it, and without the comma before it."""
        place = [place for place, child in enumerate(node.children) if _is_named(child)][index]
        del node.children[max(place - 1, 0) : place + 1 if place else 2]
        return node


class DropStatement(DropElement):
    """Puts `pass` where a call or an assignment to something's part stood."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """The statement, where it is no docstring and binds no name."""
        if node.type == "simple_stmt" and _does_something(node.children[0]):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """`pass`, as far to the right."""
        first = node.children[0]
        node.children[0] = Keyword("pass", first.start_pos, first.get_first_leaf().prefix)
        return node


OWN = {f"own/{operator.__name__}": operator for operator in (DropElement, DropArgument, DropStatement)}


@dataclass(frozen=True)
class Mutation:
    """One change: the file (from the top of the project), the line, the operator, and the how-manieth place of it."""

    path: str
    line: int
    operator: str
    occurrence: int


def operator_of(name: str) -> Operator:
    """The operator of a name, such as `own/DropElement`."""
    return OWN[name]() if name in OWN else get_operator(name)()


def draw(files: Iterable[Path], root: Path, count: int, seed: int) -> list[Mutation]:
    """Draw `count` lines, each as likely as any other, and one change of each."""
    lines: dict[tuple[str, int], list[Mutation]] = {}
    for path in sorted(files):
        for mutation in mutations(path, root):
            lines.setdefault((mutation.path, mutation.line), []).append(mutation)
    chance = random.Random(seed)
    places = chance.sample(sorted(lines), min(count, len(lines)))
    return [chance.choice(lines[place]) for place in places]


def mutations(path: Path, root: Path) -> Iterator[Mutation]:
    """Every change of a file."""
    nodes = list(ast_nodes(get_ast(path.read_text(encoding="utf-8"))))
    for name in (*OWN, *_CORE):
        operator = operator_of(name)
        positions = (start for node in nodes for start, _ in operator.mutation_positions(node))
        for occurrence, (line, _) in enumerate(positions):
            yield Mutation(str(path.relative_to(root)), line, name, occurrence)


def _is_display(node: Any) -> bool:
    return node is not None and node.type == "atom" and (_text(node.children[0]), _text(node.children[-1])) in _DISPLAYS


def _is_named(node: Any) -> bool:
    return node.type == "argument" and len(node.children) == 3 and _text(node.children[1]) == "="


def _does_something(node: Any) -> bool:
    if node.type == "expr_stmt":
        return node.children[0].type in {"atom_expr", "power"} or _text(node.children[1]) in _AUGMENTED
    return node.type in {"atom_expr", "power", "await_expr", "del_stmt", "raise_stmt", "assert_stmt"}


def _text(node: Any) -> str | None:
    return getattr(node, "value", None)
