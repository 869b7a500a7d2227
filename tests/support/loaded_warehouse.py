"""A warehouse that is kept: built, loaded into, and read in terms that hang on no numbering."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
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
from support.warehouses import Rows, request_for, to_csv

KEYS = {"dim_order": ("order_key", "order_id"), "dim_customer": ("customer_key", "customer_id"),
        "dim_product": ("product_key", "product_id")}  # fmt: skip
NOT_SAID = ("source_id", "source_row")
COUNTED = ("repeated_orders", "differing_orders", "identical_lines", "shared_orders",
           "spread_orders", "last_order_on")  # fmt: skip


@dataclass(frozen=True)
class LoadedWarehouse:
    """A place for a warehouse, and a folder for the files that go into it."""

    location: str
    folder: Path

    def file(self, name: str, rows: Rows) -> Path:
        path = self.folder / name
        path.write_text(to_csv(rows), "utf-8")
        return path

    def build(self, *files: Path, **told: Any) -> LoadReport:
        return build(request_for(files, **told), engine_of(self.location))

    def load(self, *files: Path, strict: bool = False, **told: Any) -> LoadReport:
        return load(request_for(files, **told), engine_of(self.location), strict=strict)

    def undo(self, number: int) -> LoadReport:
        return undo(number, request_for([]), engine_of(self.location))

    def replay(self, mended: Path | None = None, **told: Any) -> LoadReport:
        return replay(request_for([], **told), engine_of(self.location), mended)

    def forget(self, customer: str, **told: Any) -> Forgotten:
        return forget(customer, request_for([], **told), engine_of(self.location))

    def open(self) -> Warehouse:
        return open_warehouse(self.location)

    def rows(self, table: str) -> list[dict[str, Any]]:
        with self.open() as warehouse:
            return list(warehouse.rows(warehouse.table(table)))

    def ask(self, analysis: str, **told: Any) -> list[dict[str, Any]]:
        with self.open() as warehouse:
            return list(warehouse.rows(warehouse.ask(analysis, **told)))

    def contents(self) -> dict[str, Sequence[Any]]:
        """Return all that the warehouse holds, each table sorted, keys told by what they mean."""
        with self.open() as warehouse:
            tables = {
                name: list(warehouse.rows(warehouse.table(name)))
                for name in warehouse.reader.tables()
                if name.startswith(("dim_", "fact_", "mart_"))
            }
            facts = {name: warehouse.facts[name] for name in COUNTED}
        meant = {
            key: {row[key]: row[name] for row in tables[table]}
            for table, (key, name) in KEYS.items()
        }
        told = {name: _plain(rows, meant) for name, rows in tables.items()}
        return told | {"facts": sorted(facts.items())}


def _plain(rows: list[dict[str, Any]], meant: dict[str, dict[int, Any]]) -> list[Any]:
    told = [
        tuple(
            (name, meant[name][value] if name in meant else value)
            for name, value in row.items()
            if name not in NOT_SAID
        )
        for row in rows
    ]
    return sorted(told, key=repr)


def line(order, product="tea", quantity="1", price="2.50", day="2024-01-01", customer="Ann"):
    return {
        "Order ID": order, "Order Date": day, "Customer ID": customer, "SKU": product,
        "Quantity": quantity, "Price": price,
    }  # fmt: skip


def write_corrected_rows(kept, path, **cells):
    """Write the quarantined rows to a file with cells put right, as a person would."""
    with kept.open() as warehouse:
        rows = list(QuarantinedRows(warehouse).rows())
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        for row in rows:
            number = str(row["quarantined_row"])
            writer.writerow(row | cells.get(f"row_{number}", {}))
    return path


def balance(kept):
    """Return rows and money that were read, less all that became of them; by source."""
    sums = {}
    for entry in kept.rows("ledger_entries"):
        sign = 1 if entry["outcome"] == "read" else -1
        rows, money = sums.get(entry["source_id"], (0, 0))
        sums[entry["source_id"]] = (
            rows + sign * entry["rows"],
            money + sign * (entry["amount"] or 0),
        )
    return set(sums.values())
