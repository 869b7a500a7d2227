"""The command that shows what Regulars does, on real sales or on a shop that goes on trading."""

from pathlib import Path

import click

from regulars.cli.options import example, output_file, show_progress
from regulars.core.errors import QuestionError


@example("regulars demo", "regulars demo --shop -w shop.duckdb")
@click.command()
@click.option(
    "-w",
    "--warehouse",
    default="regulars-demo.duckdb",
    show_default=True,
    metavar="FILE|URL",
    help="The warehouse to build.",
)
@click.option("-o", "--output", default="regulars-demo.html", show_default=True,
              metavar="FILE", help="The report to write.")  # fmt: skip
@click.option("--shop", is_flag=True, help="Instead, sync a made-up shop that goes on trading.")
@click.option("--database", metavar="URL", help="With --shop: an empty database for it.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(0, 1000),
              help="With --shop: how often it trades and is synced again.")  # fmt: skip
def demo(warehouse: str, output: str, shop: bool, database: str | None, rounds: int) -> None:
    """Build a warehouse of real sales that come with Regulars, sum it up, and write its report."""
    if shop:
        _demo_shop(warehouse, database, rounds)
    else:
        _demo_sales(warehouse, output)


def _demo_shop(warehouse: str, database: str | None, rounds: int) -> None:
    from regulars.cli.output.loads import print_round
    from regulars.demo.sync_demo import demonstrate

    if Path(warehouse).exists():
        raise QuestionError(f"{warehouse} is there already. Name another warehouse with -w.")
    for one in demonstrate(database, warehouse, rounds, show_progress):
        print_round(one.report, one.shop, one.warehouse)
    click.echo(f"\nNext:      regulars loads -w {warehouse}")


def _demo_sales(warehouse: str, output: str) -> None:
    from regulars.cli.output.loads import print_load
    from regulars.cli.output.tables import print_standing
    from regulars.demo.sample_sales import demo_settings, demo_sources
    from regulars.insights.report import write_report
    from regulars.loads.api import build as run
    from regulars.warehouse.warehouse import open_warehouse

    page = output_file(output)
    loaded = run(
        *demo_sources(), warehouse=warehouse, settings=demo_settings(), progress=show_progress
    )
    with open_warehouse(warehouse) as opened:
        print_load(loaded)
        print_standing(opened)
        path = write_report(opened, page, progress=show_progress)
    click.echo(f"\nWarehouse: {loaded.warehouse}\nReport:    {path}")
    click.echo(f"Next:      regulars show segments -w {loaded.warehouse}")
    click.echo(f"           regulars dashboard -w {loaded.warehouse}")
