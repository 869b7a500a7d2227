"""List exports: complete files, safe to open in a spreadsheet, private and logged."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.analyses.define import Star
from regulars.analyses.segments.scores import last_orders
from regulars.core import schema
from regulars.core.errors import InputError, WarehouseError
from regulars.core.files import escape_formula_rows, write_csv, write_xlsx
from regulars.engines.protocols import Engine, ReaderTables
from regulars.lists.control_group import CONTROL
from regulars.lists.export_formats.export_format import LAST_ORDER, ExportFormat
from regulars.lists.saved import SavedList, members_of
from regulars.warehouse.people.contacts import Contact, PeopleDirectory, PeopleMatcher
from regulars.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from ibis.expr.types import Table

BATCH_SIZE = 5_000
FILE_TYPES = (".csv", ".xlsx")


@dataclass(frozen=True)
class ExportResult:
    """The outcome of an export.

    rows           customers in the file
    without_email  customers left out because they have no email address
    suppressed     customers left out because they were suppressed after the list was created
    """

    name: str
    role: str
    format: str
    file: Path
    rows: int
    without_email: int
    suppressed: int


@dataclass
class ExportRows:
    """The rows of an export file; iterating over them also counts what is left out.

    suppression  people not to contact now
    members      members read so far, of which
    suppressed   were left out because they are suppressed now, and
    rows         are in the file
    """

    warehouse: Warehouse
    people: PeopleDirectory
    saved: SavedList
    role: str
    format: ExportFormat
    suppression: PeopleMatcher
    members: int = field(default=0, init=False)
    suppressed: int = field(default=0, init=False)
    rows: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the file, in batches that fit in memory."""
        members = self.warehouse.rows(self._members())
        while batch := list(islice(members, BATCH_SIZE)):
            allowed = [one for one in batch if not self.suppression.entries_of(one["customer_id"])]
            self.members += len(batch)
            self.suppressed += len(batch) - len(allowed)
            contacts = self._contacts(allowed)
            for member in allowed:
                contact = contacts.get(member["customer_id"], Contact())
                if contact.email or not self.format.needs_email:
                    self.rows += 1
                    yield self.format.row(member, contact, self.saved.name)

    @property
    def without_email(self) -> int:
        """How many members are left out because they have no email address."""
        return self.members - self.suppressed - self.rows

    def _members(self) -> "Table":
        """Return the members of the list, with the day of the last order if a column needs it."""
        tables = ReaderTables(self.warehouse.reader)
        members = members_of(tables, self.saved, self.role)
        if not self.format.has_last_order:
            return members
        star = Star.of(tables.table, self.saved.as_of, self.warehouse.conventions)
        ids = star.customers.select("customer_key", last_order_of="customer_id")
        days = last_orders(star).inner_join(ids, "customer_key")
        dated = members.left_join(days, members.customer_id == days.last_order_of)
        return dated.select(*members.columns, LAST_ORDER).order_by("customer_id")

    def _contacts(self, members: list[dict[str, Any]]) -> dict[str, Contact]:
        if not self.format.has_personal_data:
            return {}
        return self.people.contacts([member["customer_id"] for member in members])


def check_file_type(output: Path) -> None:
    """Raise InputError for a file that is neither CSV nor a workbook."""
    if output.suffix.lower() not in FILE_TYPES:
        raise InputError(f"{output} must end in {' or '.join(FILE_TYPES)}.")


def write_rows(rows: ExportRows, path: Path, file_type: str) -> None:
    """Write the rows to an existing file. Raises InputError if there are none."""
    columns = list(rows.format.columns)
    if file_type == ".xlsx":
        write_xlsx("list", columns, escape_formula_rows(rows), path)
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            write_csv(columns, escape_formula_rows(rows), stream, quotes_text=True)
    if not rows.rows:
        raise InputError(_why_empty(rows))


def _why_empty(rows: ExportRows) -> str:
    name = rows.saved.name
    if not rows.members:
        missing = "no control group" if rows.role == CONTROL else "no customers left on it"
        return f'The list "{name}" has {missing}, so there is nothing to export.'
    allowed = rows.members - rows.suppressed
    if not allowed:
        return (
            f'All {rows.members:,} customers on the list "{name}" were suppressed after it was '
            "created, so there is no one to contact."
        )
    return (
        f'{_none_of(allowed)} on the list "{name}" has an email address here, but the export '
        f"format {rows.format.name} needs one. "
        + (
            "This warehouse stores email addresses, but none for these customers."
            if rows.people.has_emails
            else "This warehouse stores no email addresses. Add [people] to the profile "
            "(docs/privacy.md), or export in the plain format."
        )
    )


def _none_of(customers: int) -> str:
    return "No customer" if customers == 1 else f"None of the {customers:,} customers"


def log_export(
    engine: Engine, rows: ExportRows, file: Path, *, author: str, memory_limit: str
) -> None:
    """Add an export to the log.

    Raises WarehouseError if members were removed during the export: a forgotten customer must not
    be in the file.
    """
    saved, columns = rows.saved, schema.LEDGER_COLUMNS["list_exports"]
    entry = (saved.list_id, datetime.now(), author, rows.role, rows.format.name, rows.rows,
             file.name)  # fmt: skip
    with engine.open_store(memory_limit=memory_limit) as store:
        members = store.table("list_members")
        members = members.filter(members.list_id == saved.list_id, members.role == rows.role)
        [current] = store.fetch(members.aggregate(rows=members.count()))
        if current["rows"] != rows.members:
            raise WarehouseError(
                f'The list "{saved.name}" changed during the export. Export it again.'
            )
        store.insert_rows("list_exports", columns, [entry])
