"""The commands for lists: look at one, take it, show it, write it to a file, see what went out."""

from pathlib import Path
from shlex import quote

import click

from regulars.cli.options import (
    conditions,
    example,
    output_file,
    show_progress,
    warehouse_option,
    with_options,
)

author_option = click.option(
    "--author", metavar="NAME", help="Who does it. Default: the user of this system."
)
SHOWN = 10

selection_options = (
    click.option("--segment", "segments", multiple=True, metavar="NAME",
                 help="Only this segment of the whole shop, such as Champions; may be repeated."),
    click.option("--where", multiple=True, metavar="COLUMN=VALUE",
                 help="Only who bought such a thing; may be repeated."),
    click.option("--since", metavar="DATE", help="Only who bought it on this day or later."),
    click.option("--until", metavar="DATE", help="Only who bought it on this day or earlier."),
    click.option("--as-of", metavar="DATE", help="The day segments look back from."),
)  # fmt: skip
exclusion_options = (
    click.option("--exclude-contacted", "contacted", type=int, metavar="DAYS",
                 help="Leave out who is on a list that was exported so many days ago or less."),
    click.option("--exclude-returned", "returned", type=int, metavar="DAYS",
                 help="Leave out who returned or cancelled something in the last days."),
    click.option("--suppress", "files", multiple=True, metavar="FILE",
                 help="Leave out the customers in FILE (.csv or .xlsx), by number or e-mail."),
    click.option("--suppress-table", "tables", multiple=True, metavar="NAME",
                 help="Leave out those in a table beside the warehouse: NAME, or SCHEMA.NAME."),
)  # fmt: skip
control_options = (
    click.option("--control", "share", default="0", metavar="SHARE",
                 help="Hold out so many at random, such as 10%, to compare with."),
    click.option("--stratify-by", default="segment", show_default=True, metavar="COLUMN",
                 help="Hold out alike of each: segment, favourite_category or none."),
    click.option("--seed", metavar="TEXT", help="What the draw hangs on. Default: a new one."),
)  # fmt: skip


@click.group()
def lists() -> None:
    """Take customers out as lists: choose, leave out, hold out, write to files."""


@example(
    "regulars lists create spring --segment Champions --control 10% --exclude-contacted 30",
    "regulars lists create toys --where category=Toys --since 2024-01-01 --preview",
)
@lists.command()
@click.argument("name", metavar="NAME")
@with_options(*selection_options, *exclusion_options, *control_options)
@author_option
@click.option("--preview", is_flag=True, help="Show what it would be, and write nothing.")
@warehouse_option
def create(
    name: str, warehouse: str | None, author: str | None, preview: bool,
    segments: tuple[str, ...], where: tuple[str, ...], since: str | None, until: str | None,
    as_of: str | None, contacted: int | None, returned: int | None, files: tuple[str, ...],
    tables: tuple[str, ...], share: str, stratify_by: str, seed: str | None,
) -> None:  # fmt: skip
    """Take a list and keep it in the warehouse as NAME, as it is now.

    Without a segment or a filter it is of every known customer who bought.
    """
    from regulars.cli.output.lists import print_counts, print_preview
    from regulars.lists import api as core
    from regulars.lists.control_group import share_of
    from regulars.warehouse.warehouse import open_warehouse

    selection = core.Selection(segments, conditions(where), since, until, as_of)
    suppressed = [one for file in files for one in core.suppressed_in(Path(file))]
    if tables:
        with open_warehouse(warehouse) as opened:
            suppressed += [one for name in tables for one in core.suppressed_in_table(opened, name)]
    exclusions = core.Exclusions(contacted, returned, suppressed)
    control = core.Control(share_of(share), stratify_by, seed)
    if preview:
        with open_warehouse(warehouse) as opened:
            found = core.preview_list(opened, selection, exclusions=exclusions, control=control)
            print_preview(found)
        return
    kept = core.create_list(
        name, selection, exclusions=exclusions, control=control, author=author,
        warehouse=warehouse, progress=show_progress,
    )  # fmt: skip
    print_counts(kept.counts)
    click.echo(f"\nKept. To write it to a file:  regulars lists export {quote(kept.name)} -o FILE")


@example("regulars lists show", "regulars lists show spring")
@lists.command()
@click.argument("name", metavar="[NAME]", required=False)
@warehouse_option
def show(name: str | None, warehouse: str | None) -> None:
    """Show all lists, or how the list NAME was taken and its first customers."""
    from regulars.cli.output.lists import print_list, print_lists
    from regulars.lists import api as core
    from regulars.warehouse.warehouse import open_warehouse

    with open_warehouse(warehouse) as opened:
        if name is None:
            print_lists(core.all_lists(opened))
            return
        members = core.list_members(opened, name, core.TREATMENT)
        print_list(core.find_list(opened, name), list(opened.rows(members.limit(SHOWN))))


@example(
    "regulars lists export spring -o spring.csv --form mailchimp",
    "regulars lists export spring -o held-out.xlsx --control-group",
)
@lists.command()
@click.argument("name", metavar="NAME")
@click.option("-o", "--output", "output", required=True, metavar="FILE",
              help="The file to write: .csv or .xlsx.")  # fmt: skip
@click.option("--form", default="plain", show_default=True, metavar="NAME|FILE",
              help="Its columns: plain, mailchimp, klaviyo, or a TOML file.")  # fmt: skip
@click.option("--control-group", is_flag=True, help="Write those who are held out instead.")
@author_option
@warehouse_option
def export(
    name: str, output: str, form: str, control_group: bool, author: str | None,
    warehouse: str | None,
) -> None:  # fmt: skip
    """Write those of the list NAME who go out to a file, for its owner alone, and log that."""
    from regulars.cli.output.lists import print_exported
    from regulars.lists import api as core

    print_exported(
        core.export_list(
            name, output_file(output), form=form, control=control_group, author=author,
            warehouse=warehouse,
        )
    )  # fmt: skip


@example("regulars lists log")
@lists.command()
@warehouse_option
def log(warehouse: str | None) -> None:
    """Show every file of a list that was written: when, by whom, in which form, how many."""
    from regulars.cli.output.lists import print_log
    from regulars.lists.api import export_log
    from regulars.warehouse.warehouse import open_warehouse

    with open_warehouse(warehouse) as opened:
        print_log(export_log(opened))
