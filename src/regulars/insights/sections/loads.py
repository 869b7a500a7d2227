"""What the page of the data shows beside the report: loads, rows that wait, definitions."""

from collections.abc import Mapping
from typing import Any

from regulars.analyses.catalog import ANALYSES, METRICS
from regulars.core import formatting
from regulars.core.columns import ColumnCard
from regulars.insights.figure_ref import WAITING
from regulars.insights.parts import Cell, Head, Note, Section, Table
from regulars.insights.scope import Scope
from regulars.insights.sections.data_quality import ROWS, reason_row
from regulars.warehouse.quarantine import reasons, rows_waiting

_MONEY = ColumnCard("Money", "money", "Quantity times price, less discounts", ",.2f")
_COUNTS = {
    "read": "Rows read", "accepted": "Accepted", "orders_new": "New orders",
    "orders_changed": "Changed", "orders_unchanged": "Unchanged", "orders_removed": "Removed",
}  # fmt: skip


def loads(scope: Scope) -> Section:
    """Every load: what it brought and what it changed, the latest first."""
    found = list(reversed(scope.warehouse.loads()))
    standing = [load for load in found if not load["is_undone"]]
    last = formatting.moment(standing[0]["loaded_at"]) if standing else ""
    finding = f"{formatting.counted(len(found), 'load', 'loads')} so far, the last on {last}"
    told = [_load(load, scope.currency) for load in found]
    headed = [Head("Load", is_number=False), Head("When", is_number=False)]
    headed += [Head(label) for label in _COUNTS.values()]
    headed += [Head(_MONEY.label, _MONEY.description), Head("Sources", is_number=False)]
    return Section(
        "loads", "Loads", finding, parts=[Table("Loads, the latest first", headed, told)]
    )


def _load(load: Mapping[str, Any], currency: str) -> list[Cell]:
    what = f"{load['operation']} of {load['undoes']}" if load["undoes"] else load["operation"]
    taken_back = "taken back" if load["is_undone"] else ""
    return [
        Cell(f"{load['load_id']}  {what}", taken_back, style="name"),
        Cell(formatting.moment(load["loaded_at"])),
        *(Cell(formatting.text(load[name], ROWS)) for name in _COUNTS),
        Cell(formatting.text(load["money"] or 0, _MONEY, currency)),
        Cell(load["sources"], style="words"),
    ]


def waiting(scope: Scope) -> Section | None:
    """Why rows wait to be mended, with how many; None where none does."""
    found = reasons(scope.warehouse)
    if not found:
        return None
    number = rows_waiting(scope.warehouse)
    wait = "row waits" if number == 1 else "rows wait"
    told = [reason_row(WAITING, one.reason, one.rows) for one in found]
    headed = [Head("Why", "A row may have several", is_number=False)]
    headed += [Head(ROWS.label, ROWS.description)]
    how = "Whoever keeps the warehouse can take them out, mend them and take them in:  "
    note = Note(how + "regulars quarantine -o rows.xlsx,  then  regulars replay rows.xlsx")
    finding = f"{formatting.text(number, ROWS)} {wait} to be mended"
    return Section("waiting", "Quarantine", finding, parts=[Table("Reasons", headed, told), note])


def definitions(scope: Scope) -> Section:
    """What every figure means, and what can be asked: the catalogue itself."""
    figures = [[Cell(one.label, style="name"), Cell(one.description)] for one in METRICS.values()]
    asked = [
        [Cell(one.question, one.name, style="name"), Cell(one.description)]
        for one in ANALYSES.values()
    ]
    means = Head("What it means", is_number=False)
    return Section(
        "definitions", "Definitions", "Every figure has one definition, in all places",
        f"Conventions: {scope.warehouse.conventions.description}",
        [
            Table("Figures", [Head("Figure", is_number=False), means], figures),
            Table("Questions", [Head("Question", is_number=False), means], asked, is_folded=True),
        ],
    )  # fmt: skip
