"""Who is not to be written to: files and tables, as shops and e-mail tools have them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.core.errors import QuestionError, SourceError
from regulars.core.settings import Settings
from regulars.engines.duckdb.workspace import DuckDBWorkspace, open_workspace
from regulars.engines.read_checked import read_checked
from regulars.lists.exclusions import Exclusions
from regulars.sources.files.discover import kind_of
from regulars.sources.files.excel import first_sheet
from regulars.sources.files.text import read_text
from regulars.sources.profiles.profile import FileShape
from regulars.warehouse.people.contacts import Identity, PeopleTold
from regulars.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from regulars.sources.open import RawTable

COLUMNS = ("customer_id", "customer", "customer_number", "customer_no", "id", "email",
           "email_address", "e_mail", "e_mail_address", "mail")  # fmt: skip
"""What a column is called that tells customers, in small letters, anything else as _."""

_NO_LETTERS = re.compile(r"[^a-z0-9]+")


def suppressed_in(path: Path) -> list[str]:
    """Return the customers that a file tells: their numbers or e-mails, as they stand.

    Of a CSV file or the first sheet of a workbook; the only column, or each that is called as one
    of customers.

    Raises SourceError where it cannot be read, or tells no customers.
    """
    if not path.is_file():
        raise SourceError(f"There is no file {path}.")
    kind = kind_of(path, path.name)
    columns: Sequence[str]
    if kind == "workbook":
        columns, rows = first_sheet(path)
    elif kind == "text":
        with open_workspace() as shop:
            columns, rows = _in_text(shop, path)
    else:
        raise SourceError(f"{path.name} is neither CSV nor a workbook: save it as one of those.")
    return _told(rows, _telling(columns, path.name))


def suppressed_in_table(warehouse: Warehouse, name: str) -> list[str]:
    """Return the customers that a table beside the warehouse tells, as `suppressed_in` has it.

    The table is in the same DuckDB file or PostgreSQL database; NAME, or SCHEMA.NAME.

    Raises QuestionError where there is none, SourceError where it tells no customers.
    """
    from ibis.common.exceptions import TableNotFound

    schema, _, table = name.rpartition(".")
    try:
        rows = warehouse.con.table(table, database=schema or None)
    except TableNotFound:
        raise QuestionError(
            f'There is no table "{name}" of customers to leave out beside {warehouse.engine}.'
        ) from None
    wanted = _telling(rows.columns, name)
    return _told(warehouse.rows(rows.select(*wanted).distinct()), wanted)


def with_those_never_written_to(
    exclusions: Exclusions, warehouse: Warehouse, settings: Settings
) -> Exclusions:
    """Return exclusions with those in the shop's own table of whom no list is to have.

    Raises as `suppressed_in_table` does: where the table has gone, nobody is written to.
    """
    never = _never_written_to(warehouse, settings)
    return replace(exclusions, suppressed=[*exclusions.suppressed, *never]) if never else exclusions


def suppressed_by_now(warehouse: Warehouse, identity: Identity, settings: Settings) -> PeopleTold:
    """Return whom no list is to have, by the shop's own table; they may be on an older list.

    Raises as `suppressed_in_table` and `people_told` do: then nobody is written to.
    """
    return identity.people_told(_never_written_to(warehouse, settings))


def _never_written_to(warehouse: Warehouse, settings: Settings) -> list[str]:
    table = settings.suppression_table
    return suppressed_in_table(warehouse, table) if table else []


def _told(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> list[str]:
    cells = (_as_text(row[column]) for row in rows for column in columns)
    return [cell for cell in cells if cell]


def _as_text(cell: object) -> str:
    """Return a cell as text; a whole number without decimals, for it is a customer's."""
    if isinstance(cell, float | Decimal) and cell == int(cell):
        cell = int(cell)
    return "" if cell is None else str(cell).strip()


def _in_text(shop: DuckDBWorkspace, path: Path) -> tuple[Sequence[str], list[dict[str, Any]]]:
    raw = read_text(shop.con, path, path.name, file=FileShape(), workdir=shop.folder)

    def take(source: "RawTable") -> tuple[list[dict[str, Any]], int]:
        rows = shop.fetch(source.table.select(*source.columns))
        rejected = source.rejected
        left = shop.fetch(rejected.limit(1)) if rejected is not None else []
        if left:
            raise SourceError(
                f"{path.name}, row {left[0]['source_row']} cannot be read, so nobody knows whom it "
                "tells. Mend it."
            )
        return rows, len(rows)

    source, rows = read_checked(raw, take)
    return source.columns, rows


def _telling(columns: Sequence[str], name: str) -> list[str]:
    """Return the columns that tell customers."""
    if len(columns) == 1:
        return list(columns)
    found = [one for one in columns if _NO_LETTERS.sub("_", one.lower()).strip("_") in COLUMNS]
    if not found:
        raise SourceError(
            f"{name} has no column that tells customers. It has: {', '.join(columns)}. Call "
            "the one of their numbers customer_id, or that of their e-mails email."
        )
    return found
