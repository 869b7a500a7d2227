"""The command report."""

import click

from regulars.cli.options import examples, output_file, show_progress, warehouse_option


@examples("regulars report -o report.html")
@click.command()
@warehouse_option
@click.option("-o", "--output", default="regulars-report.html", show_default=True,
              metavar="FILE", help="Write to this file.")  # fmt: skip
def report(warehouse: str | None, output: str) -> None:
    """Write the report as one HTML file.

    The file works offline: forward it by email, or print it.
    """
    from regulars.insights.report.write import write_report
    from regulars.warehouse.warehouse import open_warehouse

    page = output_file(output)
    with open_warehouse(warehouse) as opened:
        path = write_report(opened, page, progress=show_progress)
    click.echo(f"Report: {path}")
