"""Suppression lists: customers never to contact, read from a file or a table."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.core.errors import InputError, SourceError
from regulars.core.settings import Settings
from regulars.engines.duckdb.workspace import DuckDBWorkspace, open_workspace
from regulars.engines.read_checked import read_checked
from regulars.lists.exclusions import Exclusions
from regulars.sources.files.discover import kind_of
from regulars.sources.files.excel import read_first_sheet
from regulars.sources.files.text import read_text
from regulars.sources.profiles.file_options import FileOptions
from regulars.warehouse.people.contacts import PeopleDirectory, PeopleMatcher
from regulars.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from regulars.sources.table import RawTable

COLUMNS = ("customer_id", "customer", "customer_number", "customer_no", "id", "email",
           "email_address", "e_mail", "e_mail_address", "mail")  # fmt: skip
"""Column names that identify customers: lower case, any other sign as _."""

_SEPARATORS = re.compile(r"[^a-z0-9]+")


def read_suppression_file(path: Path) -> list[str]:
    """Return the customers in a CSV file or the first sheet of a workbook: numbers or emails.

    Reads the only column, or every column whose name identifies customers.

    Raises SourceError if the file cannot be read or has no such column.
    """
    if not path.is_file():
        raise SourceError(f"There is no file {path}. Check the path.")
    kind = kind_of(path, path.name)
    columns: Sequence[str]
    if kind == "workbook":
        columns, rows = read_first_sheet(path)
    elif kind == "text":
        with open_workspace() as workspace:
            columns, rows = _read_text_file(workspace, path)
    else:
        raise SourceError(
            f"{path.name} is neither a CSV file nor an Excel workbook. Save it as one of these."
        )
    return _cells(rows, _customer_columns(columns, path.name))


def read_suppression_table(warehouse: Warehouse, name: str) -> list[str]:
    """Return the customers in a table of the warehouse's database: numbers or emails.

    `name` is TABLE or SCHEMA.TABLE, in the same DuckDB file or PostgreSQL database. Reads the
    same columns as `read_suppression_file`.

    Raises InputError if there is no such table, SourceError if it has no customer column.
    """
    from ibis.common.exceptions import TableNotFound

    schema, _, table = name.rpartition(".")
    try:
        rows = warehouse.con.table(table, database=schema or None)
    except TableNotFound:
        raise InputError(f'There is no suppression table "{name}" in {warehouse.engine}.') from None
    columns = _customer_columns(rows.columns, name)
    return _cells(warehouse.rows(rows.select(*columns).distinct()), columns)


def add_suppression_table(
    exclusions: Exclusions, warehouse: Warehouse, settings: Settings
) -> Exclusions:
    """Return the exclusions with the customers in the `suppression_table` of the settings.

    Raises as `read_suppression_table` does: a missing table must not let anyone be contacted.
    """
    customers = _suppression_table(warehouse, settings)
    return replace(exclusions, suppressed=[*exclusions.suppressed, *customers])


def currently_suppressed(
    warehouse: Warehouse, people: PeopleDirectory, settings: Settings
) -> PeopleMatcher:
    """Return the people in the `suppression_table` of the settings now.

    They may be on an older list. Raises as `read_suppression_table` and `match_people` do.
    """
    return people.match_people(_suppression_table(warehouse, settings))


def _suppression_table(warehouse: Warehouse, settings: Settings) -> list[str]:
    table = settings.suppression_table
    return read_suppression_table(warehouse, table) if table else []


def _cells(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> list[str]:
    cells = (_as_text(row[column]) for row in rows for column in columns)
    return [cell for cell in cells if cell]


def _as_text(cell: object) -> str:
    """Return a cell as text: a customer ID stored as 17.0 is 17."""
    if isinstance(cell, float | Decimal) and cell == int(cell):
        cell = int(cell)
    return "" if cell is None else str(cell).strip()


def _read_text_file(
    workspace: DuckDBWorkspace, path: Path
) -> tuple[Sequence[str], list[dict[str, Any]]]:
    raw = read_text(workspace.con, path, path.name, file=FileOptions(), workdir=workspace.folder)

    def fetch_rows(source: "RawTable") -> tuple[list[dict[str, Any]], int]:
        rows = workspace.fetch(source.table.select(*source.columns))
        rejected = workspace.fetch(source.rejected.limit(1)) if source.rejected is not None else []
        if rejected:
            raise SourceError(
                f"{path.name}, row {rejected[0]['source_row']} cannot be read, so a suppressed "
                "customer may be missed. Fix this row."
            )
        return rows, len(rows)

    source, rows = read_checked(raw, fetch_rows)
    return source.columns, rows


def _customer_columns(columns: Sequence[str], name: str) -> list[str]:
    if len(columns) == 1:
        return list(columns)
    found = [one for one in columns if _SEPARATORS.sub("_", one.lower()).strip("_") in COLUMNS]
    if not found:
        raise SourceError(
            f"{name} has no customer column. It has: {', '.join(columns)}. Name the column of "
            "customer IDs customer_id, or the column of email addresses email."
        )
    return found
