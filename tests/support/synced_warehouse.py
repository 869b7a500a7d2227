"""A warehouse synced with a shop's database, and the lines of both to compare."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

import regulars
from regulars.demo.sample_shop import DemoShop
from regulars.loads.report import LoadReport
from support.loaded_warehouse import LoadedWarehouse

SHOP_LINES = """
    SELECT o.order_number, o.customer_id, o.ordered_at, o.status, p.sku, l.quantity, l.unit_price
    FROM order_lines l JOIN orders o ON o.order_id = l.order_id
    JOIN products p ON p.product_id = l.product_id
"""


ShopDatabase = tuple[str, psycopg.Connection]
"""The address of a shop's database, and a connection to it."""

NO_FOLDER = Path(os.devnull)
"""The folder of a warehouse into which no files are loaded."""


@dataclass(frozen=True)
class SyncedWarehouse:
    address: str
    location: str

    def sync(self, **options: Any) -> LoadReport:
        progress: Callable[[str], None] = options.pop("progress", lambda _: None)
        return regulars.sync(self.address, warehouse=self.location, progress=progress, **options)

    @property
    def warehouse(self) -> LoadedWarehouse:
        return LoadedWarehouse(self.location, folder=NO_FOLDER)

    def lines(self) -> Counter[tuple[Any, ...]]:
        """Return every line of the warehouse."""
        return Counter(
            (row["order_id"], row["customer_id"], row["ordered_at"], row["status"],
             row["product_id"], int(row["quantity"]), Decimal(row["unit_price"]).quantize(CENT))
            for row in self.warehouse.rows("order_lines")
        )  # fmt: skip

    def totals(self) -> tuple[int, int, Decimal]:
        rows = self.warehouse.rows("fact_sales")
        orders = {row["order_key"] for row in rows}
        return len(orders), len(rows), sum((row["net_amount"] for row in rows), Decimal(0))


CENT = Decimal("0.01")


def source_lines(shop: DemoShop) -> Counter[tuple[Any, ...]]:
    """Return every line of the shop's database, queried in its own SQL."""
    cursor = shop.connection.cursor()
    cursor.execute(SHOP_LINES)
    lines = Counter(
        (number, None if customer is None else str(customer), at, status, sku, quantity, price)
        for number, customer, at, status, sku, quantity, price in cursor.fetchall()
    )
    shop.connection.commit()
    return lines
