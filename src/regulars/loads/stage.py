"""Stage all sources of a build or load, and decide which of their lines a build accepts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core.conventions import Repeats
from regulars.core.errors import SourceError, listed
from regulars.core.formatting import counted
from regulars.engines.protocols import Workspace
from regulars.loads.currency import common_currency, currency_warnings
from regulars.loads.join_files import open_tables
from regulars.loads.quarantine import count_reasons, first_examples, quarantine_rows
from regulars.loads.request import BuildRequest
from regulars.loads.stage_source import (
    StagedSource,
    lines_of,
    stage_source,
    with_order_notes,
    with_state_survey,
)
from regulars.loads.stores import orders_in_stores
from regulars.sources.table import RawTable
from regulars.transform.orders.reconcile import (
    ORDER_REFUNDS,
    READ,
    LedgerEntry,
    entries_of,
    to_entries,
)
from regulars.transform.orders.versions import differing_orders, repeated_orders, resolve_versions
from regulars.transform.staging.state_cells import state_cells

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True)
class StagedLines:
    """All lines a build has staged, each accepted, quarantined or superseded.

    lines      one row per source row, with `reasons` and `is_superseded`
    read       ledger entries of the rows read
    reasons    how many rows failed each rule
    examples   the first rows that failed
    repeated   how many orders are in more than one source
    differing  those of them whose lines differ between sources
    policy     what was done with repeated orders
    in_stores  orders whose lines, in all sources, name more than one store
    """

    sources: list[StagedSource]
    lines: "Table"
    read: list[LedgerEntry]
    reasons: Counter[str]
    examples: list[dict[str, Any]]
    repeated: int
    differing: list[str]
    policy: Repeats
    in_stores: Sequence[str] = ()

    @property
    def empty_columns(self) -> tuple[str, ...]:
        """The columns that no source has, so that no line has a value in them."""
        return tuple(
            column
            for column in ("category", "subcategory", "location", "store")
            if not any(column in source.mapping.columns for source in self.sources)
        )

    @property
    def accepted(self) -> "Table":
        """The lines that pass every rule and are current."""
        return self.lines.filter(self.lines.reasons.isnull(), ~self.lines.is_superseded)

    @property
    def quarantined(self) -> "Table":
        """The lines that fail a rule."""
        return self.lines.filter(self.lines.reasons.notnull())

    @property
    def superseded(self) -> "Table":
        """The lines that pass every rule, but whose order is also in a later source."""
        return self.lines.filter(self.lines.reasons.isnull(), self.lines.is_superseded)


def stage(
    workspace: Workspace, request: BuildRequest, tables: Sequence[RawTable] | None = None
) -> StagedLines:
    """Stage the tables, or the sources of the request, and resolve orders that are in several.

    Raises SourceError if a source cannot be read as sales or no row passes the rules.
    """
    if tables is None:
        tables = open_tables(workspace, request)
    lines, sources = stage_sources(workspace, tables, request)
    valid, failed = lines.filter(lines.reasons.isnull()), lines.filter(lines.reasons.notnull())
    common_currency(sources)
    policy = repeats_policy(request, sources)
    repeated, differing = 0, list[str]()
    if len(sources) == 1:
        resolved = lines.mutate(is_superseded=ibis.literal(False))
    else:
        orders = workspace.materialize("stg_repeated", repeated_orders(valid))
        repeated = workspace.count("stg_repeated")
        differing = [row["order_id"] for row in workspace.fetch(differing_orders(valid, orders))]
        check_differing(policy, differing, "between sources")
        resolved = resolve_versions(lines, orders, policy)
    return StagedLines(
        sources=sources,
        lines=resolved,
        read=read_entries(workspace, lines, sources),
        reasons=count_reasons(workspace, failed),
        examples=first_examples(workspace, failed, sources),
        repeated=repeated,
        differing=differing,
        policy=policy,
        in_stores=orders_in_stores(workspace, valid, [source.mapping for source in sources]),
    )


def stage_sources(
    workspace: Workspace,
    tables: Sequence[RawTable],
    request: BuildRequest,
    first_id: int = 1,
    *,
    may_be_empty: bool = False,
) -> "tuple[Table, list[StagedSource]]":
    """Stage sources, numbered from `first_id`; return their lines and the staged sources.

    may_be_empty  accept sources that have a header but no rows

    Raises SourceError if a source cannot be read as sales or no row passes the rules.
    """
    lines, sources = stage_tables(workspace, tables, request, first_id)
    if not any(source.rows for source in sources):
        if may_be_empty:
            return lines, sources
        names = listed([source.name for source in sources])
        raise SourceError(f"There is a header but no rows in {names}.")
    request.progress("Quarantining unreadable rows and resolving repeated orders")
    valid = lines.filter(lines.reasons.isnull())
    if not workspace.fetch(valid.select("source_id").limit(1)):
        raise SourceError(_no_valid_row(workspace, lines, sources))
    return lines, sources


def stage_tables(
    workspace: Workspace,
    tables: Sequence[RawTable],
    request: BuildRequest,
    first_id: int,
    first_number: int = 1,
) -> "tuple[Table, list[StagedSource]]":
    """Stage sources like `stage_sources`, even if no row passes the rules.

    first_number  the number of the first source in the workspace
    """
    with workspace.planned_for(max((table.rows for table in tables), default=0)):
        sources = [
            _with_warnings(
                stage_source(workspace, request, table, first_id + n, first_number + n), request
            )
            for n, table in enumerate(tables)
        ]
        lines = [lines_of(workspace, request, source) for source in sources]
        sources = [
            with_order_notes(workspace, with_state_survey(workspace, source, ours))
            for source, ours in zip(sources, lines, strict=True)
        ]
    return ibis.union(*(ours.drop(*state_cells(ours)) for ours in lines)), sources


def _with_warnings(source: StagedSource, request: BuildRequest) -> StagedSource:
    warnings = currency_warnings(source, request.settings)
    return replace(source, warnings=(*source.warnings, *warnings))


def _no_valid_row(workspace: Workspace, lines: "Table", sources: Sequence[StagedSource]) -> str:
    reasons = count_reasons(workspace, lines).most_common(3)
    # A row that fails few rules shows the fault; a blank row fails them all.
    first = lines.order_by(lines.reasons.length(), "source_id", "source_row").limit(1)
    [row] = workspace.fetch(quarantine_rows(first, sources))
    return "\n".join((
        "No row could be read, so nothing was changed.",
        *(f"  {counted(rows, 'row', 'rows')}: {reason}" for reason, rows in reasons),
        f"Example: {row['source']}, row {row['source_row']:,}: {row['original']}",
    ))  # fmt: skip


def repeats_policy(request: BuildRequest, sources: Sequence[StagedSource]) -> Repeats:
    """Return how to handle repeated orders, from the conventions or the last source's profile."""
    return request.conventions.repeated_orders or sources[-1].mapping.profile.repeated_orders


def check_differing(policy: Repeats, differing: Sequence[str], differ: str) -> None:
    """Raise SourceError if orders differ and the policy forbids it.

    `differ` completes "2 orders differ ...", such as "between sources".
    """
    if policy == "error" and differing:
        orders = counted(len(differing), "order differs", "orders differ")
        raise SourceError(
            f'{orders} {differ}, and the profile has repeated = "error": {listed(differing)}'
        )


def read_entries(
    workspace: Workspace, lines: "Table", sources: Sequence[StagedSource]
) -> list[LedgerEntry]:
    """Return ledger entries of what was read: rows as each source counts them, money as staged.

    Refunds that a source states per order are lines without a row, so they have entries of their
    own.
    """
    named = lines.mutate(origin=ibis.ifelse(lines.source_row < 0, ORDER_REFUNDS, ""))
    staged = to_entries(workspace.fetch(entries_of(named, READ, "net_amount", "origin")))
    money = {entry.source_id: entry.amount for entry in staged if not entry.kind}
    return [
        *(
            LedgerEntry(
                source.source_id, READ, "", source.rows, money.get(source.source_id, Decimal(0))
            )
            for source in sources
        ),
        *(entry for entry in staged if entry.kind),
    ]
