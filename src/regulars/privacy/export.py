"""Export everything that a warehouse holds about a customer."""

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from regulars.core.errors import InputError
from regulars.core.settings import Settings
from regulars.engines.protocols import ReaderTables
from regulars.privacy.person import Person, find_person, rows_of_person
from regulars.warehouse.people.key import Keyring
from regulars.warehouse.people.policy import read_people_policy
from regulars.warehouse.warehouse import Warehouse, open_warehouse

if TYPE_CHECKING:
    from ibis.expr.types import Table

Rows = list[dict[str, Any]]
PARTS = {
    "people": "people", "customer": "dim_customer", "orders": "dim_order", "lines": "order_lines",
    "superseded_lines": "superseded_lines",
}  # fmt: skip
"""The parts of an export that are rows of one table, and the table, in the order of the export."""


@dataclass(frozen=True)
class PersonData:
    """Everything that a warehouse holds about a customer.

    customer_id  the requested customer_id or pseudonym
    pseudonym    their pseudonym; None if the warehouse has no key
    parts        rows by part: people, customer, orders, lines, superseded_lines, quarantined,
                 segments, lists
    """

    customer_id: str
    pseudonym: str | None
    parts: Mapping[str, Rows]

    def as_dict(self) -> dict[str, Any]:
        """Return the ids and all parts as one dictionary."""
        return {"customer_id": self.customer_id, "pseudonym": self.pseudonym, **self.parts}


def export_customer(
    customer: str, warehouse: str | None = None, settings: Settings | None = None
) -> PersonData:
    """Return everything that a warehouse holds about a customer.

    Raises InputError if it holds nothing about them.
    """
    with open_warehouse(warehouse, settings=settings) as opened:
        tables = ReaderTables(opened.reader)
        keyring = Keyring(Path((settings or Settings()).people_key_file))
        policy = read_people_policy(tables, keyring)
        person = find_person(tables, customer, policy.key if policy.keyring.check_value else None)
        parts = {
            part: list(opened.rows(rows_of_person(opened.table(name), person)))
            for part, name in PARTS.items()
        }
        parts["quarantined"] = list(opened.rows(_quarantined(opened, person)))
        parts["segments"] = _segments(opened, person)
        parts["lists"] = _lists(opened, person)
    return PersonData(person.requested_id, person.pseudonym, parts)


def _quarantined(warehouse: Warehouse, person: Person) -> "Table":
    """Return the quarantined rows that name a person, and nameless ones of their orders."""
    rows, lines = warehouse.table("quarantine"), warehouse.table("order_lines")
    named = rows.filter(rows.customer_id.isin(person.ids))
    orders = lines.filter(lines.customer_id.isin(person.ids)).select("order_id").distinct()
    nameless = rows.filter(rows.customer_id.isnull()).semi_join(orders, "order_id")
    return named.union(nameless)


def _segments(warehouse: Warehouse, person: Person) -> Rows:
    if not person.keys:
        return []
    segments = warehouse.ask("rfm")
    return list(warehouse.rows(segments.filter(segments.customer_id.isin(person.ids))))


def _lists(warehouse: Warehouse, person: Person) -> Rows:
    """Return the customer lists that a person is on, with their row in each."""
    if not warehouse.engine.supports_lists:
        return []
    lists = warehouse.table("lists").select("list_id", "name", "created_at")
    members = rows_of_person(warehouse.table("list_members"), person)
    return list(warehouse.rows(lists.inner_join(members, "list_id").order_by("list_id")))


def write_customer(data: PersonData, output: Path) -> None:
    """Write personal data to a file that only its owner can read: .json, .csv or .xlsx.

    Raises InputError for another file type.
    """
    suffix = output.suffix.lower()
    if suffix not in _WRITERS:
        raise InputError(f"{output} must end in {', '.join(_WRITERS)}.")
    part = output.with_name(f".{output.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600, exist_ok=False)
        _WRITERS[suffix](data, part)
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


def write_json(data: PersonData, stream: IO[str]) -> None:
    """Write personal data as one JSON object."""
    json.dump(data.as_dict(), stream, default=_json_value, ensure_ascii=False, indent=2)
    stream.write("\n")


def _json_value(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _write_json_file(data: PersonData, path: Path) -> None:
    with path.open("w", encoding="utf-8") as stream:
        write_json(data, stream)


def _write_csv(data: PersonData, path: Path) -> None:
    """Write one line for each value, because the parts have different columns."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("what", "row", "column", "value"))
        for part, rows in data.parts.items():
            for number, row in enumerate(rows, 1):
                writer.writerows((part, number, *cell) for cell in row.items())


def _write_xlsx(data: PersonData, path: Path) -> None:
    """Write one sheet for each part."""
    import xlsxwriter

    options = {"default_date_format": "yyyy-mm-dd hh:mm", "strings_to_formulas": False,
               "strings_to_urls": False, "strings_to_numbers": False}  # fmt: skip
    with xlsxwriter.Workbook(path, options) as book:
        for part, rows in data.parts.items():
            sheet = book.add_worksheet(part)
            sheet.write_row(0, 0, list(rows[0]) if rows else ["no data"])
            for number, row in enumerate(rows, 1):
                for column, cell in enumerate(row.values()):
                    if cell is not None:
                        sheet.write(number, column, cell)


_WRITERS: dict[str, Callable[[PersonData, Path], None]] = {
    ".json": _write_json_file, ".csv": _write_csv, ".xlsx": _write_xlsx,
}  # fmt: skip
