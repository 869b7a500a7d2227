"""The commands report and connect."""

import click

from regulars.cli.options import (
    examples,
    output_file,
    output_option,
    show_progress,
    warehouse_option,
)


@examples("regulars report -o report.html")
@click.command()
@warehouse_option
@click.option("-o", "--output", default="regulars-report.html", show_default=True,
              metavar="FILE", help="Write to this file.")  # fmt: skip
def report(warehouse: str | None, output: str) -> None:
    """Write the report as one HTML file.

    The file works offline: forward it by email, or print it.
    """
    from regulars.insights.report import write_report
    from regulars.warehouse.warehouse import open_warehouse

    page = output_file(output)
    with open_warehouse(warehouse) as opened:
        path = write_report(opened, page, progress=show_progress)
    click.echo(f"Report: {path}")


@examples("regulars connect powerbi -w postgresql://ann@db.example.com/shop -o shop.pbids")
@click.command()
@click.argument("tool", type=click.Choice(["metabase", "powerbi", "superset", "tableau"]))
@warehouse_option
@output_option
def connect(tool: str, warehouse: str | None, output: str | None) -> None:
    """Connect a BI tool to a PostgreSQL warehouse.

    Prints connection settings, or writes a connection file for the tool to open. Neither contains
    the password: the tool asks for it.
    """
    from regulars.warehouse.bi_tools import connect_bi_tool

    click.echo(connect_bi_tool(tool, warehouse, output_file(output) if output else None), nl=False)
