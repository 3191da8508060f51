"""What became of dead letters that were sent on their way again, and how it is said."""

from dataclasses import dataclass, field

from rich.console import Console

from cli.move_tasks import Moved

_MOST_NAMED = 5


@dataclass
class Resent:
    """What became of the records of failed invocations: how many were sent, and which were left, by message and why."""

    sent: int = 0
    left: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReplaySummary:
    """What became of the dead letters of each queue."""

    events: Resent
    samples: Resent
    ends: Resent
    announcements: Resent
    costs: Resent
    starts: Resent
    moves: dict[str, Moved]

    @property
    def resent(self) -> dict[str, tuple[str, Resent]]:
        """By the queue, what was done with its messages, and what became of them."""
        return {
            "StreamFilesDeadLetterQueue": ("events sent again", self.events),
            "SamplesDeadLetterQueue": ("events sent again", self.samples),
            "PromotionEndsDeadLetterQueue": ("promotions put in order", self.ends),
            "AnnouncementsDeadLetterQueue": ("ends announced", self.announcements),
            "CostsDeadLetterQueue": ("ends accounted", self.costs),
            "UploadsDeadLetterQueue": ("starts asked for", self.starts),
        }

    @property
    def is_clear(self) -> bool:
        """Whether no message was left, and each queue could be moved."""
        moved = all(each.status in ("COMPLETED", "EMPTY") for each in self.moves.values())
        return moved and not any(each.left for _, each in self.resent.values())


def show(replayed: ReplaySummary, console: Console) -> None:
    """Print what became of the dead letters as a person reads it."""
    for name, (done, each) in replayed.resent.items():
        _print_resent(f"{name}: {each.sent:,} {done}", each, console)
    for name, each in replayed.moves.items():
        style = None if each.status in ("COMPLETED", "EMPTY") else "red"
        console.print(_moved(name, each), style=style)


def sentences(replayed: ReplaySummary) -> list[str]:
    """What became of the dead letters, a sentence a queue."""
    resent = [
        f"{name}: {each.sent:,} {done}, {len(each.left):,} left" for name, (done, each) in replayed.resent.items()
    ]
    return [*resent, *(_moved(name, each) for name, each in replayed.moves.items())]


def _moved(name: str, moved: Moved) -> str:
    failure = f" ({moved.failure})" if moved.failure else ""
    return f"{name}: {moved.messages:,} messages moved back, {moved.status.lower()}{failure}"


def _print_resent(sentence: str, resent: Resent, console: Console) -> None:
    console.print(f"{sentence}, {len(resent.left):,} messages left")
    for message, reason in list(resent.left.items())[:_MOST_NAMED]:
        console.print(f"  {message}: {reason}", style="yellow", markup=False)
    if len(resent.left) > _MOST_NAMED:
        console.print(f"  and {len(resent.left) - _MOST_NAMED:,} more", style="yellow")
