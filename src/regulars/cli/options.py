"""Options that several commands share, spelt the same everywhere, and the example in each help."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from regulars.core.errors import QuestionError

Command = TypeVar("Command", bound=Callable[..., Any])
AnyCommand = TypeVar("AnyCommand", bound=click.Command)


def example(*lines: str) -> Callable[[AnyCommand], AnyCommand]:
    """Show lines as the example at the foot of a command's help."""

    def attach(command: AnyCommand) -> AnyCommand:
        command.epilog = "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)
        return command

    return attach


def _told_where(_context: click.Context, _option: click.Parameter, place: str | None) -> str | None:
    """Say that Spark is being started, which takes a while of silence."""
    if place and place.startswith(("spark:", "local[")):
        show_progress("Starting Spark")
    return place


warehouse_option = click.option(
    "-w", "--warehouse", "warehouse", metavar="FILE|URL", callback=_told_where,
    help="The warehouse to ask or to build: a DuckDB file, postgresql://user@host/database, or "
    "spark://host:7077?folder=PLACE. Default: what regulars.toml names, else regulars.duckdb.",
)  # fmt: skip
_sources = click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
_profile = click.option(
    "--profile", metavar="NAME|FILE", help="How columns map; a name or a TOML file."
)
_table = click.option(
    "--table", metavar="NAME", help="The table of a dump or a database, the sheet of a workbook."
)
_conventions = click.option(
    "--conventions", default="standard", show_default=True, metavar="NAME",
    help="The set of conventions to count by: standard, or lgs as once published.",
)  # fmt: skip
source_options = (_sources, _profile, _conventions, _table)
load_options = (_sources, _profile, _table)
"""A load counts by the conventions that the warehouse was built under."""

sync_options = (_profile, _table)

output_option = click.option("-o", "--output", "output", metavar="FILE", help="The file to write.")


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Give a command several options, in this order."""

    def attach(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return attach


def output_file(name: str) -> Path:
    """Return the file to write, before any work is done for one that cannot be.

    Raises QuestionError for a folder, or a warehouse: an answer must not replace one.
    """
    from regulars.engines.duckdb.engine import is_duckdb

    path = Path(name)
    if path.is_dir():
        raise QuestionError(f"{name} is a folder; name a file in it with -o.")
    if not path.parent.is_dir():
        raise QuestionError(f"There is no folder {path.parent} to write {path.name} in.")
    if path.is_file() and is_duckdb(path):
        raise QuestionError(f"{name} is a warehouse; name another file with -o.")
    return path


def show_progress(message: str) -> None:
    """Say what is being done."""
    click.echo(f"{message} …", err=True)


def conditions(where: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of each column that conditions as COLUMN=VALUE tell.

    Raises QuestionError for one that does not.
    """
    told: dict[str, list[str]] = {}
    for condition in where:
        column, equals, value = condition.partition("=")
        if not equals:
            raise QuestionError(f'--where "{condition}" should be COLUMN=VALUE.')
        told.setdefault(column.strip(), []).append(value)
    return told
