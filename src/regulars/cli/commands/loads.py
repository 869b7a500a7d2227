"""The commands that change a warehouse: load, sync, undo, and fix quarantined rows."""

from functools import partial
from typing import TYPE_CHECKING

import click

from regulars.cli.options import (
    as_of_option,
    examples,
    json_option,
    load_options,
    output_file,
    output_option,
    show_progress,
    strict_option,
    sync_options,
    warehouse_option,
    with_options,
)
from regulars.core.errors import InputError

if TYPE_CHECKING:
    from regulars.loads.report import LoadReport


@examples("regulars load yesterday.csv", "regulars load 'exports/*.csv' -w postgresql://db/shop")
@click.command()
@with_options(*load_options)
@warehouse_option
@strict_option
@as_of_option
@json_option
def load(
    sources: tuple[str, ...],
    profile: str | None,
    table: str | None,
    warehouse: str | None,
    strict: bool,
    as_of: str | None,
    as_json: bool,
) -> None:
    """Load new and corrected sales into a warehouse.

    SOURCE is any file that `regulars build` reads, a folder or a glob. A new version of an order
    replaces the one in the warehouse. Loading the same content twice changes nothing, even under
    another file name.
    """
    from regulars.cli.output.loads import print_load
    from regulars.cli.output.outcomes import print_outcome
    from regulars.loads.api import load as run

    def show(report: "LoadReport") -> None:
        print_load(report)
        click.echo(f"\nWarehouse: {report.warehouse} (load {report.load})")

    load_it = partial(
        run, *sources, warehouse=warehouse, profile=profile, table=table, strict=strict,
        as_of=as_of, progress=show_progress,
    )  # fmt: skip
    print_outcome("load", load_it, show, as_json=as_json)


@examples(
    "regulars sync postgresql://reader@db.example.com/shop --profile shop-database",
    "regulars sync mysql://reader@db.example.com/shop --table sales",
)
@click.command()
@click.argument("shop", metavar="URL")
@with_options(*sync_options)
@warehouse_option
@strict_option
@json_option
def sync(
    shop: str, profile: str | None, table: str | None, warehouse: str | None, strict: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Load changes from a shop's live database.

    URL is postgresql://, mysql:// or mssql://user@host/database. Put the password in
    SHOP_PASSWORD, in the environment or in .env. Regulars never writes to the shop's database.

    The first sync reads everything, and builds the warehouse if it does not exist. Later syncs
    read what changed, with the same profile and table unless you specify others.
    """
    from regulars.cli.output.loads import print_load
    from regulars.cli.output.outcomes import print_outcome
    from regulars.loads.api import sync as run

    def show(report: "LoadReport") -> None:
        if not report.load:
            for warning in report.warnings:
                click.echo(f"Warning: {warning}", err=True)
            click.echo(f"Nothing has changed in the shop. {report.warehouse} is up to date.")
            return
        print_load(report)
        click.echo(f"\nWarehouse: {report.warehouse} (load {report.load})")

    sync_it = partial(
        run, shop, warehouse=warehouse, profile=profile, table=table, strict=strict,
        progress=show_progress,
    )  # fmt: skip
    print_outcome("sync", sync_it, show, as_json=as_json)


@examples("regulars loads")
@click.command()
@warehouse_option
def loads(warehouse: str | None) -> None:
    """List all loads and what each one changed."""
    from regulars.cli.output.loads import print_loads
    from regulars.warehouse.warehouse import open_warehouse

    with open_warehouse(warehouse) as opened:
        print_loads(opened.loads())


@examples("regulars undo 3")
@click.command()
@click.argument("load", metavar="LOAD", type=int)
@warehouse_option
@json_option
def undo(load: int, warehouse: str | None, as_json: bool) -> None:
    """Undo LOAD, as if it had never run.

    LOAD is a number from `regulars loads`.
    """
    from regulars.cli.output.loads import print_changes
    from regulars.cli.output.outcomes import print_outcome
    from regulars.loads.api import undo as run

    def show(report: "LoadReport") -> None:
        print_changes(report)
        click.echo(f"\nLoad {load} undone in {report.warehouse}")

    undo_it = partial(run, load, warehouse=warehouse, progress=show_progress)
    print_outcome("undo", undo_it, show, as_json=as_json)


@examples("regulars quarantine", "regulars quarantine -o rows.xlsx")
@click.command()
@warehouse_option
@click.option("--format", "format_", type=click.Choice(("csv", "json", "xlsx")),
              help="Output format. Default: the extension of FILE, else a summary.")  # fmt: skip
@output_option
def quarantine(warehouse: str | None, format_: str | None, output: str | None) -> None:
    """Show quarantined rows, or export them to a file.

    Correct the rows in the file, then load them with `regulars replay`.
    """
    from regulars.cli.output.loads import print_quarantine
    from regulars.cli.output.results import write
    from regulars.warehouse.quarantine import QuarantinedRows, pending_reasons
    from regulars.warehouse.warehouse import open_warehouse

    file = output_file(output) if output else None
    if file is not None and file.exists():
        raise InputError(f"{file} already exists and may contain fixes. Choose another file.")
    with open_warehouse(warehouse) as opened:
        reasons = pending_reasons(opened)
        is_sheet = file is not None and file.suffix.lower() in (".csv", ".xlsx")
        if format_ is None and (file is None or (is_sheet and not reasons)):
            print_quarantine(reasons, str(opened.engine))
        else:
            write(QuarantinedRows(opened), format_=format_, output=file)


@examples("regulars replay rows.xlsx", "regulars replay --profile my-shop.toml")
@click.command()
@click.argument("corrected", metavar="[FILE]", required=False)
@click.option(
    "--profile", metavar="NAME|FILE",
    help="Profile that maps the columns. Default: the one the rows were read with.",
)  # fmt: skip
@warehouse_option
@json_option
def replay(
    corrected: str | None, profile: str | None, warehouse: str | None, as_json: bool
) -> None:
    """Load quarantined rows again.

    FILE is an export of `regulars quarantine` with its cells corrected. Without FILE, all
    quarantined rows are tried again as they are.
    """
    from regulars.cli.output.loads import print_changes
    from regulars.cli.output.outcomes import print_outcome
    from regulars.loads.api import replay as run

    def show(report: "LoadReport") -> None:
        print_changes(report)
        click.echo(f"\nWarehouse: {report.warehouse} (load {report.load})")

    replay_it = partial(
        run, corrected, warehouse=warehouse, profile=profile, progress=show_progress
    )
    print_outcome("replay", replay_it, show, as_json=as_json)
