"""Refresh the star for orders that have changed: only the rows they affect are rebuilt.

A day's load affects a few thousand of millions of orders, customers and products. The same
functions that a build uses rebuild their rows. Keys do not change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from regulars.core import schema
from regulars.core.settings import Settings
from regulars.engines.protocols import Store
from regulars.transform.orders.corrections import with_corrections
from regulars.transform.star.contract import cast_to, check_contract, count_breaches
from regulars.transform.star.customers import flag_high_value, summarize_customers
from regulars.transform.star.dates import dim_date
from regulars.transform.star.merges import by_person
from regulars.transform.star.orders import customer_keys, dim_order, odd_orders
from regulars.transform.star.products import dim_product
from regulars.transform.star.sales import fact_sales

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True)
class ChangedOrders:
    """Orders whose lines change.

    orders  order_id of each order
    before  their current lines before the change, in the columns of order_lines
    after   their current lines after the change, in the same columns
    corrections  orders that a credit cancels now; None if there are none
    merges_before, merges_after  which customer ids were and are one person; None if none are
    """

    orders: "Table"
    before: "Table"
    after: "Table"
    corrections: "Table | None" = None
    merges_before: "Table | None" = None
    merges_after: "Table | None" = None

    @property
    def after_by_person(self) -> "Table":
        """The lines after the change, with the id of the person and the kinds that count."""
        return with_corrections(by_person(self.after, self.merges_after), self.corrections)

    @property
    def all_lines(self) -> "Table":
        """The lines before and after the change, with the id of the person."""
        return by_person(self.before, self.merges_before).union(self.after_by_person)


def refresh_star(store: Store, changed: ChangedOrders, settings: Settings) -> "Table":
    """Update the star, and return the new rows of fact_sales; order_lines has the new lines.

    Raises ContractError if a table breaks its contract.
    """
    named = changed.all_lines.filter(changed.all_lines.product_id.notnull())
    products = store.materialize("stg_products", named.select("product_id").distinct())
    customers = store.materialize(
        "stg_customers", customer_keys(changed.all_lines, known=store.table("dim_customer"))
    )
    old_orders = store.table("dim_order").semi_join(changed.orders, "order_id")
    old_keys = store.materialize("stg_old_order_keys", old_orders.select("order_key"))
    rows = _rebuild(store, changed, customers, products)
    store.replace("fact_sales", rows["fact_sales"], where=old_keys)
    store.replace("dim_order", rows["dim_order"], where=changed.orders)
    store.replace("dim_product", rows["dim_product"], where=products)
    lines = by_person(store.table("order_lines"), changed.merges_after)
    _refresh_customers(store, customers, lines, settings)
    _refresh_dates(store, settings)
    _check_refreshed_star(store, rows)
    return rows["fact_sales"]


def _rebuild(
    store: Store, changed: ChangedOrders, customers: "Table", products: "Table"
) -> Mapping[str, "Table"]:
    """Return the rows of fact_sales, dim_order and dim_product that have changed."""
    odd = store.materialize("stg_odd_orders", odd_orders(changed.after_by_person))
    store.replace("odd_orders", odd, where=changed.orders)
    product_lines = store.table("order_lines").semi_join(products, "product_id")
    rebuilt = dim_product(product_lines, known=store.table("dim_product"))
    known_products = store.materialize(
        "stg_dim_product", rebuilt.filter(rebuilt.product_id.notnull())
    )
    odd_lines = changed.after_by_person.semi_join(odd, "order_id")
    orders = dim_order(
        changed.after_by_person, customers, odd_lines, known=store.table("dim_order")
    )
    known_orders = store.materialize("stg_dim_order", cast_to(orders, schema.DIM_ORDER))
    counted = with_corrections(changed.after, changed.corrections)
    sales = cast_to(fact_sales(counted, known_orders, known_products), schema.FACT_SALES)
    return {
        "dim_product": known_products,
        "dim_order": known_orders,
        "fact_sales": store.materialize("stg_fact_sales", sales),
    }


def _refresh_customers(store: Store, changed: "Table", lines: "Table", settings: Settings) -> None:
    """Rebuild the changed customers, and those whose high value changes with the threshold.

    Customers without any of the `lines` are removed.
    """
    orders, sales = store.table("dim_order"), store.table("fact_sales")
    customers = store.table("dim_customer")
    known = customers.filter(customers.is_known)
    left = changed.semi_join(lines, "customer_id")
    rebuilt = summarize_customers(
        left, orders.semi_join(left, "customer_key"), sales.semi_join(left, "customer_key")
    ).mutate(is_high_value=ibis.literal(False))
    others = known.anti_join(changed, "customer_key")
    all_rows = cast_to(rebuilt, schema.DIM_CUSTOMER).union(cast_to(others, schema.DIM_CUSTOMER))
    valued = flag_high_value(all_rows.drop("is_high_value"), settings.high_value_percentile)
    new = store.materialize("stg_dim_customer", cast_to(valued, schema.DIM_CUSTOMER))
    old = known.select(old_key="customer_key", was_high_value="is_high_value")
    joined = new.inner_join(old, new.customer_key == old.old_key)
    flipped = joined.filter(joined.is_high_value != joined.was_high_value).select("customer_key")
    keys = store.materialize(
        "stg_customer_keys", changed.select("customer_key").union(flipped).distinct()
    )
    store.replace("dim_customer", new.semi_join(keys, "customer_key"), where=keys)


def _refresh_dates(store: Store, settings: Settings) -> None:
    """Rebuild the calendar if the data now begins or ends on another day."""
    sales, dates = store.table("fact_sales"), store.table("dim_date")
    [span] = store.fetch(sales.aggregate(first=sales.ordered_on.min(), last=sales.ordered_on.max()))
    observed = dates.filter(dates.is_observed)
    [old_span] = store.fetch(
        observed.aggregate(first=observed.date.min(), last=observed.date.max())
    )
    if span != old_span:
        days = dim_date(span["first"], span["last"], fiscal_year_start=settings.fiscal_year_start)
        store.replace("dim_date", cast_to(days, schema.DIM_DATE), where=None)


def _check_refreshed_star(store: Store, rows: Mapping[str, "Table"]) -> None:
    """Check the new rows of facts and orders, and all customers and products.

    A new calendar is cast to its contract, and the days of an old one have not changed.
    """
    star = {contract.name: store.table(contract.name) for contract in schema.STAR}
    for name in ("fact_sales", "dim_order", "dim_customer", "dim_product"):
        checked = star | {name: rows[name]} if name in ("fact_sales", "dim_order") else star
        contract = schema.CONTRACTS[name]
        [counts] = store.fetch(count_breaches(checked, contract))
        check_contract(name, checked[name].schema(), counts, contract)
