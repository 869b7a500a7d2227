"""The command line. Each command is a few lines over a function that anyone could call.

Answers go to stdout alone; progress, warnings and errors go to stderr. Exit codes: 0 done, 1 what
has no code of its own, 2 a wrong question or option, 3 a source that cannot be read as sales, 4 a
profile or setting that is not well formed, 5 the warehouse, 6 a load that does not add up, 7 one
that is not as expected, 70 a fault of ours, 74 the disk is full or a file may not be written,
130 interrupted.
"""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from regulars.arguments import conditions, hide_password
from regulars.demo_command import demo
from regulars.errors import RegularsError
from regulars.keeping import load, loads, quarantine, replay, sync, undo
from regulars.keeping_lists import lists
from regulars.keeping_people import export_customer, forget
from regulars.options import (
    example,
    output_file,
    output_option,
    show_progress,
    source_options,
    warehouse_option,
    with_options,
)
from regulars.serving import dashboard, users

FORMATS = ("table", "csv", "json", "parquet", "xlsx")


@example("regulars build sales-*.csv", "regulars show segments", "regulars report")
@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="regulars", prog_name="regulars")
def cli() -> None:
    """Turn a shop's raw sales into the customers it keeps."""


@example(
    "regulars build 2024.csv 2025.csv",
    "regulars build shop.sql.gz --table orders",
    "regulars build sales.csv -w postgresql://shop@db.example.com/shop",
)
@cli.command()
@with_options(*source_options)
@warehouse_option
def build(
    sources: tuple[str, ...],
    profile: str | None,
    conventions: str,
    table: str | None,
    warehouse: str | None,
) -> None:
    """Build a warehouse from SOURCEs: CSV, TSV, Parquet, Excel or pg_dump; globs are welcome.

    The warehouse is replaced only when everything has been read, checked and added up.
    """
    from regulars.building import build as run
    from regulars.console_loads import print_load

    loaded = run(
        *sources, warehouse=warehouse, profile=profile, conventions=conventions, table=table,
        progress=show_progress,
    )  # fmt: skip
    print_load(loaded)
    click.echo(f"\nWarehouse: {loaded.warehouse}")


@example("regulars check sales.csv --profile my-shop.toml")
@cli.command()
@with_options(*source_options)
def check(
    sources: tuple[str, ...], profile: str | None, conventions: str, table: str | None
) -> None:
    """Show what a build of SOURCEs would load and set aside, writing nothing."""
    from regulars.building import check as run
    from regulars.console_loads import print_load

    print_load(
        run(*sources, profile=profile, conventions=conventions, table=table, progress=show_progress)
    )
    click.echo("\nNothing was written.")


@example("regulars analyses")
@cli.command()
def analyses() -> None:
    """List everything that can be asked, with the columns of each answer."""
    from regulars.console import print_catalogue

    print_catalogue()


@example(
    "regulars show segments",
    "regulars show sales_by --by location --since 2011-01-01 -o places.xlsx",
    "regulars show sales_change --by product --since 2011-11-01 --until 2011-11-30",
    "regulars show rfm --where location=Germany --format csv > germany.csv",
)
@cli.command()
@click.argument("analysis", metavar="ANALYSIS")
@warehouse_option
@click.option("--since", metavar="DATE", help="First day of the period, such as 2011-01-01.")
@click.option("--until", metavar="DATE", help="Last day of the period, included.")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only these; may be repeated.")
@click.option("--as-of", metavar="DATE", help="The day RFM looks back from.")
@click.option("--by", metavar="NAME", help="What to break the answer down by, where it can be.")
@click.option("--among", metavar="WHOM", help="For RFM: score among those filtered, or everyone.")
@click.option(
    "--against", metavar="DAYS", help="For sales_change: compare with year, before, or FROM/TO."
)
@click.option("--buyer", metavar="WHO", help='For lines: "New customers", Guests and so on.')
@click.option("--percentile", metavar="FRACTION", help="For order_amounts: leave out the largest.")
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), help="Default: table, or as FILE ends."
)
@output_option
def show(
    analysis: str,
    warehouse: str | None,
    since: str | None,
    until: str | None,
    where: tuple[str, ...],
    as_of: str | None,
    output: str | None,
    format_: str | None,
    **options: str | None,
) -> None:
    """Answer ANALYSIS (see `regulars analyses`)."""
    from regulars.catalog import find
    from regulars.export import write
    from regulars.warehouse import open_warehouse

    chosen = {name: value for name, value in options.items() if value is not None}
    find(analysis)  # a wrong name is told before a warehouse is opened
    file = output_file(output) if output else None
    with open_warehouse(warehouse) as opened:
        answer = opened.answer(
            analysis, since=since, until=until, where=conditions(where), as_of=as_of, **chosen
        )
        write(answer, format_=format_, output=file)


@example("regulars report -o report.html")
@cli.command()
@warehouse_option
@click.option("-o", "--output", default="regulars-report.html", show_default=True,
              metavar="FILE", help="The file to write.")  # fmt: skip
def report(warehouse: str | None, output: str) -> None:
    """Write the report: one HTML file that can be forwarded, printed, and read offline."""
    from regulars.report import write_report
    from regulars.warehouse import open_warehouse

    page = output_file(output)
    with open_warehouse(warehouse) as opened:
        path = write_report(opened, page, progress=show_progress)
    click.echo(f"Report: {path}")


@example("regulars connect powerbi -w postgresql://ann@db.example.com/shop -o shop.pbids")
@cli.command()
@click.argument("tool", type=click.Choice(["metabase", "powerbi", "superset", "tableau"]))
@warehouse_option
@output_option
def connect(tool: str, warehouse: str | None, output: str | None) -> None:
    """Write the file, or print the settings, with which a BI TOOL finds a PostgreSQL warehouse.

    The password is in neither: the tool asks for it.
    """
    from regulars.connect import hand_over

    click.echo(hand_over(tool, warehouse, output_file(output) if output else None), nl=False)


for command in (
    demo, load, sync, loads, undo, quarantine, replay, lists, forget, export_customer, dashboard,
    users,
):  # fmt: skip
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; turn what goes wrong into one message and an exit code."""
    if arguments is None:
        hide_password()
    # What goes wrong is said once, by us: libraries would print their tracebacks.
    logging.getLogger().addHandler(logging.NullHandler())
    for told_to_end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told_to_end, _interrupt)
    try:
        cli.main(args=arguments, prog_name="regulars", standalone_mode=False)
    except RegularsError as error:
        _fail(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _fail("Interrupted. A build that is interrupted changes nothing.", 130)
    except BrokenPipeError:
        # Whoever read our answer has stopped reading, as `head` does: that is no fault.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if os.environ.get("REGULARS_DEBUG"):
            raise
        _fail(*_unforeseen(error))


class Interruption(KeyboardInterrupt):
    """Somebody wants us to end, by Ctrl-C or by telling the process to.

    A kind of its own: where a plain KeyboardInterrupt has passed through code that a C library
    runs, Python gives up its own exit code at the end, although it was caught.
    """


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise Interruption


def _unforeseen(error: Exception) -> tuple[str, int]:
    first = (str(error).splitlines() or [""])[0]
    if "No space left" in str(error):
        return f"The disk is full, and nothing was changed: {first}", 74
    if type(error).__name__ == "OutOfMemoryException":
        return f"There is too little memory. Raise memory_limit in regulars.toml: {first}", 4
    if isinstance(error, OSError):
        return f"A file cannot be read or written: {first}", 74
    return (
        f"A fault in Regulars ({type(error).__name__}: {first})\n"
        "Please report it, with what REGULARS_DEBUG=1 prints for the same command.",
        70,
    )


def _fail(message: str, code: int) -> None:
    click.echo(message, err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
