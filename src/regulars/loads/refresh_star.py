"""Renewing the star where orders have changed: what they touch is made again, all else stays.

A load of a day touches a few thousand orders, customers and products of millions. Each table is
made by the same functions that a build uses, from the lines of what was touched; keys stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from regulars.core import schema
from regulars.core.settings import Settings
from regulars.engines.protocols import Store
from regulars.transform.star.contract import breaches, cast_to
from regulars.transform.star.contract import check as check_contract
from regulars.transform.star.customers import customers_so_far, with_high_value
from regulars.transform.star.dates import dim_date
from regulars.transform.star.orders import customer_keys, dim_order, odd_orders
from regulars.transform.star.products import dim_product
from regulars.transform.star.sales import fact_sales

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True)
class Change:
    """Orders whose lines change: the order_id of each, and their standing lines before and after.

    `before` and `after` have the columns of the table order_lines.
    """

    orders: "Table"
    before: "Table"
    after: "Table"

    @property
    def both(self) -> "Table":
        """Every line that stood or will stand."""
        return self.before.union(self.after)


def refresh_star(store: Store, change: Change, settings: Settings) -> "Table":
    """Put a change of orders through the star; return the rows of the fact it made.

    Raises ContractError where what was made breaks its promise.
    """
    products = _products_of(store, change)
    customers = store.materialize(
        "stg_customers", customer_keys(change.both, known=store.table("dim_customer"))
    )
    old_orders = store.table("dim_order").semi_join(change.orders, "order_id")
    old_keys = store.materialize("stg_old_order_keys", old_orders.select("order_key"))
    store.replace("order_lines", change.after, where=change.orders)
    made = _made(store, change, customers, products)
    store.replace("fact_sales", made["fact_sales"], where=old_keys)
    store.replace("dim_order", made["dim_order"], where=change.orders)
    store.replace("dim_product", made["dim_product"], where=products)
    _renew_customers(store, customers, settings)
    _renew_dates(store, settings)
    _check(store, made)
    return made["fact_sales"]


def _products_of(store: Store, change: Change) -> "Table":
    named = change.both.filter(change.both.product_id.notnull())
    return store.materialize("stg_products", named.select("product_id").distinct())


def _made(
    store: Store, change: Change, customers: "Table", products: "Table"
) -> Mapping[str, "Table"]:
    """Return the rows of the fact, of the orders and of the products that were touched."""
    lines = change.after
    odd = store.materialize("stg_odd_orders", odd_orders(lines))
    store.replace("odd_orders", odd, where=change.orders)
    theirs = store.table("order_lines").semi_join(products, "product_id")
    made = dim_product(theirs, known=store.table("dim_product"))
    known_products = store.materialize("stg_dim_product", made.filter(made.product_id.notnull()))
    orders = dim_order(lines, customers, odd, known=store.table("dim_order"))
    kept_orders = store.materialize("stg_dim_order", cast_to(orders, schema.DIM_ORDER))
    sales = cast_to(fact_sales(lines, kept_orders, known_products), schema.FACT_SALES)
    return {
        "dim_product": known_products,
        "dim_order": kept_orders,
        "fact_sales": store.materialize("stg_fact_sales", sales),
    }


def _renew_customers(store: Store, touched: "Table", settings: Settings) -> None:
    """Make the customers touched again, and mend the high value of whom the new bar lifts or drops.

    Customers of whom no line is left go.
    """
    lines, orders, sales = map(store.table, ("order_lines", "dim_order", "fact_sales"))
    all_customers = store.table("dim_customer")
    known = all_customers.filter(all_customers.is_known)
    left = touched.semi_join(lines, "customer_id")
    fresh = customers_so_far(
        left, orders.semi_join(left, "customer_key"), sales.semi_join(left, "customer_key")
    ).mutate(is_high_value=ibis.literal(False))
    others = known.anti_join(touched, "customer_key")
    everybody = cast_to(fresh, schema.DIM_CUSTOMER).union(cast_to(others, schema.DIM_CUSTOMER))
    valued = with_high_value(everybody.drop("is_high_value"), settings.high_value_percentile)
    now = store.materialize("stg_dim_customer", cast_to(valued, schema.DIM_CUSTOMER))
    was = known.select(old_key="customer_key", was_high_value="is_high_value")
    judged = now.inner_join(was, now.customer_key == was.old_key)
    flipped = judged.filter(judged.is_high_value != judged.was_high_value).select("customer_key")
    keys = store.materialize(
        "stg_customer_keys", touched.select("customer_key").union(flipped).distinct()
    )
    store.replace("dim_customer", now.semi_join(keys, "customer_key"), where=keys)


def _renew_dates(store: Store, settings: Settings) -> None:
    """Make the calendar again where the data now begin or end on another day."""
    sales, dates = store.table("fact_sales"), store.table("dim_date")
    [span] = store.fetch(sales.aggregate(first=sales.ordered_on.min(), last=sales.ordered_on.max()))
    seen = dates.filter(dates.is_observed)
    [was] = store.fetch(seen.aggregate(first=seen.date.min(), last=seen.date.max()))
    if span != was:
        days = dim_date(span["first"], span["last"], fiscal_year_start=settings.fiscal_year_start)
        store.replace("dim_date", cast_to(days, schema.DIM_DATE), where=None)


def _check(store: Store, made: Mapping[str, "Table"]) -> None:
    """Check what was made against its promises: its own rows, and that they find their parents."""
    whole = {contract.name: store.table(contract.name) for contract in schema.STAR}
    for name in ("fact_sales", "dim_order"):
        contract = schema.CONTRACTS[name]
        [counts] = store.fetch(breaches(whole | {name: made[name]}, contract))
        check_contract(name, made[name].schema(), counts, contract)
    for name in ("dim_customer", "dim_product"):
        contract = schema.CONTRACTS[name]
        [counts] = store.fetch(breaches(whole, contract))
        check_contract(name, whole[name].schema(), counts, contract)
