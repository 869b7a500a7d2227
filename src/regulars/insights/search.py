"""Search products by words of their name or code, and customers by number, name or email."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import ibis

from regulars.core import formatting
from regulars.core.errors import WarehouseError
from regulars.core.settings import Settings
from regulars.engines.protocols import ReaderTables
from regulars.insights.parts import Match
from regulars.insights.scope import Scope
from regulars.warehouse.people.contacts import PeopleDirectory
from regulars.warehouse.people.merges import ids_of_people

MOST_PRODUCTS, MOST_CUSTOMERS = 8, 5
LONGEST_TEXT = 100
_NEIGHBOURS = 3


@dataclass(frozen=True)
class _Entry:
    """A product or a person to find: `text` is what the words are looked up in."""

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
class People:
    """The names and emails of customers with their searchable text; empty without any stored.

    settings  where the key is that links them to customers
    """

    settings: Settings

    def __call__(self, scope: Scope) -> Sequence[_Entry]:
        """Return an entry for each customer and each name or email stored for them."""
        tables = ReaderTables(scope.warehouse.reader)
        if "people" not in tables.tables():
            return []
        directory = PeopleDirectory(tables, self.settings)
        people = tables.table("people").select("pseudonym", "name", "email").distinct()
        rows = [row for row in tables.fetch(people) if row["name"] or row["email"]]
        if not rows:
            return []
        try:
            customers = _by_pseudonym(scope, directory)
        except WarehouseError:  # without the key, nobody can be linked to their contact data
            return []
        found = {
            (customers[row["pseudonym"]], row["name"], row["email"]): None
            for row in rows
            if row["pseudonym"] in customers
        }
        return [
            _Entry(folded(f"{name or ''} {email or ''}"),
                   Match("customer", customer, name or email or "", customer))
            for customer, name, email in found
        ]  # fmt: skip


def _by_pseudonym(scope: Scope, directory: PeopleDirectory) -> Mapping[str, str]:
    """Return the customer ID behind each pseudonym, of each of the IDs of a person."""
    customers = scope.warehouse.table("dim_customer")
    known = customers.filter(customers.is_known).select("customer_id")
    ids = {row["customer_id"]: row["customer_id"] for row in scope.fetch(known)}
    for customer, theirs in ids_of_people(ReaderTables(scope.warehouse.reader)).items():
        ids |= dict.fromkeys(theirs, customer)
    return {directory.pseudonym(id_): customer for id_, customer in ids.items()}


@dataclass(frozen=True)
class CustomerNumbers:
    """The customers whose number contains a text, the exact one first."""

    text: str

    def __call__(self, scope: Scope) -> Sequence[Match]:
        """Return the customers."""
        customers = scope.warehouse.table("dim_customer")
        number, wanted = customers.customer_id.lower(), self.text.lower()
        found = customers.filter(customers.is_known, number.contains(wanted)).order_by(
            ibis.desc(number == wanted), ibis.desc(number.startswith(wanted)),
            ibis.desc("net_sales"), "customer_id",
        ).limit(MOST_CUSTOMERS)  # fmt: skip
        return _customers(scope, found)


@dataclass(frozen=True)
class NearestNumbers:
    """The customers whose number comes before and after a text; only the customer, if known."""

    text: str

    def __call__(self, scope: Scope) -> Sequence[Match]:
        """Return the customers."""
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


def folded(text: str) -> str:
    """Return a text without case and accents, so that `cafe` finds `Café`."""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(one for one in letters if not unicodedata.combining(one)).casefold().strip()


def outcome(matches: Sequence[Match], *, with_customers: bool) -> str:
    """Return how much was found, in words."""
    if matches:
        return formatting.counted(len(matches), "result", "results")
    return f"No product{' or customer' if with_customers else ''} found"
