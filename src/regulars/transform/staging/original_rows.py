"""The original cells of a quarantined row, as JSON by column name."""

import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import ibis

from regulars.sources.profiles.built_columns import parts_of, without_store
from regulars.sources.profiles.formats import Formats

if TYPE_CHECKING:
    from ibis.expr.types import Value

SOURCE, ROW = "quarantined_source_id", "quarantined_row"
"""The columns that identify a row in an export."""

LOCATOR_COLUMNS = {
    SOURCE: "source_id",
    "quarantined_source": "source",
    ROW: "source_row",
    "quarantined_because": "reasons",
}
"""The first columns of an export, each with its column in the quarantine table."""

LINE = "line"
"""The key of a line that could not be split into cells."""

REDACTED_LINE = "(removed: a line without readable cells can contain personal data)"
"""Replaces such a line if the personal data of its source is stored separately."""

_NUMBER = re.compile(r"-?\d+\.\d+")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)( \d\d:\d\d:\d\d)?")


def parse_cells(original: str) -> dict[str, Any]:
    """Return the cells of a row by column name; the whole line under LINE if it has no cells."""
    try:
        cells = json.loads(original)
    except json.JSONDecodeError:
        cells = original
    return cells if isinstance(cells, dict) else {LINE: str(cells)}


def redact_row(original: str, columns: Mapping[str, str]) -> str:
    """Return the text of a row with only the cells that an order line needs, without the customer.

    `columns` maps our column names to those of the source. The customer's cell stays, but empty, so
    that the row can still be corrected. A line without cells is replaced.
    """
    cells = parse_cells(original)
    if set(cells) == {LINE} and LINE not in columns.values():
        return REDACTED_LINE
    used = {part for name in columns.values() for part in _names_of(name)}
    needed = {name: cell for name, cell in cells.items() if name in used}
    if customer := columns.get("customer_id"):
        # The store of a customer is also that of the order.
        own = without_store(customer)
        names = [name for name in (customer, own, *parts_of(own)) if name in cells]
        needed |= dict.fromkeys(names or [customer])
    return _to_json(needed)


def _names_of(label: str) -> tuple[str, ...]:
    """Return the names under which a row can have the cells of a column, by its label."""
    return (label, without_store(label), *parts_of(label))


def blank_cells(original: str, names: Collection[str]) -> str:
    """Return the text of a row with some cells empty."""
    return _to_json(parse_cells(original) | dict.fromkeys(names))


def _to_json(cells: Mapping[str, Any]) -> str:
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":"))


def as_source_text(cell: Any, formats: Formats, ours: str | None = None) -> Any:
    """Return a cell of a spreadsheet as its source would write it.

    A spreadsheet stores numbers as 12.125 and dates as 2024-01-29, whatever the source uses.
    `ours` is the name that the column has with us, if it is one of ours.
    """
    if not isinstance(cell, str):
        return cell
    if formats.decimal_of(ours) == "comma" and _NUMBER.fullmatch(cell):
        return cell.replace(".", ",")
    match = _DATE.fullmatch(cell)
    if match and formats.date_format and ours == "ordered_at":
        return datetime.fromisoformat(cell).strftime(formats.date_format[0])
    if match and formats.dates in ("day-first", "month-first"):
        year, month, day, time = match.groups(default="")
        first, second = (day, month) if formats.dates == "day-first" else (month, day)
        return f"{first}/{second}/{year}{time}"
    return cell


def json_cell(cell: "Value") -> "Value":
    """Return a cell that JSON can hold: times as text, NULL for NaN and infinity."""
    if cell.type().is_timestamp() or cell.type().is_date():
        return cell.cast("string")
    if cell.type().is_floating():
        number = cell.cast("float64")
        return ibis.ifelse(number.isnan() | number.isinf(), None, number)
    return cell
