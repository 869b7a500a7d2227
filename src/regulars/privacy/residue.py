"""Looking for what is left of a person: every column of text, of every table of a warehouse.

A number made of digits alone is a customer where customers stand, and where it is all that a cell
says; in a number of an order or of a product it is another number. All other values are looked for
as whole words, capitals aside. What lines of other orders say just so (a product, a place) is
theirs as well, and tells nobody.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from regulars.core.schema import PEOPLE_COLUMNS
from regulars.engines.protocols import WarehouseTables
from regulars.privacy.person import NAMES_NOBODY, Person, naming, rows_of

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, StringColumn, Table

SHORTEST = 3
PLACES = ("postcode", "city")
"""What the star may keep as the place of an order, where it names nobody."""

OTHER_NUMBERS = ("order_id", "product_id", "shop_order")
OUR_WORDS = (
    "warehouse_facts",
    "loads",
    "ledger_entries",
    "load_reasons",
    "sync_marks",
    "people_facts",
)
"""Tables whose text is ours: no cell of a source fills it."""

OUR_COLUMNS = {
    "load_sources": ("profile", "profile_from", "profile_version", "columns", "formats", "reading",
                     "fingerprint"),
    # Of filters each value by itself has been looked through: beside them stand words of ours.
    "lists": ("author", "segments", "filters", "exclusions", "seed", "stratified_by"),
    "list_members": ("role", "segment", "reason"),
    "list_exports": ("author", "role", "form"),
    "quarantine": ("reasons",),
    "people": tuple(PEOPLE_COLUMNS),  # of others: the person's own rows are told by pseudonym
}  # fmt: skip
"""Columns of other tables that hold our own words, or what is said of other people."""

NUMBERS = ("customer_id", "pseudonym")
"""Where a word is all that a cell says, or none."""

SHARED_WORDS = ("product_id", "product_name", "category", "subcategory", "location", "status",
                "favourite_category")  # fmt: skip


@dataclass(frozen=True)
class Sought:
    """What is looked for: words in any text, and a number that is all that a cell says.

    shared  values of the person that are held of others, too, and so cannot be looked for
    """

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    shared: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """A regular expression for any of the words, in small letters, as engines agree on it."""
        return f"(^|[^[:alnum:]_])({self._any})($|[^[:alnum:]_])"

    def is_in(self, cell: object) -> bool:
        """Return whether one of the words stands in a cell."""
        found = re.search(rf"(?a)(^|\W)({self._any})($|\W)", str(cell).lower())
        return bool(self.words and found)

    def taken_from(self, cell: str) -> str:
        """Return a cell with dots in place of the words."""
        if not self.words:
            return cell
        around = "[^A-Za-z0-9_]"
        return re.sub(rf"(?i)(^|{around})(?:{self._any})(?=$|{around})", r"\1…", cell)

    @property
    def _any(self) -> str:
        return "|".join(re.escape(word.lower()) for word in self.words)


def sought(held: WarehouseTables, person: Person) -> Sought:
    """Return what tells a person, as long as the warehouse still holds it.

    That is their number, their pseudonym, and every value that nobody else has, but for towns and
    postcodes that the star has as places, and for what is too short to be told from other words.
    """
    values = {value for told in person.values.values() for value in told}
    shared = _of_others(held, person, values) & values
    places = {value for name in PLACES for value in person.values.get(name, ())}
    kept = _places(held, places)
    told = {value for value in values - shared - kept if len(value) >= SHORTEST}
    is_number = person.asked.isdigit()
    words = {*told, *(() if is_number else (person.asked,)), *(person.ids[1:])}
    return Sought(tuple(sorted(words)), (person.asked,) if is_number else (), tuple(sorted(shared)))


def searched(held: WarehouseTables) -> dict[str, list[str]]:
    """Return the columns of text of every table that may hold what is looked for."""
    found = {}
    for name in sorted(held.tables()):
        types = held.table(name).schema().items()
        ours = ("kind", *OTHER_NUMBERS, *OUR_COLUMNS.get(name, ()))
        columns = [column for column, type_ in types if type_.is_string() and column not in ours]
        if columns and name not in (*NAMES_NOBODY, *OUR_WORDS):
            found[name] = columns
    return found


def traces(
    held: WarehouseTables, person: Person, what: Sought, their_orders: "Table"
) -> dict[str, int]:
    """Return where something is left of a person: rows by table or by column, empty for nowhere.

    `their_orders` are the orders that were theirs (order_id).
    """
    left = {f"table {name}": rows_of(held, name, person) for name in naming(held)}
    for name, columns in searched(held).items():
        table = held.table(name)
        hits = {column: _hit(table[column], column, what) for column in columns}
        counts = {column: hit.sum() for column, hit in hits.items()}
        [row] = held.fetch(table.aggregate(**counts))
        for column in (column for column in columns if row[column]):
            cells = held.fetch(table.filter(hits[column]).select(cell=table[column]).distinct())
            theirs = {cell["cell"] for cell in cells} - _of_lines(held, column, cells, their_orders)
            left[f"{name}.{column}"] = len(theirs)
    return {place: rows for place, rows in left.items() if rows}


def matching(rows: "Table", column: str, what: Sought) -> "Table":
    """Return the rows of a table whose text in a column says one of the words."""
    return rows.filter(_hit(rows[column], column, what))


def _hit(text: "StringColumn", column: str, what: Sought) -> "BooleanValue":
    if column in NUMBERS:
        return text.isin((*what.words, *what.numbers)).fill_null(False)
    told: list[BooleanValue] = []
    if what.words:
        told.append(text.lower().re_search(what.pattern))
    if what.numbers:
        told.append(text.isin(what.numbers))
    return reduce(or_, told).fill_null(False)


def _of_others(held: WarehouseTables, person: Person, values: set[str]) -> set[str]:
    """Return what is held of other people, of these values."""
    people = held.table("people")
    others = people.filter(people.pseudonym != (person.pseudonym or ""))
    found: set[str] = set()
    for name in PEOPLE_COLUMNS if values else ():
        alike = others.filter(others[name].isin(sorted(values))).select(value=others[name])
        found |= {row["value"] for row in held.fetch(alike.distinct())}
    return found


def _places(held: WarehouseTables, values: set[str]) -> set[str]:
    if not values:
        return set()
    orders = held.table("dim_order")
    kept = orders.filter(orders.location.isin(sorted(values))).select("location").distinct()
    return {row["location"] for row in held.fetch(kept)}


def _of_lines(
    held: WarehouseTables, column: str, cells: Sequence[Mapping[str, str]], their_orders: "Table"
) -> set[str]:
    """Return those of the cells that lines of other orders say, too."""
    if column not in SHARED_WORDS:
        return set()
    lines = held.table("order_lines").anti_join(their_orders, "order_id")
    told = "category" if column == "favourite_category" else column
    said = lines.filter(lines[told].isin([cell["cell"] for cell in cells]))
    return {row["cell"] for row in held.fetch(said.select(cell=said[told]).distinct())}
