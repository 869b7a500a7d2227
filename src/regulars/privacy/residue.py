"""Search a warehouse for residue: what still identifies a person after their data was erased.

All text columns of all tables are searched for the person's values as whole words, ignoring case.
An id of digits only counts where it fills a whole cell, and not in columns of order or product
numbers. A product or location that is also in lines of other customers is not residue.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from regulars.core.schema import PEOPLE_COLUMNS
from regulars.engines.protocols import WarehouseTables
from regulars.privacy.person import NOT_SEARCHED, Person, count_rows, tables_with_customers
from regulars.warehouse.people.contacts import AT_SIGN

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, StringColumn, Table

SHORTEST_WORD = 3
LOCATION_COLUMNS = ("postcode", "city")
"""Personal data that the star may contain as the location or the store of an order."""

OTHER_NUMBERS = ("order_id", "product_id", "shop_order")
INTERNAL_TABLES = (
    "warehouse_facts",
    "loads",
    "ledger_entries",
    "load_reasons",
    "sync_marks",
    "people_facts",
    "period_targets",
    "job_runs",
)
"""Tables without any text from a source."""

INTERNAL_COLUMNS = {
    "load_sources": ("profile", "profile_from", "profile_version", "columns", "formats",
                     "formats_json", "fingerprint"),
    # The values of filters have been redacted one by one; the rest of their JSON is ours.
    "lists": ("author", "segments", "filters", "exclusions", "seed", "stratified_by"),
    "list_members": ("role", "segment", "reason"),
    "list_exports": ("author", "role", "format"),
    "calendar_notes": ("author",),
    "quarantine": ("reasons",),
    "people": tuple(PEOPLE_COLUMNS),  # the person's own rows are found by pseudonym
}  # fmt: skip
"""Columns of other tables that hold our own text or data about other people."""

ID_COLUMNS = ("customer_id", "pseudonym")
"""Columns in which only whole cells are compared."""

SHARED_COLUMNS = ("product_id", "product_name", "category", "subcategory", "location", "store",
                  "status", "favourite_category")  # fmt: skip
"""Columns whose values may also be in lines of other customers."""


@dataclass(frozen=True)
class Identifiers:
    """What identifies a person.

    words    found anywhere in a text
    numbers  found only as a whole cell
    shared   values that other people also have, and that are not searched for
    """

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    shared: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """A regular expression for any word, for lower-case text, that all engines understand."""
        return f"(^|[^[:alnum:]_])({self._any_word})($|[^[:alnum:]_])"

    def is_in(self, cell: object) -> bool:
        """Return whether a cell contains one of the words."""
        match = re.search(rf"(?a)(^|\W)({self._any_word})($|\W)", str(cell).lower())
        return bool(self.words and match)

    def redact(self, text: str) -> str:
        """Return a text with every word, or all of it if it is one of the numbers, as "…"."""
        if text in self.numbers:
            return "…"
        return self.redact_words(text)

    def redact_words(self, text: str) -> str:
        """Return a text with "…" for every word."""
        if not self.words:
            return text
        boundary = "[^A-Za-z0-9_]"
        pattern = rf"(?i)(^|{boundary})(?:{self._any_word})(?=$|{boundary})"
        return re.sub(pattern, r"\1…", text)

    @property
    def _any_word(self) -> str:
        return "|".join(re.escape(word.lower()) for word in self.words)


def identifiers_of(warehouse: WarehouseTables, person: Person) -> Identifiers:
    """Return what identifies a person, read before their data is erased.

    That is their customer_id, their pseudonym and their personal data. Left out are values of other
    people, towns and postcodes that the star has as locations or stores, and values too short to
    search for.
    """
    values = {value for column in person.values.values() for value in column}
    shared = _values_of_others(warehouse, person, values) & values
    towns = {value for name in LOCATION_COLUMNS for value in person.values.get(name, ())}
    unique = values - shared - _locations(warehouse, towns)
    numbers = tuple(id_ for id_ in person.ids if id_.isdigit())
    words = {value for value in unique if len(value) >= SHORTEST_WORD} | {*person.ids}
    return Identifiers(tuple(sorted(words - {*numbers})), numbers, tuple(sorted(shared)))


def searched_columns(warehouse: WarehouseTables) -> dict[str, list[str]]:
    """Return the text columns to search, by table."""
    searched = {}
    for name in sorted(warehouse.tables()):
        types = warehouse.table(name).schema().items()
        skipped = ("kind", *OTHER_NUMBERS, *INTERNAL_COLUMNS.get(name, ()))
        columns = [column for column, type_ in types if type_.is_string() and column not in skipped]
        if columns and name not in (*NOT_SEARCHED, *INTERNAL_TABLES):
            searched[name] = columns
    return searched


def find_residue(
    warehouse: WarehouseTables, person: Person, identifiers: Identifiers, their_orders: "Table"
) -> dict[str, int]:
    """Return the number of rows that still identify a person, by table or column; empty if none.

    `their_orders` (order_id) are the orders that were theirs.
    """
    residue = {
        f"table {name}": count_rows(warehouse, name, person)
        for name in tables_with_customers(warehouse)
    }
    for name, columns in searched_columns(warehouse).items():
        table = warehouse.table(name)
        matches = {column: _matches(table[column], column, identifiers) for column in columns}
        counts = {column: match.sum() for column, match in matches.items()}
        [row] = warehouse.fetch(table.aggregate(**counts))
        for column in (column for column in columns if row[column]):
            matching = table.filter(matches[column])
            cells = warehouse.fetch(matching.select(cell=table[column]).distinct())
            shared = _cells_of_other_orders(warehouse, column, cells, their_orders)
            residue[f"{name}.{column}"] = len({cell["cell"] for cell in cells} - shared)
    return {location: rows for location, rows in residue.items() if rows}


def rows_that_mention(rows: "Table", column: str, identifiers: Identifiers) -> "Table":
    """Return the rows whose text in a column identifies a person."""
    return rows.filter(_matches(rows[column], column, identifiers))


def _matches(text: "StringColumn", column: str, identifiers: Identifiers) -> "BooleanValue":
    if column in ID_COLUMNS:
        return text.isin((*identifiers.words, *identifiers.numbers)).fill_null(False)
    conditions: list[BooleanValue] = []
    if identifiers.words:
        conditions.append(text.lower().re_search(identifiers.pattern))
    if identifiers.numbers:
        conditions.append(text.isin(identifiers.numbers))
    return reduce(or_, conditions).fill_null(False)


def _values_of_others(warehouse: WarehouseTables, person: Person, values: set[str]) -> set[str]:
    """Return those of the values that other people have."""
    people = warehouse.table("people")
    others = people.filter(people.pseudonym.notin(person.pseudonyms or ("",)))
    shared: set[str] = set()
    for name in PEOPLE_COLUMNS if values else ():
        rows = others.filter(others[name].isin(sorted(values))).select(value=others[name])
        shared |= {row["value"] for row in warehouse.fetch(rows.distinct())}
    return shared | _ids_of_others(warehouse, person, values - shared)


def _ids_of_others(warehouse: WarehouseTables, person: Person, values: set[str]) -> set[str]:
    """Return those of the values, such as an email, that are the customer_id of others."""
    ids = {value for value in values if AT_SIGN in value} - {*person.ids}
    if not ids:
        return set()
    lines = warehouse.table("order_lines")
    rows = lines.filter(lines.customer_id.isin(sorted(ids))).select("customer_id").distinct()
    return {row["customer_id"] for row in warehouse.fetch(rows)}


def _locations(warehouse: WarehouseTables, values: set[str]) -> set[str]:
    """Return those of the values that are locations or stores of orders."""
    if not values:
        return set()
    orders = warehouse.table("dim_order")
    places = orders.select(place="location").union(orders.select(place="store"))
    rows = places.filter(places.place.isin(sorted(values))).distinct()
    return {row["place"] for row in warehouse.fetch(rows)}


def _cells_of_other_orders(
    warehouse: WarehouseTables,
    column: str,
    cells: Sequence[Mapping[str, str]],
    their_orders: "Table",
) -> set[str]:
    """Return those of the cells that lines of other orders also have."""
    if column not in SHARED_COLUMNS:
        return set()
    lines = warehouse.table("order_lines").anti_join(their_orders, "order_id")
    name = "category" if column == "favourite_category" else column
    rows = lines.filter(lines[name].isin([cell["cell"] for cell in cells]))
    return {row["cell"] for row in warehouse.fetch(rows.select(cell=rows[name]).distinct())}
