"""A warehouse to build, load into and compare, whatever its keys and source numbers are."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from regulars.engines.locate import engine_of
from regulars.loads.build import build
from regulars.loads.forget import Forgotten, forget
from regulars.loads.load import load
from regulars.loads.replay import replay
from regulars.loads.report import LoadReport
from regulars.loads.undo import undo
from regulars.warehouse.quarantine import QuarantinedRows
from regulars.warehouse.warehouse import Warehouse, open_warehouse
from support.warehouses import ResultRows, Rows, request_for, to_csv

KEYS = {"dim_order": ("order_key", "order_id"), "dim_customer": ("customer_key", "customer_id"),
        "dim_product": ("product_key", "product_id")}  # fmt: skip
PROVENANCE = ("source_id", "source_row")
Contents = Mapping[str, Sequence[object]]
"""Comparable rows by table, and the facts of the warehouse."""

FACTS = ("repeated_orders", "differing_orders", "identical_lines", "shared_orders",
         "spread_orders", "last_order_on")  # fmt: skip


@dataclass(frozen=True)
class LoadedWarehouse:
    """The location of a warehouse, and a folder for the files loaded into it."""

    location: str
    folder: Path

    def file(self, name: str, rows: Rows) -> Path:
        path = self.folder / name
        path.write_text(to_csv(rows), "utf-8")
        return path

    def build(self, *files: Path, **options: Any) -> LoadReport:
        return build(request_for(files, **options), engine_of(self.location))

    def load(self, *files: Path, strict: bool = False, **options: Any) -> LoadReport:
        return load(request_for(files, **options), engine_of(self.location), strict=strict)

    def undo(self, number: int) -> LoadReport:
        return undo(number, request_for([]), engine_of(self.location))

    def replay(self, corrected: Path | None = None, **options: Any) -> LoadReport:
        return replay(request_for([], **options), engine_of(self.location), corrected)

    def forget(self, customer: str, **options: Any) -> Forgotten:
        return forget(customer, request_for([], **options), engine_of(self.location))

    def open(self) -> Warehouse:
        return open_warehouse(self.location)

    def rows(self, table: str) -> ResultRows:
        with self.open() as warehouse:
            return list(warehouse.rows(warehouse.table(table)))

    def ask(self, analysis: str, **options: Any) -> ResultRows:
        with self.open() as warehouse:
            return list(warehouse.rows(warehouse.ask(analysis, **options)))

    def contents(self) -> Contents:
        """Return everything in the warehouse: each table sorted, keys replaced by their ids."""
        with self.open() as warehouse:
            tables = {
                name: list(warehouse.rows(warehouse.table(name)))
                for name in warehouse.reader.tables()
                if name.startswith(("dim_", "fact_", "mart_"))
            }
            facts = {name: warehouse.facts[name] for name in FACTS}
        ids = {
            key: {row[key]: row[name] for row in tables[table]}
            for table, (key, name) in KEYS.items()
        }
        contents = {name: _comparable(rows, ids) for name, rows in tables.items()}
        return contents | {"facts": sorted(facts.items())}


def _comparable(rows: ResultRows, ids: dict[str, dict[int, Any]]) -> list[object]:
    cells = [
        tuple(
            (name, ids[name][value] if name in ids else value)
            for name, value in row.items()
            if name not in PROVENANCE
        )
        for row in rows
    ]
    return sorted(cells, key=repr)


def line(
    order: str,
    product: str = "tea",
    quantity: str = "1",
    price: str = "2.50",
    *,
    day: str = "2024-01-01",
    customer: str = "Ann",
) -> dict[str, str]:
    return {
        "Order ID": order, "Order Date": day, "Customer ID": customer, "SKU": product,
        "Quantity": quantity, "Price": price,
    }  # fmt: skip


def write_corrected_rows(shop: LoadedWarehouse, path: Path, **cells: dict[str, str]) -> Path:
    """Write the quarantined rows to a file with some cells corrected, as a user would.

    row_3={"Price": "4"} corrects the price of quarantined row 3.
    """
    with shop.open() as warehouse:
        rows = list(QuarantinedRows(warehouse).rows())
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        for row in rows:
            number = str(row["quarantined_row"])
            writer.writerow(row | cells.get(f"row_{number}", {}))
    return path


def balance(shop: LoadedWarehouse) -> set[tuple[int, Decimal | int]]:
    """Return rows and money read minus every other outcome, as a set over all sources."""
    sums: dict[int, tuple[int, Decimal | int]] = {}
    for entry in shop.rows("ledger_entries"):
        sign = 1 if entry["outcome"] == "read" else -1
        rows, money = sums.get(entry["source_id"], (0, 0))
        sums[entry["source_id"]] = (
            rows + sign * entry["rows"],
            money + sign * (entry["amount"] or 0),
        )
    return set(sums.values())
