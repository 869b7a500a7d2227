"""One product: who buys it, what comes back, and what is bought with it.

The scope of these sections has the product among its filters.
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from regulars.insights.customer_table import CustomerNames, customer_table, highest_spenders
from regulars.insights.figure_ref import FigureRef
from regulars.insights.findings import product as findings
from regulars.insights.findings.guards import FEW_ORDERS
from regulars.insights.parts import Cell, Header, Section, Table
from regulars.insights.scope import Rows, Scope
from regulars.insights.table_file import TableRef
from regulars.insights.tables import TOP, cells, headers, named, with_bar
from regulars.warehouse.query_options import is_text

PRODUCT_FILTERS = ("product_id", "category", "subcategory", "discount_band")
"""The filters that a page of one product drops: they would hide some of its sales."""

_FACTS = (
    "units", "customers", "repeat_rate", "first_purchases", "first_purchase_share", "returns",
    "return_rate",
)  # fmt: skip
_LINKED = ("units", "customers", "returns", "return_rate", "repeat_rate")
_PAIR = ("orders", "share", "share_of_all", "lift")
_FIRST = "Customers who ordered before the data starts count as new in it."


@dataclass(frozen=True)
class ProductName:
    """The name and the category of a product by its code; None if there is no such product."""

    product_id: str

    def __call__(self, scope: Scope) -> tuple[str, str] | None:
        """Return the name, or else the code, and the category, or else nothing."""
        if not is_text(self.product_id):
            return None
        products = scope.warehouse.table("dim_product")
        found = scope.fetch(products.filter(products.product_id == self.product_id).limit(1))
        if not found:
            return None
        return found[0]["product_name"] or self.product_id, found[0]["category"] or ""


@dataclass(frozen=True)
class BuyersOf:
    """Who buys a product, and how much of it is returned.

    shows_customers  whether the user may see customer numbers
    names            the names stored for customers; None for users who may not see them
    """

    shows_customers: bool
    names: CustomerNames | None = None
    name: ClassVar[str] = "buyers"

    def __call__(self, scope: Scope) -> Section:
        """Return the section."""
        rows = scope.rows("product_summary")
        if not rows:
            return Section(
                self.name, "Buyers", "No sales in this view", "Choose other dates or filters."
            )
        [summary] = rows
        others = {name: values for name, values in scope.where.items() if name != "product_id"}
        of_all = replace(scope, where=others).measure("return_rate")
        [ever] = scope.rows("product_summary", since=None, until=None)
        remarks = [findings.returns(summary, of_all), findings.sold(ever), _FIRST]
        parts = [_facts(scope, summary)]
        if self.shows_customers and (customers := highest_spenders(scope, TOP)):
            title = "Customers who spent most on it"
            parts.append(customer_table(scope, customers, title, self.names))
        return Section(
            self.name, "Buyers", findings.buyers(summary), " ".join(filter(None, remarks)), parts
        )


def bought_together(scope: Scope) -> Section:
    """The products bought most often with this one; none if it is in few orders."""
    orders = scope.orders
    pairs = named(scope.rows("bought_together"), "product") if orders >= FEW_ORDERS else []
    finding, topic = findings.together(pairs, orders), "Bought together"
    if not pairs:
        return Section("together", topic, finding, has_finding=False)
    detail = (
        "The products most often in the same order. Times as often: their share of these orders, "
        "compared with their share of all orders. Popular products are in many orders anyway."
    )
    return Section("together", topic, finding, detail, [_pairs(scope, pairs)])


def _facts(scope: Scope, summary: dict[str, Any]) -> Table:
    """Return the figures as a table with one row."""
    cards, ref = scope.cards("product_summary"), FigureRef("product_summary")
    refs = dict.fromkeys(_LINKED, ref)
    figures = cells(summary, cards, _FACTS, scope.currency, refs)
    period = Cell(str(scope.span or scope.whole), style="name")
    headed = [Header("Period", is_number=False), *headers(cards, _FACTS)]
    download = TableRef.of("product_summary").encode()
    return Table("Buyers and returns", headed, [[period, *figures]], style="cards",
                 download=download)  # fmt: skip


def _pairs(scope: Scope, pairs: Rows) -> Table:
    cards, longest = scope.cards("bought_together"), float(pairs[0]["orders"])
    rows = []
    for pair in pairs[:TOP]:
        code = pair["product_id"] or ""
        name = Cell(
            pair["product"], code if code != pair["product"] else "",
            style="name", member=code, column="product",
        )  # fmt: skip
        figures = cells(pair, cards, _PAIR, scope.currency)
        rows.append([name, *with_bar(figures, float(pair["orders"]) / longest)])
    more = f", top {TOP} of {len(pairs):,}" if len(pairs) > TOP else ""
    headed = [Header("Product", is_number=False), *headers(cards, _PAIR)]
    return Table(
        f"Products in the same orders{more}", headed, rows, style="top",
        download=TableRef.of("bought_together").encode(),
    )  # fmt: skip
