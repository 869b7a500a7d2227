"""The commands that keep a warehouse: load into it, look at its loads, mend what was set aside."""

import click

from regulars.cli.options import (
    example,
    load_options,
    output_file,
    output_option,
    show_progress,
    sync_options,
    warehouse_option,
    with_options,
)
from regulars.core.errors import QuestionError


@example("regulars load yesterday.csv", "regulars load 'exports/*.csv' -w postgresql://db/shop")
@click.command()
@with_options(*load_options)
@warehouse_option
@click.option("--strict", is_flag=True, help="Refuse a load that is not as expected.")
def load(
    sources: tuple[str, ...],
    profile: str | None,
    table: str | None,
    warehouse: str | None,
    strict: bool,
) -> None:
    """Load SOURCEs into a warehouse that is there: what is new, and what was corrected.

    An order that comes again replaces what was there of it. What is there already, under whatever
    name it comes, changes nothing.
    """
    from regulars.cli.output.loads import print_load
    from regulars.loads.api import load as run

    loaded = run(
        *sources, warehouse=warehouse, profile=profile, table=table, strict=strict,
        progress=show_progress,
    )  # fmt: skip
    print_load(loaded)
    click.echo(f"\nLoad {loaded.load} into {loaded.warehouse}")


@example(
    "regulars sync postgresql://reader@db.example.com/shop --profile shop-database",
    "regulars sync mysql://reader@db.example.com/shop --table sales",
)
@click.command()
@click.argument("shop", metavar="URL")
@with_options(*sync_options)
@warehouse_option
@click.option("--strict", is_flag=True, help="Refuse a load that is not as expected.")
def sync(
    shop: str, profile: str | None, table: str | None, warehouse: str | None, strict: bool
) -> None:
    """Load what has changed in a shop's live database since the last sync.

    URL is its address: postgresql://, mysql:// or mssql://user@host/database; the password stands
    in SHOP_PASSWORD, in the environment or in .env. The database is only read. The first sync
    reads everything, and builds the warehouse if there is none; the next go on by its profile and
    table, unless others are told.
    """
    from regulars.cli.output.loads import print_load
    from regulars.loads.api import sync as run

    loaded = run(
        shop, warehouse=warehouse, profile=profile, table=table, strict=strict,
        progress=show_progress,
    )  # fmt: skip
    if not loaded.load:
        for warning in loaded.warnings:
            click.echo(f"Warning: {warning}", err=True)
        click.echo(f"Nothing new in the shop: {loaded.warehouse} stays as it is.")
        return
    print_load(loaded)
    click.echo(f"\nLoad {loaded.load} into {loaded.warehouse}")


@example("regulars loads")
@click.command()
@warehouse_option
def loads(warehouse: str | None) -> None:
    """List every load of a warehouse: what it brought and what it changed."""
    from regulars.cli.output.loads import print_loads
    from regulars.warehouse.warehouse import open_warehouse

    with open_warehouse(warehouse) as opened:
        print_loads(opened.loads())


@example("regulars undo 3")
@click.command()
@click.argument("load", metavar="LOAD", type=int)
@warehouse_option
def undo(load: int, warehouse: str | None) -> None:
    """Take LOAD back: the warehouse is then as if it had never been run."""
    from regulars.cli.output.loads import print_changes
    from regulars.loads.api import undo as run

    taken = run(load, warehouse=warehouse, progress=show_progress)
    print_changes(taken)
    click.echo(f"\nLoad {load} has been taken back in {taken.warehouse}")


@example("regulars quarantine", "regulars quarantine -o rows.xlsx")
@click.command()
@warehouse_option
@click.option("--format", "format_", type=click.Choice(("csv", "json", "xlsx")),
              help="Default: as FILE ends; without a file, a summary.")  # fmt: skip
@output_option
def quarantine(warehouse: str | None, format_: str | None, output: str | None) -> None:
    """Show why rows were set aside, or write them to a file to be mended."""
    from regulars.cli.output.files import write
    from regulars.cli.output.loads import print_quarantine
    from regulars.warehouse.quarantine import QuarantinedRows, reasons
    from regulars.warehouse.warehouse import open_warehouse

    file = output_file(output) if output else None
    if file is not None and file.exists():
        raise QuestionError(
            f"{file} is there already, and somebody may be mending it. Name another file."
        )
    with open_warehouse(warehouse) as opened:
        if file is None and format_ is None:
            print_quarantine(reasons(opened), str(opened.engine))
        else:
            write(QuarantinedRows(opened), format_=format_, output=file)


@example("regulars replay rows.xlsx", "regulars replay --profile my-shop.toml")
@click.command()
@click.argument("mended", metavar="[FILE]", required=False)
@click.option("--profile", metavar="NAME|FILE", help="How columns map; else as they were read.")
@warehouse_option
def replay(mended: str | None, profile: str | None, warehouse: str | None) -> None:
    """Take in the quarantined rows that can be understood by now.

    FILE holds rows that `regulars quarantine -o` wrote, with their cells put right; without it all
    rows are tried again as they stood.
    """
    from regulars.cli.output.loads import print_changes
    from regulars.loads.api import replay as run

    taken = run(mended, warehouse=warehouse, profile=profile, progress=show_progress)
    print_changes(taken)
    click.echo(f"\nLoad {taken.load} into {taken.warehouse}")
