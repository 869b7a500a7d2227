"""The commands build, check and profile."""

from functools import partial
from typing import TYPE_CHECKING

import click

from regulars.cli.options import (
    as_of_option,
    examples,
    json_option,
    output_file,
    output_option,
    show_progress,
    source_options,
    warehouse_option,
    with_options,
)

if TYPE_CHECKING:
    from regulars.loads.report import LoadReport


@examples(
    "regulars build 2024.csv 2025.csv",
    "regulars build shop.sql.gz --table orders",
    "regulars build items.csv orders.csv customers.csv --profile my-shop.toml",
    "regulars build sales.csv -w postgresql://shop@db.example.com/shop",
)
@click.command()
@with_options(*source_options)
@warehouse_option
@as_of_option
@json_option
def build(
    sources: tuple[str, ...],
    profile: str | None,
    conventions: str,
    table: str | None,
    warehouse: str | None,
    as_of: str | None,
    as_json: bool,
) -> None:
    """Build a warehouse from sales files.

    SOURCE is a CSV, Excel, OpenDocument, Parquet or JSON file, a web page with a table, a dump of
    PostgreSQL or MySQL, a zip file or folder of these, or a glob. Files that belong together, such
    as orders and their items, are joined if a profile says how. An existing warehouse is replaced
    only after all sources have been read, checked and reconciled.
    """
    from regulars.cli.output.loads import print_load
    from regulars.cli.output.outcomes import print_outcome
    from regulars.loads.api import build as run

    def show(report: "LoadReport") -> None:
        print_load(report)
        click.echo(f"\nWarehouse: {report.warehouse}")

    build_it = partial(
        run, *sources, warehouse=warehouse, profile=profile, conventions=conventions, table=table,
        as_of=as_of, progress=show_progress,
    )  # fmt: skip
    print_outcome("build", build_it, show, as_json=as_json)


@examples("regulars check sales.csv --profile my-shop.toml")
@click.command()
@with_options(*source_options)
@json_option
def check(
    sources: tuple[str, ...], profile: str | None, conventions: str, table: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Preview what a build would load and quarantine.

    Nothing is written.
    """
    from regulars.cli.output.loads import print_load
    from regulars.cli.output.outcomes import print_outcome
    from regulars.loads.api import check as run

    def show(report: "LoadReport") -> None:
        print_load(report)
        click.echo("\nNothing was written.")

    check_it = partial(
        run, *sources, profile=profile, conventions=conventions, table=table,
        progress=show_progress,
    )  # fmt: skip
    print_outcome("check", check_it, show, as_json=as_json)


@examples(
    "regulars profile sales.csv -o my-shop.toml", "regulars check sales.csv --profile my-shop.toml"
)
@click.command()
@click.argument("source", metavar="SOURCE")
@click.option("--table", metavar="NAME", help="The table in a dump, or the sheet in a workbook.")
@output_option
def profile(source: str, table: str | None, output: str | None) -> None:
    """Draft a profile for a file.

    Regulars proposes columns by their names and values. Where several fit, their lines are
    comments: choose one and remove its #.
    """
    from regulars.loads.draft_profile import draft_profile
    from regulars.loads.request import make_request

    path = output_file(output) if output else None
    text = draft_profile(make_request([source], table=table, progress=show_progress))
    if path is None:
        click.echo(text, nl=False)
        return
    path.write_text(text, "utf-8")
    click.echo(f"Wrote {path}. Complete it, then run: regulars check {source} --profile {path}")
