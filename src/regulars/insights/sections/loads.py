"""The sections that only the data page shows: loads, rows that need fixing, definitions."""

from collections.abc import Mapping
from typing import Any

from regulars.analyses.catalog import ANALYSES, METRICS
from regulars.core import formatting
from regulars.core.columns import ColumnCard
from regulars.insights.figure_ref import PENDING
from regulars.insights.parts import Cell, Header, Note, Section, Table
from regulars.insights.scope import Scope
from regulars.insights.sections.data_quality import ROWS, reason_row
from regulars.insights.tables import header
from regulars.warehouse.quarantine import count_pending, pending_reasons

_MONEY = ColumnCard("Money", "money", "Quantity × price, minus discounts", ",.2f")
_COUNTS = {
    "read": "Rows read", "accepted": "Accepted", "orders_new": "New orders",
    "orders_changed": "Changed", "orders_unchanged": "Unchanged", "orders_removed": "Removed",
}  # fmt: skip


def loads(scope: Scope) -> Section:
    """Every load and its effect on orders, the latest first."""
    latest_first = list(reversed(scope.warehouse.loads()))
    current = [load for load in latest_first if not load["is_undone"]]
    finding = f"{formatting.counted(len(latest_first), 'load', 'loads')} so far"
    if current:
        finding += f", the last on {formatting.moment(current[0]['loaded_at'])}"
    headed = [
        Header("Load", is_number=False), Header("When", is_number=False),
        *(Header(label) for label in _COUNTS.values()),
        header(_MONEY), Header("Sources", is_number=False),
    ]  # fmt: skip
    lines = [_load(load, scope.currency) for load in latest_first]
    return Section(
        "loads",
        "Loads",
        finding,
        parts=[Table("Loads, latest first", headed, lines, style="cards")],
    )


def _load(load: Mapping[str, Any], currency: str) -> list[Cell]:
    what = f"{load['operation']} of {load['undoes']}" if load["undoes"] else load["operation"]
    return [
        Cell(f"{load['load_id']}  {what}", "undone" if load["is_undone"] else "", style="name"),
        Cell(formatting.moment(load["loaded_at"])),
        *(Cell(formatting.text(load[name], ROWS)) for name in _COUNTS),
        Cell(formatting.text(load["money"] or 0, _MONEY, currency)),
        Cell(load["sources"], style="words"),
    ]


def pending_rows(scope: Scope) -> Section | None:
    """Why rows need fixing, and how many; None if none do."""
    found = pending_reasons(scope.warehouse)
    if not found:
        return None
    rows = formatting.counted(count_pending(scope.warehouse), "row needs", "rows need")
    headed = [Header("Reason", "A row may have several", is_number=False), header(ROWS)]
    lines = [reason_row(PENDING, one.reason, one.rows) for one in found]
    how = (
        "Export them, correct them and load them again:  "
        "regulars quarantine -o rows.xlsx,  then  regulars replay rows.xlsx"
    )
    return Section(
        "pending_rows", "Quarantine", f"{rows} fixing",
        parts=[Table("Reasons", headed, lines), Note(how)],
    )  # fmt: skip


def definitions(scope: Scope) -> Section:
    """The definition of every metric and analysis in the catalog."""
    metrics = [[Cell(one.label, style="name"), Cell(one.description)] for one in METRICS.values()]
    analyses = [
        [Cell(one.question, one.name, style="name"), Cell(one.description)]
        for one in ANALYSES.values()
    ]
    means = Header("Definition", is_number=False)
    return Section(
        "definitions", "Definitions", "Every figure has one definition, used everywhere",
        f"Conventions: {scope.warehouse.conventions.description}",
        [
            Table("Figures", [Header("Figure", is_number=False), means], metrics),
            Table("Analyses", [Header("Analysis", is_number=False), means], analyses,
                  is_folded=True),
        ],
    )  # fmt: skip
