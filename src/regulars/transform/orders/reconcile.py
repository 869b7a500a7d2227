"""Reconciliation: rows and money read are rows and money accounted for, to the penny.

Each side is counted from another place: rows read by the source's own count of the file, money
read over all staged lines, and what became of them in the finished tables.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from regulars.core.errors import ReconciliationError

if TYPE_CHECKING:
    from ibis.expr.types import Table

READ = "read"


@dataclass(frozen=True)
class Tally:
    """So many rows, worth so much, of one source had this outcome."""

    source_id: int
    outcome: str
    kind: str
    rows: int
    amount: Decimal


def tallies_of(lines: "Table", outcome: str, amount: str, kind: str | None = None) -> "Table":
    """Return rows and money by source, and by kind where one is told: the columns of a Tally."""
    keys = ["source_id"] + ([kind] if kind else [])
    found = lines.group_by(keys).aggregate(rows=lines.count(), amount=lines[amount].sum())
    return found.mutate(outcome=_text(outcome), kind=found[kind] if kind else _text("")).select(
        "source_id", "outcome", "kind", "rows", "amount"
    )


def as_tallies(rows: Iterable[Mapping[str, Any]]) -> list[Tally]:
    """Return fetched rows as tallies; money that could not be read counts as nothing."""
    return [
        Tally(r["source_id"], r["outcome"], r["kind"], r["rows"], r["amount"] or Decimal(0))
        for r in rows
    ]


def check_entries(entries: Iterable[Tally], names: Mapping[int, str]) -> None:
    """Check entries of a journal: for every source, what was read is what became of it.

    Raises ReconciliationError.
    """
    told = list(entries)
    read = [entry for entry in told if entry.outcome == READ]
    check(read, [entry for entry in told if entry.outcome != READ], names)


def check(read: Iterable[Tally], became: Iterable[Tally], names: Mapping[int, str]) -> None:
    """Check, source by source, that what was read is what was accounted for.

    Raises ReconciliationError naming every source that does not add up, and by how much.
    """
    came, went = list(read), list(became)
    faults = [
        f"{name}: read {_worth(came, source)}, accounted for {_worth(went, source)}"
        for source, name in names.items()
        if _sum(came, source) != _sum(went, source)
    ]
    if faults:
        raise ReconciliationError(
            "The load does not add up, so nothing was changed.\n  "
            + "\n  ".join(faults)
            + "\nThis is a fault in Regulars; please report it with the source's shape."
        )


def _sum(tallies: list[Tally], source: int) -> tuple[int, Decimal]:
    ours = [tally for tally in tallies if tally.source_id == source]
    return sum(tally.rows for tally in ours), sum((tally.amount for tally in ours), Decimal(0))


def _worth(tallies: list[Tally], source: int) -> str:
    rows, amount = _sum(tallies, source)
    return f"{rows:,} rows worth {amount:,.4f}"


def _text(value: str) -> "Any":
    import ibis

    return ibis.literal(value, "string")
