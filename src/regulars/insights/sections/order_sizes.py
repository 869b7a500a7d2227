"""The section on the sizes of orders."""

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.analyses.sales.order_sizes import UNITS, VALUE
from regulars.analyses.shared.filters import keeping_parts_of_orders
from regulars.insights.figure_ref import FigureRef
from regulars.insights.findings import distributions
from regulars.insights.findings.guards import FEW_ORDERS
from regulars.insights.parts import Cell, Header, Section, Table
from regulars.insights.scope import Rows, Scope
from regulars.insights.table_file import TableRef
from regulars.insights.tables import cells, headers, with_bar

_COLUMNS = ("orders", "share", "net_sales", "share_of_net_sales")


def order_sizes(scope: Scope) -> Section | None:
    """Orders by value and by units; None without orders in the view."""
    by_value = scope.rows("order_sizes", by=VALUE)
    if not by_value:
        return None
    [amounts, _] = scope.rows("order_amounts")
    money = scope.formatter("order_amounts", "median")
    finding = distributions.order_sizes(by_value, amounts["median"], money)
    detail = (
        "Net sales and units of whole orders. Orders with an amount of 0 or less are left out. The "
        "upper limit of a size is included."
    )
    currency = f", in {scope.currency}" if scope.currency else ""
    tables = [
        _table(scope, by_value, VALUE, f"Orders by value{currency}"),
        _table(scope, scope.rows("order_sizes", by=UNITS), UNITS, "Orders by units"),
    ]
    orders = sum(row["orders"] for row in by_value)
    return Section(
        "order_sizes",
        "Order sizes",
        finding,
        detail,
        tables,
        has_finding=orders >= FEW_ORDERS,
        period=str(scope.period),
    )


def _table(scope: Scope, rows: Rows, by: str, title: str) -> Table:
    cards = scope.cards("order_sizes")
    highest = max(row["orders"] for row in rows)
    lines = [_line(scope, row, by, row["orders"] / highest) for row in rows]
    headed = [Header(cards["band"].label, is_number=False), *headers(cards, _COLUMNS)]
    all_rows = TableRef.of("order_sizes", by=by).encode()
    return Table(title, headed, lines, style="top", is_folded=by == UNITS, download=all_rows)


def _line(scope: Scope, row: Mapping[str, Any], by: str, bar: float) -> Sequence[Cell]:
    ref = FigureRef("order_sizes").of(**{f"order_{by}": row["band"]})
    refs = {"orders": ref}
    if not keeping_parts_of_orders(column for column in scope.where if column != "segment"):
        refs["net_sales"] = ref  # otherwise the lines behind it are only parts of the orders
    figures = cells(row, scope.cards("order_sizes"), _COLUMNS, scope.currency, refs)
    return [Cell(row["band"].capitalize(), style="name"), *with_bar(figures, bar)]
