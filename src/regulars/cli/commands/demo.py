"""The demo command: real sample sales, or a simulated shop that keeps trading."""

from pathlib import Path

import click

from regulars.cli.options import examples, output_file, show_progress
from regulars.core.errors import InputError


@examples("regulars demo", "regulars demo --shop -w shop.duckdb")
@click.command()
@click.option("-w", "--warehouse", default="regulars-demo.duckdb", show_default=True,
              metavar="FILE|URL", help="The warehouse to build.")  # fmt: skip
@click.option("-o", "--output", default="regulars-demo.html", show_default=True,
              metavar="FILE", help="Write the report to this file.")  # fmt: skip
@click.option("--shop", is_flag=True, help="Instead, sync a simulated shop that keeps trading.")
@click.option(
    "--database",
    metavar="URL",
    help="With --shop: an empty database for the shop. Default: a temporary one.",
)
@click.option(
    "--rounds",
    default=3,
    show_default=True,
    type=click.IntRange(0, 1000),
    metavar="NUMBER",
    help="With --shop: how many times to trade and sync again.",
)
def demo(warehouse: str, output: str, shop: bool, database: str | None, rounds: int) -> None:
    """Build a warehouse and a report from real sample sales."""
    if shop:
        _demo_shop(warehouse, database, rounds)
    else:
        _demo_sales(warehouse, output)


def _demo_shop(warehouse: str, database: str | None, rounds: int) -> None:
    from regulars.cli.output.loads import print_round
    from regulars.demo.sync_demo import run_sync_demo

    if Path(warehouse).exists():
        raise InputError(f"{warehouse} already exists. Choose another warehouse with -w.")
    for one in run_sync_demo(database, warehouse, rounds, show_progress):
        print_round(one.report, one.shop, one.warehouse)
    click.echo(f"\nNext:      regulars loads -w {warehouse}")


def _demo_sales(warehouse: str, output: str) -> None:
    from regulars.cli.output.loads import print_load
    from regulars.cli.output.tables import print_summary
    from regulars.demo.build_demo import build_demo
    from regulars.insights.report.write import write_report
    from regulars.warehouse.warehouse import open_warehouse

    page = output_file(output)
    report = build_demo(warehouse, show_progress)
    with open_warehouse(warehouse) as opened:
        print_load(report)
        print_summary(opened)
        path = write_report(opened, page, progress=show_progress)
    click.echo(f"\nWarehouse: {report.warehouse}\nReport:    {path}")
    click.echo(f"Next:      regulars show segments -w {report.warehouse}")
    click.echo(f"           regulars dashboard -w {report.warehouse}")
