"""Commands for personal data: erase a customer, or export what is stored about one."""

import sys

import click

from regulars.cli.options import (
    examples,
    output_file,
    output_option,
    show_progress,
    warehouse_option,
)


@examples("regulars forget 17850", "regulars forget ann@example.com -w postgresql://db/shop")
@click.command()
@click.argument("customer", metavar="CUSTOMER")
@warehouse_option
def forget(customer: str, warehouse: str | None) -> None:
    """Erase a customer from the warehouse.

    CUSTOMER is the customer ID in the shop's data, which can be an email address. Regulars verifies
    that no trace of the customer is left. Their sales stay, as guest sales. Later loads do not
    bring the customer back. You cannot undo this.
    """
    from regulars.cli.output.loads import print_forgotten
    from regulars.loads.api import forget as run

    forgotten = run(customer, warehouse=warehouse, progress=show_progress)
    print_forgotten(forgotten)
    report = forgotten.report
    click.echo(f"\nWarehouse: {report.warehouse} (load {report.load})")


@examples("regulars export-customer 17850 -o 17850.json")
@click.command("export-customer")
@click.argument("customer", metavar="CUSTOMER")
@warehouse_option
@output_option
def export_customer(customer: str, warehouse: str | None, output: str | None) -> None:
    """Export everything stored about a customer.

    Prints JSON, or writes FILE in the format of its extension: .json, .csv or .xlsx.
    """
    from regulars.core.settings import load_settings
    from regulars.privacy.export import export_customer as run
    from regulars.privacy.export import write_customer, write_json

    file = output_file(output) if output else None
    customer_data = run(customer, warehouse, load_settings())
    if file is None:
        write_json(customer_data, sys.stdout)
    else:
        write_customer(customer_data, file)
