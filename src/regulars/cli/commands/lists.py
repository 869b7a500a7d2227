"""The commands for customer lists: create, show, export, results and log."""

from pathlib import Path
from shlex import quote

import click

from regulars.cli.options import (
    author_option,
    conditions,
    examples,
    output_file,
    show_progress,
    warehouse_option,
    with_options,
)

SHOWN_CUSTOMERS = 10

selection_options = (
    click.option("--segment", "segments", multiple=True, metavar="NAME",
                 help="Only customers in this segment, such as Champions. Can be repeated."),
    click.option("--where", multiple=True, metavar="COLUMN=VALUE",
                 help="Only customers with a matching purchase. Can be repeated."),
    click.option("--since", metavar="DATE", help="Count only purchases on or after this day."),
    click.option("--until", metavar="DATE", help="Count only purchases on or before this day."),
    click.option("--as-of", metavar="DATE", help="Score segments as of this day."),
)  # fmt: skip
exclusion_options = (
    click.option("--exclude-contacted", "contacted", type=int, metavar="DAYS",
                 help="Skip anyone on another list exported in the last DAYS days."),
    click.option("--exclude-returned", "returned", type=int, metavar="DAYS",
                 help="Skip anyone with a return or cancellation in the last DAYS days."),
    click.option("--suppress", "files", multiple=True, metavar="FILE",
                 help="Skip the customers in a .csv or .xlsx FILE, by customer ID or email. Can be "
                 "repeated."),
    click.option("--suppress-table", "tables", multiple=True, metavar="[SCHEMA.]TABLE",
                 help="Skip the customers in a table of the warehouse's database. Can be "
                 "repeated."),
)  # fmt: skip
control_options = (
    click.option("--control", "share", default="0", metavar="SHARE",
                 help="Hold out this random share, such as 10%, as a control group."),
    click.option("--stratify-by", default="segment", show_default=True, metavar="COLUMN",
                 help="Stratify the control group by segment, favourite_category or none."),
    click.option("--seed", metavar="TEXT",
                 help="Seed for the random draw. Default: a new one."),
)  # fmt: skip


@click.group()
def lists() -> None:
    """Build, export, log and measure customer lists."""


@examples(
    "regulars lists create spring --segment Champions --control 10% --exclude-contacted 30",
    "regulars lists create toys --where category=Toys --since 2024-01-01 --preview",
)
@lists.command()
@click.argument("name", metavar="NAME")
@with_options(*selection_options, *exclusion_options, *control_options)
@author_option
@click.option("--preview", is_flag=True, help="Show the list without saving it.")
@warehouse_option
def create(
    name: str, warehouse: str | None, author: str | None, preview: bool,
    segments: tuple[str, ...], where: tuple[str, ...], since: str | None, until: str | None,
    as_of: str | None, contacted: int | None, returned: int | None, files: tuple[str, ...],
    tables: tuple[str, ...], share: str, stratify_by: str, seed: str | None,
) -> None:  # fmt: skip
    """Create a list and save it in the warehouse as NAME.

    Without a segment or filter, the list contains every known customer with a purchase. A saved
    list does not change when new sales are loaded.
    """
    from regulars.cli.output.lists import print_expectation, print_preview
    from regulars.lists import api
    from regulars.lists.control_group import parse_share
    from regulars.warehouse.warehouse import open_warehouse

    selection = api.Selection(segments, conditions(where), since, until, as_of)
    suppressed = [one for file in files for one in api.read_suppression_file(Path(file))]
    if tables:
        with open_warehouse(warehouse) as opened:
            for table in tables:
                suppressed += api.read_suppression_table(opened, table)
    exclusions = api.Exclusions(contacted, returned, suppressed)
    control = api.Control(parse_share(share), stratify_by, seed)
    if preview:
        with open_warehouse(warehouse) as opened:
            print_preview(
                api.preview_list(opened, selection, exclusions=exclusions, control=control)
            )
        return
    saved = api.create_list(
        name, selection, exclusions=exclusions, control=control, author=author,
        warehouse=warehouse, progress=show_progress, before_saving=print_expectation,
    )  # fmt: skip
    click.echo(f"\nList saved. To export it:  regulars lists export {quote(saved.name)} -o FILE")


@examples("regulars lists show", "regulars lists show spring")
@lists.command()
@click.argument("name", metavar="[NAME]", required=False)
@warehouse_option
def show(name: str | None, warehouse: str | None) -> None:
    """Show all lists, or one list with its first customers."""
    from regulars.cli.output.lists import print_list, print_lists
    from regulars.lists import api
    from regulars.warehouse.warehouse import open_warehouse

    with open_warehouse(warehouse) as opened:
        if name is None:
            print_lists(api.all_lists(opened))
            return
        members = api.list_members(opened, name, api.TREATMENT)
        print_list(api.find_list(opened, name), list(opened.rows(members.limit(SHOWN_CUSTOMERS))))


@examples(
    "regulars lists export spring -o spring.csv --form mailchimp",
    "regulars lists export spring -o held-out.xlsx --control-group",
)
@lists.command()
@click.argument("name", metavar="NAME")
@click.option("-o", "--output", "output", required=True, metavar="FILE",
              help="Write to this file: .csv or .xlsx.")  # fmt: skip
@click.option("--form", default="plain", show_default=True, metavar="FORMAT|FILE",
              help="Export format, such as mailchimp, or a TOML file.")  # fmt: skip
@click.option("--control-group", is_flag=True, help="Export the control group instead.")
@author_option
@warehouse_option
def export(
    name: str, output: str, form: str, control_group: bool, author: str | None,
    warehouse: str | None,
) -> None:  # fmt: skip
    """Export a list to a file.

    The file contains the customers to contact, and only you can read it. Every export is logged.
    """
    from regulars.cli.output.lists import print_export
    from regulars.lists import api

    print_export(
        api.export_list(
            name, output_file(output), form=form, control=control_group, author=author,
            warehouse=warehouse,
        )
    )  # fmt: skip


@examples("regulars lists results spring", "regulars lists results spring --days 30")
@lists.command()
@click.argument("name", metavar="NAME")
@click.option("--days", type=int, metavar="DAYS",
              help="Count only the first DAYS days since the export. Default: all.")  # fmt: skip
@warehouse_option
def results(name: str, days: int | None, warehouse: str | None) -> None:
    """Compare the contacted customers of a list with its control group.

    Days count from the first export. The list needs a control group.
    """
    from regulars.cli.output.list_results import print_results
    from regulars.lists.api import list_results
    from regulars.warehouse.warehouse import open_warehouse

    with open_warehouse(warehouse) as opened:
        print_results(list_results(opened, name, days=days), opened.facts.get("currency", ""))


@examples("regulars lists log")
@lists.command()
@warehouse_option
def log(warehouse: str | None) -> None:
    """Show all exports with their time, author and format."""
    from regulars.cli.output.lists import print_log
    from regulars.lists.api import export_log
    from regulars.warehouse.warehouse import open_warehouse

    with open_warehouse(warehouse) as opened:
        print_log(export_log(opened))
