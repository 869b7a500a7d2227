"""Reconciliation: the rows and amounts read equal those accounted for, to the penny.

Each side is counted separately: rows read in the source file, amounts read over all staged lines,
and outcomes in the finished tables.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core.cached import cached_expression
from regulars.core.errors import ReconciliationError

if TYPE_CHECKING:
    from ibis.expr.types import Table

READ = "read"

ORDER_REFUNDS = "order refunds"
"""The kind of ledger entries for refunds that a source states per order, not in rows."""


@dataclass(frozen=True)
class LedgerEntry:
    """The rows and the amount of one source that had one outcome."""

    source_id: int
    outcome: str
    kind: str
    rows: int
    amount: Decimal


@cached_expression
def entries_of(lines: "Table", outcome: str, amount: str, kind: str | None = None) -> "Table":
    """Return the ledger entries of lines by source, and by a column `kind` if given.

    The columns are those of LedgerEntry; `amount` names the column to sum.
    """
    keys = ["source_id", *([kind] if kind else [])]
    sums = lines.group_by(keys).aggregate(rows=lines.count(), amount=lines[amount].sum())
    return sums.mutate(
        outcome=ibis.literal(outcome, "string"),
        kind=sums[kind] if kind else ibis.literal("", "string"),
    ).select("source_id", "outcome", "kind", "rows", "amount")


def to_entries(rows: Iterable[Mapping[str, Any]]) -> list[LedgerEntry]:
    """Return fetched rows as ledger entries; an amount that could not be read counts as 0."""
    return [
        LedgerEntry(r["source_id"], r["outcome"], r["kind"], r["rows"], r["amount"] or Decimal(0))
        for r in rows
    ]


def check_entries(entries: Iterable[LedgerEntry], names: Mapping[int, str]) -> None:
    """Check that the ledger entries balance: for every source, read equals accounted for.

    Raises ReconciliationError as `check_balance` does.
    """
    entries = list(entries)
    read = [entry for entry in entries if entry.outcome == READ]
    check_balance(read, [entry for entry in entries if entry.outcome != READ], names)


def check_balance(
    read: Iterable[LedgerEntry], outcomes: Iterable[LedgerEntry], names: Mapping[int, str]
) -> None:
    """Check, source by source, that what was read equals what is accounted for.

    Raises ReconciliationError with both sides of every source that does not balance.
    """
    read, outcomes = list(read), list(outcomes)
    differences = [
        f"{name}: read {_describe(read, source)}, accounted for {_describe(outcomes, source)}"
        for source, name in names.items()
        if _sum(read, source) != _sum(outcomes, source)
    ]
    if differences:
        raise ReconciliationError(
            "The load does not add up. Nothing was changed.\n  "
            + "\n  ".join(differences)
            + "\nThis is a bug in Regulars. Please report it with the columns of the source."
        )


def _sum(entries: list[LedgerEntry], source: int) -> tuple[int, Decimal]:
    own = [entry for entry in entries if entry.source_id == source]
    return sum(entry.rows for entry in own), sum((entry.amount for entry in own), Decimal(0))


def _describe(entries: list[LedgerEntry], source: int) -> str:
    rows, amount = _sum(entries, source)
    return f"{rows:,} rows worth {amount:,.4f}"
