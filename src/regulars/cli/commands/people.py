"""The commands for the people behind the customers: forget one, hand over what is held of one."""

import sys

import click

from regulars.cli.options import (
    example,
    output_file,
    output_option,
    show_progress,
    warehouse_option,
)


@example("regulars forget 17850", "regulars forget ann@example.com -w postgresql://db/shop")
@click.command()
@click.argument("customer", metavar="CUSTOMER")
@warehouse_option
def forget(customer: str, warehouse: str | None) -> None:
    """Erase CUSTOMER, named as the shop does, everywhere in the warehouse, and prove it.

    Their sales stay, as those of a guest. Later loads do not bring them back. It cannot be undone.
    """
    from regulars.cli.output.loads import print_forgotten
    from regulars.loads.api import forget as run

    gone = run(customer, warehouse=warehouse, progress=show_progress)
    print_forgotten(gone)
    click.echo(f"\nLoad {gone.report.load} into {gone.report.warehouse}")


@example("regulars export-customer 17850 -o 17850.json")
@click.command("export-customer")
@click.argument("customer", metavar="CUSTOMER")
@warehouse_option
@output_option
def export_customer(customer: str, warehouse: str | None, output: str | None) -> None:
    """Write all that the warehouse holds of CUSTOMER: JSON, or as FILE ends (.json .csv .xlsx)."""
    from regulars.core.settings import load_settings
    from regulars.privacy.export import export_customer as run
    from regulars.privacy.export import write_customer, write_json

    file = output_file(output) if output else None
    held = run(customer, warehouse, load_settings())
    if file is None:
        write_json(held, sys.stdout)
    else:
        write_customer(held, file)
