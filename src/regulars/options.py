"""Options that several commands share, spelt the same everywhere, and the example in each help."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
AnyCommand = TypeVar("AnyCommand", bound=click.Command)


def example(*lines: str) -> Callable[[AnyCommand], AnyCommand]:
    """Show lines as the example at the foot of a command's help."""

    def attach(command: AnyCommand) -> AnyCommand:
        command.epilog = "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)
        return command

    return attach


warehouse_option = click.option(
    "-w", "--warehouse", "warehouse", metavar="FILE|URL",
    help="The warehouse to ask or to build: a DuckDB file, postgresql://user@host/database, or "
    "spark://host:7077?folder=PLACE. Default: what regulars.toml names, else regulars.duckdb.",
)  # fmt: skip
source_options = (
    click.argument("sources", nargs=-1, required=True, metavar="SOURCE..."),
    click.option("--profile", metavar="NAME|FILE", help="How columns map; a name or a TOML file."),
    click.option("--conventions", default="standard", show_default=True, metavar="NAME",
                 help="The set of conventions to count by: standard, or lgs as once published."),
    click.option("--table", metavar="NAME", help="The table of a dump, the sheet of a workbook."),
)  # fmt: skip
output_option = click.option("-o", "--output", "output", metavar="FILE", help="The file to write.")


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Give a command several options, in this order."""

    def attach(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return attach
