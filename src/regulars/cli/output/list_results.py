"""Terminal output for the results of a list: one sentence, both groups, and what to know."""

from collections.abc import Mapping
from typing import Any

import click

from regulars.cli.output.tables import print_rows
from regulars.core.columns import ColumnCard
from regulars.lists.effect import Estimate
from regulars.lists.findings import (
    bought_finding,
    days_counted,
    finding,
    method,
    remarks,
    smallest_effect,
)
from regulars.lists.results import Group, ListResults

_GROUPS: Mapping[str, ColumnCard] = {
    "group": ColumnCard("Group", "text"),
    "customers": ColumnCard("Customers", "count"),
    "buyers": ColumnCard("Bought", "count"),
    "share": ColumnCard("Share", "share"),
    "per_head": ColumnCard("Per head", "money"),
}
_ADJUSTED: Mapping[str, ColumnCard] = {
    "value": ColumnCard("Adjusted", "money"),
    "low": ColumnCard("From", "money"),
    "high": ColumnCard("To", "money"),
}


def print_results(results: ListResults, currency: str) -> None:
    """Print the results of a list."""
    click.echo(f"{results.name}: {days_counted(results)}")
    click.echo(finding(results, currency))
    for sentence in filter(None, (smallest_effect(results, currency), bought_finding(results))):
        click.echo(sentence)
    click.echo()
    effect = results.effect
    rows = [
        _row("Contacted", results.treatment, effect.treatment if effect else None),
        _row("Held out", results.control, effect.control if effect else None),
    ]
    print_rows({**_GROUPS, **(_ADJUSTED if effect else {})}, rows)
    for remark in filter(None, (method(results, currency), *remarks(results))):
        click.echo(f"\n{remark}")


def _row(name: str, group: Group, adjusted: Estimate | None) -> dict[str, Any]:
    row = {
        "group": name, "customers": group.customers, "buyers": group.buyers,
        "share": group.share_bought, "per_head": group.per_head,
    }  # fmt: skip
    return row | (vars(adjusted) if adjusted else {})
