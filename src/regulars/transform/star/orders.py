"""The order dimension."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.cached import cached_expression
from regulars.core.expressions import first_of_month
from regulars.core.kinds import KINDS
from regulars.core.schema import DIM_ORDER
from regulars.transform.star.keys import key_or_unknown, most_frequent, with_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibis.expr.types import Table, Value

_COMPARED = {"customers": "customer_id", "locations": "location", "stores": "store"}
"""What the lines of an order may name differently: columns of lines, by that of odd_orders."""

_FLAGS = ("customers", "locations", "days", "stores")
"""The columns of odd_orders."""


@cached_expression
def customer_keys(lines: "Table", known: "Table | None" = None) -> "Table":
    """Return the customers of accepted lines with their keys: customer_key, customer_id.

    Customers of the dimension `known` keep their keys.
    """
    customers = lines.filter(lines.customer_id.notnull()).select("customer_id").distinct()
    return with_keys(customers, "customer_key", by="customer_id", known=known)


@cached_expression
def odd_orders(lines: "Table", *, empty: "Sequence[str]" = ()) -> "Table":
    """Return the orders whose lines disagree, by order_id.

    Columns: order_id; customers, locations, stores and days, true if the order has several.
    No line has a value in the columns `empty`.
    """
    names = {name: column for name, column in _COMPARED.items() if column not in empty}
    values = {name: lines[column] for name, column in names.items()}
    values["days"] = lines.ordered_at.date()
    orders = lines.group_by("order_id").aggregate(
        **{name: (value.min() != value.max()).fill_null(False) for name, value in values.items()}
    )
    odd = orders.filter(reduce(or_, (orders[name] for name in values)))
    flags = {name: odd[name] if name in values else ibis.literal(False) for name in _FLAGS}
    return odd.select("order_id", **flags).order_by("order_id")


@cached_expression
def dim_order(
    lines: "Table",
    customers: "Table",
    odd_lines: "Table",
    known: "Table | None" = None,
    *,
    empty: "Sequence[str]" = (),
) -> "Table":
    """Return `core.schema.DIM_ORDER` for accepted lines.

    `odd_lines` are those of the orders that `odd_orders` returns. An order has one customer, one
    location and one store; if its lines name several, the one that most lines name. An order with a
    sale is a sale; otherwise its kind is the first of return, cancelled, fee, adjustment, voucher
    and test among its lines. Orders of the dimension `known` keep their keys. No line has a value
    in the columns `empty`.
    """
    columns = [name for name in _COMPARED.values() if name not in empty]
    orders = lines.group_by("order_id").aggregate(
        ordered_at=lines.ordered_at.min(),
        last_sale_at=lines.ordered_at.max(where=lines.kind == "sale"),
        **{column: lines[column].max() for column in columns},
        kind_number=_kind_number(lines.kind).min(),
    )
    agreed = _agreed(orders, odd_lines, columns)
    agreed = agreed.mutate(
        **{name: ibis.null("string") for name in empty if name in _COMPARED.values()}
    )
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


def _agreed(orders: "Table", odd_lines: "Table", columns: "Sequence[str]") -> "Table":
    """Return orders with the values of these columns that most of their lines have."""
    for column in columns:
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
