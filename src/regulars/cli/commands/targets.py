"""The commands for targets: set, import, list and remove."""

from pathlib import Path

import click

from regulars.cli.options import author_option, examples, warehouse_option
from regulars.warehouse.targets import METRICS, NET_SALES

metric_option = click.option(
    "--metric", default=NET_SALES, show_default=True, metavar="METRIC",
    help=f"What the target is for: {', '.join(METRICS)}.",
)  # fmt: skip


@click.group()
def targets() -> None:
    """Set targets for a month or a quarter, and compare them with actual figures."""


@examples(
    "regulars targets set 2011-11 1200000",
    "regulars targets set 2011-Q4 850 --metric new_customers",
)
@targets.command("set")
@click.argument("period", metavar="PERIOD")
@click.argument("amount", metavar="AMOUNT")
@metric_option
@author_option
@warehouse_option
def set_one(
    period: str, amount: str, metric: str, author: str | None, warehouse: str | None
) -> None:
    """Set the target of a month (2011-11) or a calendar quarter (2011-Q4).

    It replaces an earlier target of the same metric and period.
    """
    from regulars.insights.findings.targets import writer
    from regulars.loads.targets import set_target
    from regulars.warehouse.targets import checked_metric, parse_amount
    from regulars.warehouse.warehouse import open_warehouse

    parsed = parse_amount(amount, checked_metric(metric))
    saved = set_target(period, parsed, metric=metric, author=author, warehouse=warehouse)
    with open_warehouse(warehouse) as opened:
        written = writer(saved, opened.facts.get("currency", ""))(parsed)
    click.echo(f"Target saved. {saved.card.label} in {saved.period.words}: {written}")


@examples("regulars targets import targets.csv", "regulars targets import o.csv --metric orders")
@targets.command("import")
@click.argument("file", metavar="FILE")
@metric_option
@author_option
@warehouse_option
def import_file(file: str, metric: str, author: str | None, warehouse: str | None) -> None:
    """Set the targets in a CSV FILE with two columns: period and amount."""
    from regulars.core.formatting import counted
    from regulars.loads.targets import read_target_file, save_targets

    saved = save_targets(read_target_file(Path(file), metric), author=author, warehouse=warehouse)
    click.echo(f"{counted(len(saved), 'target', 'targets')} saved.")


@examples("regulars targets list")
@targets.command("list")
@warehouse_option
def list_targets(warehouse: str | None) -> None:
    """Show all targets with the actual figures of the whole shop."""
    from regulars.cli.output.notes_and_targets import print_targets
    from regulars.insights.target_progress import target_progress
    from regulars.warehouse.warehouse import open_warehouse

    with open_warehouse(warehouse) as opened:
        print_targets(target_progress(opened), opened.facts.get("currency", ""))


@examples("regulars targets remove 2011-11", "regulars targets remove 2011-Q4 --metric orders")
@targets.command()
@click.argument("period", metavar="PERIOD")
@metric_option
@warehouse_option
def remove(period: str, metric: str, warehouse: str | None) -> None:
    """Remove the target of a month or a quarter."""
    from regulars.loads.targets import remove_target

    remove_target(period, metric=metric, warehouse=warehouse)
    click.echo("Target removed.")
