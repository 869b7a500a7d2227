"""The order dimension."""

from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.cached import cached_expression
from regulars.core.expressions import first_of_month
from regulars.core.schema import DIM_ORDER, KINDS
from regulars.transform.star.keys import key_or_unknown, most_frequent, with_keys

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value


@cached_expression
def customer_keys(lines: "Table", known: "Table | None" = None) -> "Table":
    """Return the customers of accepted lines with their keys: customer_key, customer_id.

    Customers of the dimension `known` keep their keys.
    """
    customers = lines.filter(lines.customer_id.notnull()).select("customer_id").distinct()
    return with_keys(customers, "customer_key", by="customer_id", known=known)


@cached_expression
def odd_orders(lines: "Table") -> "Table":
    """Return the orders whose lines disagree, by order_id.

    Columns: order_id; customers, locations and days, true if the order has several.
    """
    values = {"customers": lines.customer_id, "locations": lines.location,
              "days": lines.ordered_at.date()}  # fmt: skip
    orders = lines.group_by("order_id").aggregate(
        **{name: (value.min() != value.max()).fill_null(False) for name, value in values.items()}
    )
    return orders.filter(orders.customers | orders.locations | orders.days).order_by("order_id")


@cached_expression
def dim_order(
    lines: "Table", customers: "Table", odd: "Table", known: "Table | None" = None
) -> "Table":
    """Return `core.schema.DIM_ORDER` for accepted lines; `odd` is the result of `odd_orders`.

    An order has one customer and one location; if its lines name several, the one that most lines
    name. An order with a sale is a sale; otherwise its kind is the first of return, cancelled, fee,
    adjustment, voucher and test among its lines. Orders of the dimension `known` keep their keys.
    """
    orders = lines.group_by("order_id").aggregate(
        ordered_at=lines.ordered_at.min(),
        last_sale_at=lines.ordered_at.max(where=lines.kind == "sale"),
        customer_id=lines.customer_id.max(),
        location=lines.location.max(),
        kind_number=_kind_number(lines.kind).min(),
    )
    agreed = _agreed(orders, lines.semi_join(odd, "order_id"))
    keyed = with_keys(agreed, "order_key", by="order_id", known=known)
    ids = customers.rename(known_id="customer_id")
    joined = keyed.left_join(ids, keyed.customer_id == ids.known_id)
    return joined.mutate(
        customer_key=key_or_unknown(joined.customer_key),
        ordered_on=joined.ordered_at.date(),
        month=first_of_month(joined.ordered_at),
        weekday=(joined.ordered_at.day_of_week.index() + 1).cast("int8"),
        kind=_kind_name(joined.kind_number),
    ).select(*DIM_ORDER.columns)


def _agreed(orders: "Table", odd_lines: "Table") -> "Table":
    """Return orders with the customer and location that most of their lines name."""
    for column in ("customer_id", "location"):
        most = most_frequent(odd_lines, by="order_id", column=column)
        most = most.select(odd_order="order_id", most_named=column)
        joined = orders.left_join(most, orders.order_id == most.odd_order)
        agreed = ibis.coalesce(joined.most_named, joined[column])
        orders = joined.mutate(**{column: agreed}).drop("odd_order", "most_named")
    return orders


def _kind_number(kind: "Value") -> "Value":
    numbers = ((kind == name, number) for number, name in enumerate(KINDS))
    return cast("Value", ibis.cases(*numbers, else_=len(KINDS)).cast("int8"))


def _kind_name(number: "Value") -> "Value":
    return ibis.cases(*((number == n, name) for n, name in enumerate(KINDS)))
