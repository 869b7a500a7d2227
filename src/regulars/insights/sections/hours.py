"""The section on the hours at which customers order."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from regulars.core import formatting
from regulars.core.calendar import WEEKDAYS
from regulars.insights.figure_ref import FigureRef
from regulars.insights.findings import days as findings
from regulars.insights.findings.guards import FEW_ORDERS
from regulars.insights.parts import Cell, Header, Section, Table
from regulars.insights.scope import Rows, Scope
from regulars.insights.table_file import TableRef
from regulars.insights.tables import cells

TOPIC = "Hours of the day"


def hours(scope: Scope) -> Section | None:
    """Orders by weekday and hour as a heat map; None if no order has a time of day."""
    rows = [row for row in scope.rows("hourly_orders") if row["orders"]]
    if not rows:
        return None
    orders = sum(row["orders"] for row in rows)
    without = scope.orders - orders
    detail = f"Orders from {scope.span or scope.whole}, in the shop's local time."
    if without:
        left_out = formatting.counted(without, "order", "orders")
        detail += f" Left out: {left_out} without a time of day."
    return Section(
        "hours", TOPIC, findings.hours(rows), detail, [_table(scope, rows)],
        has_finding=orders >= FEW_ORDERS,
    )  # fmt: skip


def _table(scope: Scope, rows: Rows) -> Table:
    """Return a row for each hour between the first and the last with orders."""
    by_place = {(row["hour"], row["weekday"]): row for row in rows}
    highest = max(row["orders"] for row in rows)
    sold = [row["hour"] for row in rows]
    lines = [
        [
            Cell(findings.clock(hour)),
            *(_cell(scope, by_place.get((hour, day)), highest) for day in WEEKDAYS),
        ]
        for hour in range(min(sold), max(sold) + 1)
    ]
    headed = [
        Header("Hour", is_number=False),
        *(Header(day[:3], day, column="weekday", member=day) for day in WEEKDAYS),
    ]
    all_rows = TableRef.of("hourly_orders").encode()
    return Table(
        "Orders by weekday and hour", [*headed], lines, style="heat week hours", download=all_rows
    )


def _cell(scope: Scope, row: Mapping[str, Any] | None, highest: int) -> Cell:
    if row is None:
        return Cell("", style="blank")
    ref = FigureRef("hourly_orders").of(weekday=row["weekday"], hour=str(row["hour"]))
    cards = scope.cards("hourly_orders")
    [cell] = cells(row, cards, ["orders"], "", {"orders": ref})
    return replace(cell, heat=round(row["orders"] / highest, 2))
