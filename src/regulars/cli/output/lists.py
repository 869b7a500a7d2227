"""What the terminal shows of lists: what one would be, those that are kept, and what went out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from regulars.cli.output.tables import print_rows
from regulars.core.columns import ColumnCard
from regulars.lists.api import COLUMNS, Counts, Exported, KeptList, Preview
from regulars.lists.exclusions import REASONS

_LISTS: Mapping[str, ColumnCard] = {
    "name": ColumnCard("List", "text"),
    "created_at": ColumnCard("Taken", "text"),
    "author": ColumnCard("By", "text"),
    "chosen": ColumnCard("Chosen", "count", fmt=",d"),
    "treatment": ColumnCard("Goes out", "count", fmt=",d"),
    "control": ColumnCard("Held out", "count", fmt=",d"),
    "left_out": ColumnCard("Left out", "count", fmt=",d"),
    "of": ColumnCard("Of", "text"),
}
_LOG: Mapping[str, ColumnCard] = {
    "exported_at": ColumnCard("When", "text"),
    "author": ColumnCard("By", "text"),
    "name": ColumnCard("List", "text"),
    "role": ColumnCard("Who", "text"),
    "form": ColumnCard("Form", "text"),
    "rows": ColumnCard("Customers", "count", fmt=",d"),
    "file": ColumnCard("File", "text"),
}


def print_preview(preview: Preview) -> None:
    """Show what a list would be: how many, why others are left out, and its first customers."""
    print_counts(preview.counts)
    if preview.unknown:
        click.echo(f"Of those to be suppressed, {preview.unknown:,} are no customers here.")
    if preview.counts.control:
        click.echo(f"To hold out the same when the list is taken:  --seed {preview.seed}")
    _print_first(preview.rows, preview.counts.treatment)
    click.echo("\nNothing was written.")


def print_list(kept: KeptList, rows: Sequence[Mapping[str, Any]]) -> None:
    """Show a list: how it was taken, how many came of it, and its first customers."""
    click.echo(f"{kept.name}: taken {_when(kept.created_at)} by {kept.author}, {of_whom(kept)}")
    print_counts(kept.counts)
    if kept.share:
        click.echo(
            f"Control group: {kept.share:.2%}, stratified by {kept.stratified_by}, seed {kept.seed}"
        )
    _print_first(rows, kept.counts.treatment)


def print_counts(counts: Counts) -> None:
    """Show how many are chosen, left out, held out, and go out."""
    click.echo(f"{counts.chosen:,} customers are chosen.")
    for name, reason in REASONS.items():
        if getattr(counts, name):
            click.echo(f"  {getattr(counts, name):,} are left out: {reason}")
    if counts.control:
        click.echo(f"  {counts.control:,} are held out as the control group")
    click.echo(f"{counts.treatment:,} go out.")


def print_lists(lists: Iterable[KeptList]) -> None:
    """Show every list, a line each."""
    rows = [
        {
            "name": one.name, "created_at": _when(one.created_at), "author": one.author,
            "chosen": one.counts.chosen, "treatment": one.counts.treatment,
            "control": one.counts.control,
            "left_out": one.counts.contacted + one.counts.returned + one.counts.suppressed,
            "of": of_whom(one),
        }
        for one in lists
    ]  # fmt: skip
    if rows:
        print_rows(_LISTS, rows)
    else:
        click.echo("There are no lists yet:  regulars lists create NAME --segment Champions")


def print_log(exports: Iterable[Mapping[str, Any]]) -> None:
    """Show every file of a list that was written, the last first."""
    rows = [{**row, "exported_at": _when(row["exported_at"])} for row in exports]
    if rows:
        print_rows(_LOG, rows)
    else:
        click.echo("No list was exported yet:  regulars lists export NAME -o FILE.csv")


def print_exported(exported: Exported) -> None:
    """Show what was written."""
    who = "of the control group " if exported.role == "control" else ""
    click.echo(f"{exported.rows:,} customers {who}in {exported.file}")
    if exported.suppressed:
        click.echo(
            f"Suppressed since the list was taken, and not in the file: {exported.suppressed:,}.",
            err=True,
        )
    if exported.without_email:
        click.echo(
            f"{exported.without_email:,} are not there: no e-mail address is known of them.",
            err=True,
        )


def of_whom(kept: KeptList) -> str:
    """Return whom a list is of, in words."""
    where = [f"{name} {' or '.join(map(str, values))}"
             for name, values in kept.filters["where"].items()]  # fmt: skip
    days = [f"{name} {kept.filters[name]}" for name in ("since", "until") if kept.filters[name]]
    told = [", ".join(kept.segments), *where, *days]
    return "; ".join(part for part in told if part) or "every customer"


def _print_first(rows: Sequence[Mapping[str, Any]], of: int) -> None:
    if rows:
        click.echo(f"\nThe first {len(rows):,} of {of:,}:" if len(rows) < of else "")
        print_rows(COLUMNS, rows)


def _when(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
