"""The customers who spent most in a scope as a table, with their names for users who see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import ibis

from regulars.core.errors import WarehouseError
from regulars.core.settings import Settings
from regulars.engines.protocols import ReaderTables
from regulars.insights.parts import Table
from regulars.insights.scope import Rows, Scope
from regulars.insights.tables import top_table
from regulars.warehouse.people.contacts import PeopleDirectory

_COLUMNS = ("net_sales", "share", "orders", "units")


@dataclass(frozen=True)
class CustomerNames:
    """The names stored for customers.

    settings  where the key is that links customers to their names
    """

    settings: Settings

    def of(self, scope: Scope, customers: Sequence[str]) -> Mapping[str, str]:
        """Return the names by customer ID; none without the key, or if none are stored."""
        tables = ReaderTables(scope.warehouse.reader)
        if "people" not in tables.tables():
            return {}
        try:
            return PeopleDirectory(tables, self.settings).names(customers)
        except WarehouseError:
            return {}


def highest_spenders(scope: Scope, most: int) -> Rows:
    """Return the known customers who ordered with the highest net sales.

    The engine sorts and cuts them: a shop may have millions.
    """
    customers = scope.ask("sales_by", by="customer")
    bought = customers.filter(customers.customer_id.notnull(), customers.orders > 0)
    return scope.fetch(bought.order_by(ibis.desc("net_sales"), "customer_id").limit(most))


def customer_table(
    scope: Scope, rows: Rows, title: str, names: CustomerNames | None = None
) -> Table:
    """Return highest spenders as a table, with their names next to their numbers."""
    number, numbers = scope.measure("customers"), [row["customer_id"] for row in rows]
    written = names.of(scope, numbers) if names else {}
    known = [
        {**row, "customer": one, "value": one, "note": written.get(one, "")}
        for row, one in zip(rows, numbers, strict=True)
    ]
    return top_table(
        scope, known, "customer", title, columns=_COLUMNS, top=len(rows), number=number
    )


def without_figures(table: Table) -> Table:
    """Return a table for a dialog, where no other dialog can open; its customers stay links."""
    rows = [[replace(cell, figure="") for cell in row] for row in table.rows]
    return replace(table, rows=rows, download="")
