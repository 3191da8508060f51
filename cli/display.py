"""What the commands show: an execution's states as it goes, its summary, and why it failed."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli import costs, endpoint_cost
from cli.account import Account
from cli.executions import Progress, StateProgress
from cli.failures import Failure
from wildrydes.algorithms import ENDPOINT
from wildrydes.tasks import RIDES, TASKS

_COLOURS = {"SUCCEEDED": "green", "RUNNING": "yellow", "CAUGHT": "red", "FAILED": "red", "ABORTED": "red"}
_ENDS = {"ABORTED": "was stopped", "TIMED_OUT": "took too long"}
_MAX_REASONS = 12
_WIDTH = 200
_SCORES = {"accuracy": "accuracy", "auc": "AUC", "log_loss": "log loss", "rmse": "RMSE", "mae": "MAE", "r2": "R²"}
"""What the summary shows of a model's metrics, as far as its kind of task has them."""


def watch(console: Console, progresses: Iterable[Progress]) -> Progress:
    """Show each progress in the place of the one before; give back the last. Without a terminal, a line a state."""
    if not console.is_terminal:
        return _print_lines(console, progresses)
    last = Progress("RUNNING")
    with Live(console=console, refresh_per_second=8) as live:
        for last in progresses:
            live.update(states_table(last))
    return last


def last_of(progresses: Iterable[Progress]) -> Progress:
    """The last progress, without showing any."""
    *_, last = progresses
    return last


def _print_lines(console: Console, progresses: Iterable[Progress]) -> Progress:
    last, printed = Progress("RUNNING"), set[int]()
    for last in progresses:
        # States are in the order they were entered. Those of iterations side by side end in another.
        ended = {place for place, state in enumerate(last.states) if state.left is not None and state.is_shown}
        for place in sorted(ended - printed):
            console.print(_line(last.states[place]), highlight=False)
        printed |= ended
    return last


def _line(state: StateProgress) -> str:
    children = f"  {state.children[0]}/{state.children[1]} children" if state.children else ""
    return f"  {state.title:<32} {state.status:<10} {state.seconds:6.1f} s{children}"


def states_table(progress: Progress) -> Table:
    """The states entered so far, with status and seconds, and a Map's children done of all."""
    table = Table("state", "status", "seconds", "children", box=None, pad_edge=False)
    table.columns[2].justify = "right"
    for state in filter(lambda each: each.is_shown, progress.states):
        children = f"{state.children[0]} / {state.children[1]}" if state.children else ""
        status = Text(state.status.lower(), style=_COLOURS.get(state.status, ""))
        table.add_row(state.title, status, f"{state.seconds:.1f}", children)
    return table


def summary(report: dict[str, Any]) -> Group:
    """The report of a run as a person reads it."""
    training_set, metrics = report["training_set"], report["metrics"]
    from_rides = TASKS[metrics["target"]].source == RIDES
    table = Table.grid(padding=(0, 2))
    if from_rides:
        _add_rides(table, report["rides"])
    splits = ", ".join(f"{name} {training_set[name]['rows']:,}" for name in ("train", "validation", "test"))
    table.add_row("training set", f"{splits} rows")
    causes = ("further_copies", "without_weather", "without_label") if from_rides else ("further_copies",)
    table.add_row("", f"left out: {_counts(training_set, causes)}")
    if other := report["other_years"]["rides"]:
        table.add_row("", f"not read: {other:,} rides of other years")
    if from_rides:
        _add_weather(table, report["weather"])
    scores = ", ".join(f"{name} {_score(metrics[key])}" for key, name in _SCORES.items() if key in metrics)
    table.add_row("test", f"{scores} ({metrics['target']} of {', '.join(metrics['features'])})")
    if len(report.get("candidates", [])) > 1:
        table.add_row("candidates", _candidates(report))
    table.add_row("model", report["model_path"])
    for search in report["tuning"]:
        table.add_row("tuned", Text(_search(search)))
    for sentence in _repair(report["parameter"]):
        table.add_row("", Text(sentence, style="yellow"))
    if report.get("cost"):
        table.add_row("cost", Text(costs.sentence(report["cost"])))
    verdict = report["verdict"]
    table.add_row("verdict", Text("goes live" if verdict["promoted"] else "does not go live", style="bold"))
    table.add_row("", Text(verdict["reason"]))
    if report["serving"]["by"] == ENDPOINT:
        table.add_row("endpoint", Text(endpoint_cost.sentence(report["serving"]["region"]), style="yellow"))
    return Group(Text(), table, Text(), *_prediction(report["prediction"], report["execution"]["name"]))


def _add_rides(table: Table, rides: dict[str, Any]) -> None:
    """What became of the ride files and of their records."""
    table.add_row("files", Text(rides["message"]))
    table.add_row("rides", _counts(rides, ("read", "accepted", "rejected", "repeated")))
    for reason, count in sorted(rides["rejected_by_reason"].items(), key=lambda item: -item[1])[:_MAX_REASONS]:
        table.add_row("", f"  rejected {count}: {reason}")


def _add_weather(table: Table, weather: dict[str, Any]) -> None:
    """Where weather was filled in, and how far rides are from their stations."""
    filled = (
        f"{weather['filled_days']:,} days filled from a neighbouring station, for {weather['filled_rides']:,} rides"
    )
    table.add_row("weather", filled)
    if weather["far_rides"]:
        distances = f"more than 60 miles from their ground station, up to {weather['farthest_miles']:,.1f}"
        table.add_row("", f"{weather['far_rides']:,} rides are {distances}")


def _candidates(report: dict[str, Any]) -> Table:
    """Every algorithm's model, the best first."""
    table = Table.grid(padding=(0, 2))
    # What failed has no value, and comes last.
    for each in sorted(report["candidates"], key=lambda each: (each["value"] is None, each["value"] or 0.0)):
        outcome = "the best" if each["model_path"] == report["model_path"] else each["error"] or ""
        value = "" if each["value"] is None else f"{_SCORES[each['measure']]} {_score(each['value'])}"
        table.add_row(each["algorithm"], value, Text(_printable(outcome)))
    return table


def account(ingestion: Account, whole: str, copies: str) -> Group:
    """What became of each ride file, and the first rejected record of each reason; nothing without a new file.

    `whole` names the file that has all lines, `copies` the folder with all rejected records.
    """
    files = Table.grid(padding=(0, 2))
    for line in ingestion.lines:
        files.add_row("", Text(_printable(line["key"])), Text(_outcome(line)))
    parts: list[Any] = [Text("\nFiles", style="bold"), files] if ingestion.lines else []
    if ingestion.files > len(ingestion.lines):
        parts.append(Text(f"  and {ingestion.files - len(ingestion.lines):,} more: {whole} has all of them"))
    if ingestion.first_rejected:
        parts.append(Text("\nRejected, the first of each reason", style="bold"))
        parts += [Text(f"  {line}") for each in ingestion.first_rejected for line in _example(each)]
    if ingestion.copies.files:
        parts.append(Text(f"\nAll rejected records are in {copies}/, by ride file."))
    if ingestion.copies.omitted:
        omitted = ingestion.copies.omitted
        more = f" and {len(omitted) - 1:,} more" if len(omitted) > 1 else ""
        parts.append(Text(f"Those are too many to copy: the rest is in the data bucket, under {omitted[0]}{more}."))
    return Group(*parts)


def _outcome(line: dict[str, Any]) -> str:
    if line["outcome"] == "skipped":
        return f"skipped: {_printable(line['skipped'])}"
    if line["fault"]:
        fault = line["fault"]
        return (
            f"left out whole, counted as {line['rejected']:,} rejected rides: "
            f"{fault['reason']}, {_printable(fault['detail'])}"
        )
    return _counts(line, ("read", "accepted", "rejected", "repeated"))


def _example(first: dict[str, Any]) -> list[str]:
    """The first rejected record of a reason: how many there are, where it is, what is wrong, and its start."""
    position = first["position"]
    place = f"record {position['record']:,}" if "record" in position else f"line {position['line']:,}"
    where = f"{_printable(first['key'])}, {place}, byte {position['byte']:,}"
    lines = [f"{first['count']:,} {first['reason']}: {where}", f"    {_printable(first['detail'])}"]
    # A record that was spread over lines stands in one.
    record = " ".join((first.get("record") or "").split())
    return [*lines, f"    {_printable(record)}"] if record else lines


def _printable(text: str) -> str:
    """A text that others wrote, in one line: a terminal would obey its control characters."""
    return _cut("".join(each if each.isprintable() else ascii(each)[1:-1] for each in text))


def _search(search: dict[str, Any]) -> str:
    """What a tuning job chose, and how many models it trained for that."""
    chosen = ", ".join(f"{name} {value}" for name, value in sorted(search["chosen"].items()))
    objective = search["objective"]
    return (
        f"{search['best']} is the best of {sum(search['jobs'].values())} ({search['strategy']}): {chosen}; "
        f"{objective['MetricName']} {objective['Value']:.6g}"
    )


def _repair(parameter: dict[str, Any]) -> Iterator[str]:
    """What was the matter with the SSM parameter, which names the champion too: nothing, as a rule."""
    was, repair = parameter["was"], parameter["repair"]
    if repair.get("state") == "right":
        return
    held = f"was {was['value']!r} since {was['changed']}" if "value" in was else f"could not be read: {was['Error']}"
    became = "it was repaired" if "state" in repair else f"it could not be repaired: {repair['Cause']}"
    yield f"The SSM parameter with the champion {held}; {became}."


def _prediction(prediction: dict[str, Any] | None, execution: str) -> list[Text]:
    if prediction is None:
        return [Text("There is no champion: the API has nothing to answer with yet.")]
    lines = [Text(f"$ {prediction['curl']}"), Text(prediction["answer"], style="bold")]
    model = (prediction["response"] or {}).get("model")
    if model not in (None, execution):
        lines.append(Text(f"The champion {model} answered, not the model of this execution."))
    return lines


def _score(value: float | None) -> str:
    """A metric to four places; of a test split that does not define it, such as the AUC of one class, `unknown`."""
    return "unknown" if value is None else f"{value:.4f}"


def _counts(counts: dict[str, Any], names: Iterable[str]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {counts[name]:,}" for name in names)


def failure_report(failure: Failure, most_lines: int, file: str) -> Group:
    """Where an execution failed, why, what to do, the end of the log of what ran there, and where the whole log is."""
    lines: list[Text] = [
        Text(),
        Text(f"The execution {_ENDS.get(failure.status, 'failed')} in the state {failure.state}.", style="bold red"),
        Text(f"  error  {failure.error}"),
        Text(f"  cause  {failure.cause}"),
        Text(f"  next   {failure.next_step}"),
        *_failed_child(failure),
    ]
    if failure.log:
        tail = failure.log[-most_lines:]
        lines += [Text(), Text(f"The last {len(tail)} of {len(failure.log):,} lines of {failure.log_group} ({file}):")]
        lines += [Text(f"  {_cut(line)}") for line in tail]
    else:
        lines += [Text(), Text("Nothing that ran in this state wrote a log.")]
    return Group(*lines)


def _failed_child(failure: Failure) -> Iterator[Text]:
    """Of a distributed Map which child it is, what it was given, and how to run its state again."""
    if child := failure.child:
        yield Text(f"  child  {child.execution}, the first of {child.failed:,} that failed of {child.total:,}")
        yield Text(f"  item   {_printable(child.item)}")
        yield Text(f"  try    {failure.try_command}")


def _cut(line: str) -> str:
    """A line as far as a screen is wide: JSON log lines are longer."""
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…"
