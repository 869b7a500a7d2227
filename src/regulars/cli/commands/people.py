"""Commands for people: erase a customer, export what is stored about one, list merged ids."""

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


@examples("regulars merges", "regulars merges -o merges.xlsx")
@click.command()
@warehouse_option
@click.option("--format", "format_", type=click.Choice(("csv", "json", "parquet", "xlsx")),
              help="Output format. Default: the extension of FILE, else a table.")  # fmt: skip
@output_option
def merges(warehouse: str | None, format_: str | None, output: str | None) -> None:
    """List the customers with several customer IDs.

    Customer IDs are merged if your profile has same_person_by and they share an email or phone
    number. To keep two of them apart, add keep_apart to the profile and build again.
    """
    from regulars.cli.output.results import write
    from regulars.cli.output.tables import print_rows
    from regulars.warehouse.people.merges import CARDS, MergeList
    from regulars.warehouse.warehouse import open_warehouse

    file = output_file(output) if output else None
    with open_warehouse(warehouse) as opened:
        merged = MergeList(opened)
        if file is not None or format_ is not None:
            write(merged, format_=format_, output=file)
        elif rows := list(merged.rows()):
            print_rows(CARDS, rows)
        else:
            click.echo("No customer has several IDs.")
