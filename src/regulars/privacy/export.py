"""All that a warehouse holds of one customer, to be handed to them."""

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from regulars.core.errors import QuestionError
from regulars.core.settings import Settings
from regulars.engines.protocols import ReaderTables
from regulars.privacy.person import Person, find_person, of_person
from regulars.warehouse.people.key import Keyring
from regulars.warehouse.people.policy import people_policy_of
from regulars.warehouse.warehouse import Warehouse, open_warehouse

if TYPE_CHECKING:
    from ibis.expr.types import Table

Rows = list[dict[str, Any]]
PARTS = {
    "people": "people", "customer": "dim_customer", "orders": "dim_order", "lines": "order_lines",
    "superseded_lines": "superseded_lines",
}  # fmt: skip
"""What is held in which table, in the order in which it is handed over."""


@dataclass(frozen=True)
class HeldOfCustomer:
    """All that is held of a customer.

    customer_id  the number that was asked for
    pseudonym    what the key makes of it, where there is a key
    parts        rows by what they are: people, customer, orders, lines, superseded_lines,
                 quarantined, segments, lists
    """

    customer_id: str
    pseudonym: str | None
    parts: Mapping[str, Rows]

    def as_dict(self) -> dict[str, Any]:
        """Return it as one object."""
        return {"customer_id": self.customer_id, "pseudonym": self.pseudonym, **self.parts}


def export_customer(
    customer: str, warehouse: str | None = None, settings: Settings | None = None
) -> HeldOfCustomer:
    """Return all that a warehouse holds of a customer.

    Raises QuestionError where nothing is held of such a customer.
    """
    with open_warehouse(warehouse, settings=settings) as opened:
        held = ReaderTables(opened.reader)
        keyring = Keyring(Path((settings or Settings()).people_key_file))
        people_policy = people_policy_of(held, keyring)
        person = find_person(
            held, customer, people_policy.key if people_policy.keyring.check else None
        )
        parts = {
            part: list(opened.rows(of_person(opened.table(name), person)))
            for part, name in PARTS.items()
        }
        parts["quarantined"] = list(opened.rows(_quarantined(opened, person)))
        parts["segments"] = _segments(opened, person)
        parts["lists"] = _lists(opened, person)
    return HeldOfCustomer(person.asked, person.pseudonym, parts)


def _quarantined(opened: Warehouse, person: Person) -> "Table":
    """Return the rows that were set aside that name a person, and those of their orders."""
    rows, lines = opened.table("quarantine"), opened.table("order_lines")
    named = rows.customer_id.isin(person.ids)
    orders = lines.filter(lines.customer_id.isin(person.ids)).select("order_id").distinct()
    nameless = rows.filter(rows.customer_id.isnull()).semi_join(orders, "order_id")
    return rows.filter(named).union(nameless)


def _segments(opened: Warehouse, person: Person) -> Rows:
    if not person.keys:
        return []
    answer = opened.ask("rfm")
    return list(opened.rows(answer.filter(answer.customer_id.isin(person.ids))))


def _lists(opened: Warehouse, person: Person) -> Rows:
    """Return the lists that a person is on, each with what was written of them there."""
    if not opened.engine.keeps_lists:
        return []
    lists = opened.table("lists").select("list_id", "name", "created_at")
    theirs = of_person(opened.table("list_members"), person)
    return list(opened.rows(lists.inner_join(theirs, "list_id").order_by("list_id")))


def write_customer(held: HeldOfCustomer, output: Path) -> None:
    """Write it to a file, in the format that its name ends in; the file is for its owner alone.

    Raises QuestionError for an ending that is none of .json, .csv and .xlsx.
    """
    ending = output.suffix.lower()
    if ending not in _WRITERS:
        raise QuestionError(f"{output} must end in {', '.join(_WRITERS)}.")
    part = output.with_name(f".{output.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600, exist_ok=False)
        _WRITERS[ending](held, part)
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


def write_json(held: HeldOfCustomer, stream: IO[str]) -> None:
    """Write it as one JSON object."""
    json.dump(held.as_dict(), stream, default=_plain, ensure_ascii=False, indent=2)
    stream.write("\n")


def _json(held: HeldOfCustomer, path: Path) -> None:
    with path.open("w", encoding="utf-8") as stream:
        write_json(held, stream)


def _csv(held: HeldOfCustomer, path: Path) -> None:
    """Write a line for each value, for its rows are of many kinds: what, which row, column."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("what", "row", "column", "value"))
        for part, rows in held.parts.items():
            for number, row in enumerate(rows, 1):
                writer.writerows((part, number, *cell) for cell in row.items())


def _xlsx(held: HeldOfCustomer, path: Path) -> None:
    """Write a sheet for each part."""
    import xlsxwriter

    options = {"default_date_format": "yyyy-mm-dd hh:mm", "strings_to_formulas": False,
               "strings_to_urls": False, "strings_to_numbers": False}  # fmt: skip
    with xlsxwriter.Workbook(path, options) as book:
        for part, rows in held.parts.items():
            page = book.add_worksheet(part)
            page.write_row(0, 0, list(rows[0]) if rows else ["nothing is held"])
            for number, row in enumerate(rows, 1):
                cells = (
                    (place, cell) for place, cell in enumerate(row.values()) if cell is not None
                )
                for place, cell in cells:
                    page.write(number, place, cell)


_WRITERS: dict[str, Callable[[HeldOfCustomer, Path], None]] = {
    ".json": _json, ".csv": _csv, ".xlsx": _xlsx,
}  # fmt: skip


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
