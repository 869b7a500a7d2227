"""Terminal output for customer lists: previews, saved lists and exports."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from regulars.cli.output.tables import print_rows
from regulars.core.columns import ColumnCard
from regulars.core.formatting import counted
from regulars.lists.api import COLUMNS, CONTROL, Counts, ExportResult, Preview, SavedList
from regulars.lists.exclusions import REASONS
from regulars.lists.findings import email_finding, power_finding

_LISTS: Mapping[str, ColumnCard] = {
    "name": ColumnCard("List", "text"),
    "created_at": ColumnCard("Created", "text"),
    "author": ColumnCard("By", "text"),
    "chosen": ColumnCard("Selected", "count", fmt=",d"),
    "left_out": ColumnCard("Left out", "count", fmt=",d"),
    "control": ColumnCard("Held out", "count", fmt=",d"),
    "treatment": ColumnCard("To contact", "count", fmt=",d"),
    "filters": ColumnCard("Segments and filters", "text"),
}
_LOG: Mapping[str, ColumnCard] = {
    "exported_at": ColumnCard("Exported", "text"),
    "author": ColumnCard("By", "text"),
    "name": ColumnCard("List", "text"),
    "role": ColumnCard("Group", "text"),
    "format": ColumnCard("Format", "text"),
    "rows": ColumnCard("Customers", "count", fmt=",d"),
    "file": ColumnCard("File", "text"),
}


def print_expectation(preview: Preview) -> None:
    """Print how many customers a list has, how many have an email address, and its power."""
    print_counts(preview.counts)
    if with_email := email_finding(preview.counts, preview.with_email):
        click.echo(with_email)
    if preview.counts.treatment:
        click.echo(power_finding(preview.counts, preview.power, preview.currency))


def print_preview(preview: Preview) -> None:
    """Print what a list that is not saved would contain, and its first customers."""
    print_expectation(preview)
    if preview.unknown:
        entries = counted(preview.unknown, "suppression entry matches", "suppression entries match")
        click.echo(f"{entries} no customer.")
    if preview.counts.control:
        click.echo(f"To save a list with this control group, add --seed {preview.seed}")
    _print_first(preview.rows, preview.counts.treatment)
    click.echo("\nNothing was saved.")


def print_list(saved: SavedList, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print how a list was created, its counts and its first customers."""
    click.echo(
        f"{saved.name}: created {_minute(saved.created_at)} by {saved.author}, {_filters(saved)}"
    )
    print_counts(saved.counts)
    if saved.share:
        click.echo(
            f"Control group: {round(saved.share * 100, 2):g}%, "
            f"stratified by {saved.stratified_by}, seed {saved.seed}"
        )
    _print_first(rows, saved.counts.treatment)


def print_counts(counts: Counts) -> None:
    """Print how many customers are selected, left out, held out and to contact."""
    click.echo(f"{_customers(counts.chosen)} selected")
    for name, reason in REASONS.items():
        if number := getattr(counts, name):
            click.echo(f"  {number:,} left out: {reason}")
    if counts.control:
        click.echo(f"  {counts.control:,} held out as the control group")
    click.echo(f"{_customers(counts.treatment)} to contact")


def print_lists(lists: Iterable[SavedList]) -> None:
    """Print every list, one per line."""
    rows = [
        {
            "name": one.name, "created_at": _minute(one.created_at), "author": one.author,
            "chosen": one.counts.chosen, "treatment": one.counts.treatment,
            "control": one.counts.control,
            "left_out": one.counts.contacted + one.counts.returned + one.counts.suppressed,
            "filters": _filters(one),
        }
        for one in lists
    ]  # fmt: skip
    if rows:
        print_rows(_LISTS, rows)
    else:
        click.echo("No lists yet. Create one:  regulars lists create NAME --segment Champions")


def print_log(exports: Iterable[Mapping[str, Any]]) -> None:
    """Print every export, latest first."""
    rows = [{**row, "exported_at": _minute(row["exported_at"])} for row in exports]
    if rows:
        print_rows(_LOG, rows)
    else:
        click.echo("No exports yet. Export a list:  regulars lists export NAME -o FILE.csv")


def print_export(result: ExportResult) -> None:
    """Print how many customers an export contains, and how many it leaves out."""
    group = " in the control group" if result.role == CONTROL else ""
    click.echo(f"Exported {_customers(result.rows)}{group} to {result.file}")
    if result.suppressed:
        click.echo(
            f"{_customers(result.suppressed)} left out: suppressed after the list was created",
            err=True,
        )
    if result.without_email:
        click.echo(f"{_customers(result.without_email)} left out: no email address", err=True)


def _filters(saved: SavedList) -> str:
    where = [f"{column} {' or '.join(map(str, values))}"
             for column, values in saved.filters["where"].items()]  # fmt: skip
    days = [f"{name} {saved.filters[name]}" for name in ("since", "until") if saved.filters[name]]
    parts = [", ".join(saved.segments), *where, *days]
    return "; ".join(part for part in parts if part) or "all customers"


def _print_first(rows: Sequence[Mapping[str, Any]], total: int) -> None:
    if rows:
        click.echo(f"\nFirst {len(rows):,} of {total:,}:" if len(rows) < total else "")
        print_rows(_with_values(rows), rows)


def _with_values(rows: Sequence[Mapping[str, Any]]) -> dict[str, ColumnCard]:
    """Return the columns of a list that have a value in any of the rows."""
    return {
        name: card for name, card in COLUMNS.items() if any(row[name] is not None for row in rows)
    }


def _customers(number: int) -> str:
    return counted(number, "customer", "customers")


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
