"""The commands report and connect."""

import click

from regulars.cli.options import (
    example,
    output_file,
    output_option,
    show_progress,
    warehouse_option,
)


@example("regulars report -o report.html")
@click.command()
@warehouse_option
@click.option("-o", "--output", default="regulars-report.html", show_default=True,
              metavar="FILE", help="The file to write.")  # fmt: skip
def report(warehouse: str | None, output: str) -> None:
    """Write the report: one HTML file that can be forwarded, printed, and read offline."""
    from regulars.insights.report import write_report
    from regulars.warehouse.warehouse import open_warehouse

    page = output_file(output)
    with open_warehouse(warehouse) as opened:
        path = write_report(opened, page, progress=show_progress)
    click.echo(f"Report: {path}")


@example("regulars connect powerbi -w postgresql://ann@db.example.com/shop -o shop.pbids")
@click.command()
@click.argument("tool", type=click.Choice(["metabase", "powerbi", "superset", "tableau"]))
@warehouse_option
@output_option
def connect(tool: str, warehouse: str | None, output: str | None) -> None:
    """Write the file, or print the settings, with which a BI TOOL finds a PostgreSQL warehouse.

    The password is in neither: the tool asks for it.
    """
    from regulars.warehouse.bi_tools import hand_over

    click.echo(hand_over(tool, warehouse, output_file(output) if output else None), nl=False)
