"""The commands for notes on days: add, change, list and remove."""

import click

from regulars.cli.options import author_option, examples, warehouse_option
from regulars.warehouse.notes import KINDS

kind_option = click.option(
    "--kind", default="other", show_default=True, metavar="KIND",
    help=f"The kind of note: {', '.join(KINDS)}.",
)  # fmt: skip


@click.group()
def notes() -> None:
    """Note promotions, price rises and stock-outs on the days they happened.

    Charts show notes on the time axis, and findings about a month mention them.
    """


@examples(
    'regulars notes add 2011-11-05/2011-11-12 "Free delivery" --kind promotion',
    'regulars notes add 2011-12-01 "New price list" --kind price-rise',
)
@notes.command()
@click.argument("days", metavar="DAY|FIRST/LAST")
@click.argument("text", metavar="TEXT")
@kind_option
@author_option
@warehouse_option
def add(days: str, text: str, kind: str, author: str | None, warehouse: str | None) -> None:
    """Add a note on a day, or on the days from FIRST to LAST.

    Everyone who can open the dashboard sees notes, so do not name customers in them.
    """
    from regulars.insights.findings.notes import title
    from regulars.loads.notes import add_note
    from regulars.warehouse.notes import parse_days

    first, last = parse_days(days)
    note = add_note(first, text, last_day=last, kind=kind, author=author, warehouse=warehouse)
    click.echo(f"Note {note.note_id} saved. {title(note)}: {note.text}")


@examples('regulars notes change 3 2011-11-05/2011-11-14 "Free delivery" --kind promotion')
@notes.command()
@click.argument("note_id", metavar="ID", type=int)
@click.argument("days", metavar="DAY|FIRST/LAST")
@click.argument("text", metavar="TEXT")
@kind_option
@author_option
@warehouse_option
def change(
    note_id: int, days: str, text: str, kind: str, author: str | None, warehouse: str | None
) -> None:
    """Change a note, by its ID in `regulars notes list`."""
    from regulars.insights.findings.notes import title
    from regulars.loads.notes import change_note
    from regulars.warehouse.notes import parse_days

    first, last = parse_days(days)
    note = change_note(
        note_id, first, text, last_day=last, kind=kind, author=author, warehouse=warehouse
    )
    click.echo(f"Note {note.note_id} changed. {title(note)}: {note.text}")


@examples("regulars notes list")
@notes.command("list")
@warehouse_option
def list_notes(warehouse: str | None) -> None:
    """Show all notes, oldest first."""
    from regulars.cli.output.notes_and_targets import print_notes
    from regulars.warehouse.warehouse import open_warehouse

    with open_warehouse(warehouse) as opened:
        print_notes(opened.notes())


@examples("regulars notes remove 3")
@notes.command()
@click.argument("note_id", metavar="ID", type=int)
@warehouse_option
def remove(note_id: int, warehouse: str | None) -> None:
    """Remove a note, by its ID in `regulars notes list`."""
    from regulars.loads.notes import remove_note

    remove_note(note_id, warehouse=warehouse)
    click.echo(f"Note {note_id} removed.")
