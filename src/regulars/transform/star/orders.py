"""The order dimension."""

from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.expressions import first_of_month
from regulars.core.schema import DIM_ORDER, KINDS
from regulars.transform.star.keys import most_frequent, numbered, or_unknown

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value


def customer_keys(lines: "Table", known: "Table | None" = None) -> "Table":
    """Return each customer of accepted lines with a key: customer_key, customer_id.

    Those of the dimension `known` keep the keys they have there.
    """
    customers = lines.filter(lines.customer_id.notnull()).select("customer_id").distinct()
    return numbered(customers, "customer_key", by="customer_id", known=known)


def odd_orders(lines: "Table") -> "Table":
    """Return the orders whose lines do not agree, by order_id.

    Columns: order_id, and whether it has several customers, locations or days (yes/no each).
    """
    told = {"customers": lines.customer_id, "locations": lines.location,
            "days": lines.ordered_at.date()}  # fmt: skip
    orders = lines.group_by("order_id").aggregate(
        **{name: (one.min() != one.max()).fill_null(False) for name, one in told.items()}
    )
    return orders.filter(orders.customers | orders.locations | orders.days).order_by("order_id")


def dim_order(
    lines: "Table", customers: "Table", odd: "Table", known: "Table | None" = None
) -> "Table":
    """Return `tables.DIM_ORDER` of accepted lines, `odd` being the orders that `odd_orders` finds.

    An order belongs to one customer and one location: where its lines name several, to the one
    that most of them name. An order with a line of sale is a sale; one without is what comes first
    of return, cancelled, fee, adjustment, voucher and test. Orders of the dimension `known` keep
    their keys.
    """
    orders = lines.group_by("order_id").aggregate(
        ordered_at=lines.ordered_at.min(),
        last_sale_at=lines.ordered_at.max(where=lines.kind == "sale"),
        customer_id=lines.customer_id.max(),
        location=lines.location.max(),
        kind_place=_place(lines.kind).min(),
    )
    agreed = _agreed(orders, lines.semi_join(odd, "order_id"))
    keyed = numbered(agreed, "order_key", by="order_id", known=known)
    ids = customers.rename(known_id="customer_id")
    found = keyed.left_join(ids, keyed.customer_id == ids.known_id)
    return found.mutate(
        customer_key=or_unknown(found.customer_key),
        ordered_on=found.ordered_at.date(),
        month=first_of_month(found.ordered_at),
        weekday=(found.ordered_at.day_of_week.index() + 1).cast("int8"),
        kind=_kind_at(found.kind_place),
    ).select(*DIM_ORDER.columns)


def _agreed(orders: "Table", odd_lines: "Table") -> "Table":
    """Return orders with the customer and the location that most lines of the odd ones name."""
    for column in ("customer_id", "location"):
        most = most_frequent(odd_lines, by="order_id", column=column)
        most = most.select(odd_order="order_id", most_named=column)
        joined = orders.left_join(most, orders.order_id == most.odd_order)
        named = ibis.coalesce(joined.most_named, joined[column])
        orders = joined.mutate(**{column: named}).drop("odd_order", "most_named")
    return orders


def _place(kind: "Value") -> "Value":
    places = ((kind == name, place) for place, name in enumerate(KINDS))
    return cast("Value", ibis.cases(*places, else_=len(KINDS)).cast("int8"))


def _kind_at(place: "Value") -> "Value":
    return ibis.cases(*((place == n, name) for n, name in enumerate(KINDS)))
