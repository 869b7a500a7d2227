"""Notes and targets on the terminal."""

from collections.abc import Sequence
from typing import Any

import click

from regulars.cli.output.tables import print_rows
from regulars.core.columns import ColumnCard
from regulars.insights.findings import targets as findings
from regulars.insights.findings.notes import when
from regulars.insights.target_progress import TargetProgress
from regulars.warehouse.notes import KINDS, Note

_NOTES = {
    "note_id": ColumnCard("ID", "count", fmt="d"),
    "days": ColumnCard("Days", "text"),
    "kind": ColumnCard("Kind", "text"),
    "text": ColumnCard("Note", "text"),
    "author": ColumnCard("Author", "text"),
}
_TARGETS = {
    "period": ColumnCard("Period", "text"),
    "metric": ColumnCard("Metric", "text"),
    "target": ColumnCard("Target", "text"),
    "actual": ColumnCard("Actual", "text"),
    "reached": ColumnCard("Reached", "text"),
    "over": ColumnCard("Elapsed", "text"),
}


def print_notes(notes: Sequence[Note]) -> None:
    """Print notes as a table."""
    if not notes:
        click.echo('No notes yet. Add one:  regulars notes add 2011-11-05 "TEXT" --kind promotion')
        return
    print_rows(
        _NOTES, [vars(note) | {"days": when(note), "kind": KINDS[note.kind]} for note in notes]
    )


def print_targets(progress: Sequence[TargetProgress], currency: str) -> None:
    """Print targets as a table, with what is reached and how much of the period is over."""
    if not progress:
        click.echo("No targets yet. Set one:  regulars targets set 2011-11 1200000")
        return
    print_rows(_TARGETS, [_row(one, currency) for one in progress])
    if (latest := findings.latest(progress)) and (detail := findings.detail(latest)):
        click.echo(f"\n{findings.finding(latest, currency)}. {detail}")


def _row(one: TargetProgress, currency: str) -> dict[str, Any]:
    write = findings.writer(one.target, currency)
    share, of_what = findings.over(one)
    return {
        "period": str(one.target.period), "metric": one.target.card.label,
        "target": write(one.target.amount), "actual": write(one.actual),
        "reached": findings.share_reached(one) or "–",
        "over": f"{share} {of_what}".strip() if one.state != "over" else of_what,
    }  # fmt: skip
