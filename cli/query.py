"""`wildrydes query`: asks Athena about the stack's tables, and prints the rows."""

import csv
import json
import re
import sys

import click
from rich.console import Console
from rich.table import Table

from cli import athena, options
from cli.stack import Stack

# Null, which is an empty cell, goes with numbers as with texts.
_NUMBER = re.compile(r"(-?[0-9.]+(E-?[0-9]+)?)?")


@click.command("query", epilog=options.EXIT_CODES, short_help="Ask Athena about rides, weather and samples.")
@click.argument("sql")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, with the names of the columns first.")
@options.as_json
@options.on_stack
def query_command(stack: Stack, sql: str, *, as_csv: bool, as_json: bool) -> int:
    """Run SQL in Athena, in the workgroup and database of the stack, and print the rows.

    SQL is one statement, or - to read it from standard input. The tables are rides, samples, ghcn (NOAA's
    observations, by year and element), weather (what an execution made of them: name the execution), predictions
    (by day) and outcomes (by day). On AWS, Athena bills what a query scans.

    \b
    Example:
      wildrydes query "SELECT groundstation, count(*) AS rides FROM rides GROUP BY 1 ORDER BY 1"
      wildrydes query "SELECT max(data_value) AS tmax FROM ghcn WHERE year = 2018 AND element = 'TMAX'" --json
      wildrydes query --csv "SELECT * FROM samples LIMIT 100" > samples.csv
    """
    statement = sys.stdin.read() if sql == "-" else sql
    if not statement.strip():
        raise click.BadParameter("there is no statement", param_hint="SQL")
    if as_csv and as_json:
        raise click.UsageError("Give one of --csv and --json.")
    rows = athena.query(stack, statement)
    if as_csv:
        write_csv(rows)
    elif as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        show(rows, options.console())
    return 0


def write_csv(rows: list[dict[str, str]]) -> None:
    """Print the rows as CSV; without a row there is nothing to print, not even the names."""
    writer = csv.DictWriter(sys.stdout, rows[0] if rows else (), lineterminator="\n")
    if rows:
        writer.writeheader()
    writer.writerows(rows)


def show(rows: list[dict[str, str]], console: Console) -> None:
    """Print the rows as a table, numbers to the right, and how many there are."""
    if rows:
        console.print(table(rows))
    console.print(f"{len(rows):,} {'row' if len(rows) == 1 else 'rows'}")


def table(rows: list[dict[str, str]]) -> Table:
    """A column for each of the first row. Null is an empty cell, as in Athena's own results."""
    result = Table(box=None, pad_edge=False)
    for name in rows[0]:
        numbers = all(_NUMBER.fullmatch(row[name]) for row in rows)
        result.add_column(name, justify="right" if numbers else "left")
    for row in rows:
        result.add_row(*row.values())
    return result
