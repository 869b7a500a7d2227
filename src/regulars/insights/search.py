"""Search products by words of their name or code, and customers by number, name or email."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import ibis

from regulars.core import formatting
from regulars.core.errors import WarehouseError
from regulars.core.folding import folded, folded_latin
from regulars.core.settings import Settings
from regulars.engines.protocols import ReaderTables
from regulars.insights.parts import Match
from regulars.insights.scope import Scope
from regulars.warehouse.people.contacts import PeopleDirectory
from regulars.warehouse.people.index import PseudonymIndex
from regulars.warehouse.query_options import is_text

MOST_PRODUCTS, MOST_CUSTOMERS = 8, 5
LONGEST_TEXT = 100
_NEIGHBOURS = 3
_MOST_PEOPLE = 50
"""How many names and emails to look up, more than are shown: some are of the same customer."""


@dataclass(frozen=True)
class _Entry:
    """A product to find; `text` is the text to search."""

    text: str
    match: Match


def products(scope: Scope) -> Sequence[_Entry]:
    """Return all products with their searchable text, those with the highest net sales first."""
    money = scope.formatter("sales_by", "net_sales")
    return [
        _Entry(folded(f"{row['product_id']} {row['product_name'] or ''}"), Match(
            "product", row["product_id"], row["product_name"] or row["product_id"],
            row["product_id"] if row["product_name"] else "", money(row["net_sales"]),
        ))
        for row in scope.rows("sales_by", by="product")
        if row["product_id"]
    ]  # fmt: skip


@dataclass(frozen=True)
class CustomersByPseudonym:
    """The customers behind the names and emails; None if none are stored, or without the key.

    settings  where the key is that links them to customers
    """

    settings: Settings

    def __call__(self, scope: Scope) -> PseudonymIndex | None:
        """Return the index, which takes a few seconds for a million customers."""
        tables = ReaderTables(scope.warehouse.reader)
        directory = PeopleDirectory(tables, self.settings)
        if "people" not in tables.tables() or not directory.has_people:
            return None
        try:
            return PseudonymIndex.of(scope.warehouse, directory)
        except WarehouseError:  # without the key, nobody can be linked to their contact data
            return None


@dataclass(frozen=True)
class PeopleNamed:
    """The customers whose name or email contains every word of a text."""

    text: str
    index: PseudonymIndex

    def __call__(self, scope: Scope) -> Sequence[Match]:
        """Return the customers, by name."""
        if not is_text(self.text):
            return []
        people = scope.warehouse.table("people")
        name, email = people["name"].fill_null(""), people["email"].fill_null("")
        written = folded_latin(name.concat(" ", email))
        found = people.filter(*(written.contains(word) for word in folded(self.text).split()))
        rows = scope.fetch(
            found.select("pseudonym", "name", "email").distinct()
            .order_by("name", "email", "pseudonym").limit(_MOST_PEOPLE)
        )  # fmt: skip
        keys = self.index.keys_of(row["pseudonym"] for row in rows)
        ids = _ids_of(scope, keys.values())
        return [
            Match("customer", ids[keys[row["pseudonym"]]], row["name"] or row["email"],
                  ids[keys[row["pseudonym"]]])
            for row in rows
            if row["pseudonym"] in keys
        ]  # fmt: skip


def _ids_of(scope: Scope, keys: Iterable[int]) -> Mapping[int, str]:
    """Return the customer_id of each customer_key."""
    customers = scope.warehouse.table("dim_customer")
    found = customers.filter(customers.customer_key.isin([*keys]))
    return {row["customer_key"]: row["customer_id"]
            for row in scope.fetch(found.select("customer_key", "customer_id"))}  # fmt: skip


@dataclass(frozen=True)
class CustomerNumbers:
    """The customers whose number contains a text, the exact one first."""

    text: str

    def __call__(self, scope: Scope) -> Sequence[Match]:
        """Return the customers."""
        if not is_text(self.text):
            return []
        customers = scope.warehouse.table("dim_customer")
        number, wanted = customers.customer_id.lower(), self.text.lower()
        found = customers.filter(customers.is_known, number.contains(wanted)).order_by(
            ibis.desc(number == wanted), ibis.desc(number.startswith(wanted)),
            ibis.desc("net_sales"), "customer_id",
        ).limit(MOST_CUSTOMERS)  # fmt: skip
        return _customers(scope, found)


@dataclass(frozen=True)
class NearestNumbers:
    """The customers with the nearest numbers; only the customer, if there is one."""

    text: str

    def __call__(self, scope: Scope) -> Sequence[Match]:
        """Return the customers."""
        if not is_text(self.text):
            return []
        customers = scope.warehouse.table("dim_customer")
        known = customers.filter(customers.is_known)
        if exact := _customers(scope, known.filter(known.customer_id == self.text)):
            return exact
        before = known.filter(known.customer_id < self.text).order_by(ibis.desc("customer_id"))
        after = known.filter(known.customer_id > self.text).order_by("customer_id")
        both = (_customers(scope, rows.limit(_NEIGHBOURS)) for rows in (before, after))
        first, last = both
        return [*first[::-1], *last]


def _customers(scope: Scope, customers: "ibis.expr.types.Table") -> Sequence[Match]:
    money = scope.formatter("kpis", "net_sales")
    return [
        Match("customer", row["customer_id"], row["customer_id"], row["location"] or "",
              money(row["net_sales"] or Decimal(0)))
        for row in scope.fetch(customers.select("customer_id", "location", "net_sales"))
    ]  # fmt: skip


def find(entries: Sequence[_Entry], text: str, most: int) -> list[Match]:
    """Return the entries that contain every word of a text, an exact code or number first."""
    words = folded(text).split()
    found = [entry for entry in entries if all(word in entry.text for word in words)]
    exact = [entry for entry in found if folded(entry.match.member) == folded(text)]
    others = [entry for entry in found if entry not in exact[:1]]
    return [entry.match for entry in [*exact[:1], *others]][:most]


def outcome(matches: Sequence[Match], *, with_customers: bool) -> str:
    """Return how much was found, in words."""
    if matches:
        return formatting.counted(len(matches), "result", "results")
    return f"No product{' or customer' if with_customers else ''} found"
