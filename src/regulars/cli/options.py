"""Options shared by several commands, and the examples at the end of each help text."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from regulars.core.errors import InputError

Command = TypeVar("Command", bound=Callable[..., Any])
AnyCommand = TypeVar("AnyCommand", bound=click.Command)


def examples(*lines: str) -> Callable[[AnyCommand], AnyCommand]:
    """Show these command lines as examples at the end of a command's help."""

    def attach(command: AnyCommand) -> AnyCommand:
        command.epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
        return command

    return attach


def _announce_spark(
    _context: click.Context, _option: click.Parameter, warehouse: str | None
) -> str | None:
    """Print that Spark is starting, because that takes a while."""
    if warehouse and warehouse.startswith(("spark:", "local[")):
        show_progress("Starting Spark")
    return warehouse


warehouse_option = click.option(
    "-w", "--warehouse", "warehouse", metavar="FILE|URL", callback=_announce_spark,
    help="The warehouse: a DuckDB file, postgresql://user@host/database, or "
    "spark://host:7077?folder=PATH. Default: the one in regulars.toml, else regulars.duckdb.",
)  # fmt: skip
_sources = click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
_profile = click.option(
    "--profile", metavar="NAME|FILE", help="Profile that maps the columns: a name or a TOML file."
)
_table = click.option(
    "--table",
    metavar="NAME",
    help="The table in a dump or database, or the sheet in a workbook.",
)
_conventions = click.option(
    "--conventions", default="standard", show_default=True, metavar="NAME",
    help="Counting conventions: standard, or lgs to reproduce published figures.",
)  # fmt: skip
source_options = (_sources, _profile, _conventions, _table)
load_options = (_sources, _profile, _table)
"""A load uses the conventions the warehouse was built with."""

sync_options = (_profile, _table)
strict_option = click.option(
    "--strict", is_flag=True, help="Refuse a load that does not meet expectations."
)
author_option = click.option(
    "--author", metavar="NAME", help="Author to record. Default: your user name on this machine."
)
as_of_option = click.option(
    "--as-of", "as_of", metavar="DATE",
    help="Day the files are from. Older versions of an order do not replace newer ones.",
)  # fmt: skip
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the outcome as JSON, for programs."
)
output_option = click.option("-o", "--output", "output", metavar="FILE", help="Write to this file.")


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Add several options to a command, in this order."""

    def attach(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return attach


def output_file(name: str) -> Path:
    """Return the path to write to, checked before any work is done.

    Raises InputError for a folder, a missing folder, or a warehouse, which must not be replaced.
    """
    from regulars.engines.duckdb.engine import is_duckdb

    path = Path(name)
    if path.is_dir():
        raise InputError(f"{name} is a folder. Choose a file in it with -o.")
    if not path.parent.is_dir():
        raise InputError(
            f"There is no folder {path.parent}. Create it, or choose another one for {path.name}."
        )
    if path.is_file() and is_duckdb(path):
        raise InputError(f"{name} is a warehouse. Choose another file with -o.")
    return path


def show_progress(message: str) -> None:
    """Print what is being done to stderr."""
    click.echo(f"{message} …", err=True)


def conditions(where: Sequence[str]) -> dict[str, list[str]]:
    """Return the values for each column in conditions written as COLUMN=VALUE.

    Raises InputError for a condition written otherwise.
    """
    values: dict[str, list[str]] = {}
    for condition in where:
        column, equals, value = condition.partition("=")
        if not equals:
            raise InputError(f'--where "{condition}" is not valid. Write it as COLUMN=VALUE.')
        values.setdefault(column.strip(), []).append(value)
    return values
