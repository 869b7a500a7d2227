"""Month by month: sales, orders, customers."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Star, analysis, column_of
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import (
    IS_COMPLETE,
    MONTH,
    active_members,
    over_months,
    with_month,
)
from regulars.analyses.shared.first_orders import first_months
from regulars.core.columns import ColumnCard
from regulars.core.expressions import is_known_customer, ratio, total

if TYPE_CHECKING:
    from ibis.expr.types import Table


@analysis(
    question="How do sales develop?",
    columns={
        "month": MONTH,
        "net_sales": column_of(sold.net_sales),
        "orders": column_of(sold.orders),
        "growth": ColumnCard(
            "Growth", "share", "Change of net sales on the month before; blank where either month "
            "is incomplete", "+.1%", "up",
        ),
        "is_complete": IS_COMPLETE,
    },
    chart="line",
)  # fmt: skip
def monthly_sales(star: Star) -> "Table":
    """Net sales and orders of each month, with growth between complete months."""
    sales = with_month(star.sales)
    sold_in = sales.group_by("month").aggregate(
        net_sales=sold.net_sales(sales), orders=sold.orders(sales)
    )
    every = over_months(star, sold_in, "net_sales", "orders")
    order = ibis.window(order_by=every.month)
    before = every.net_sales.lag().over(order)
    comparable = every.is_complete & every.is_complete.lag().over(order) & (before > 0)
    growth = ibis.ifelse(comparable, ratio(every.net_sales - before, before), None)
    return every.mutate(growth=growth).select(*monthly_sales.columns).order_by("month")


@analysis(
    question="How many orders are placed, and how many cancelled?",
    columns={
        "month": MONTH,
        "invoices": ColumnCard("Invoices", "count", "Orders placed and cancelled", ",d"),
        "placed": ColumnCard("Placed", "count", "Orders with a line of sale", ",d", "up"),
        "cancelled": ColumnCard("Cancelled", "count", "Cancellations and returns", ",d", "down"),
        "is_complete": IS_COMPLETE,
    },
    chart="bar",
)
def monthly_orders(star: Star) -> "Table":
    """Invoices of each month: those placed, and those that cancel or return."""
    orders = star.orders
    counted = orders.group_by("month").aggregate(
        placed=orders.count(where=orders.kind == "sale"),
        cancelled=orders.count(where=orders.kind.isin(("return", "cancelled"))),
    )
    every = over_months(star, counted, "placed", "cancelled")
    invoices = every.mutate(invoices=every.placed + every.cancelled)
    return invoices.select(*monthly_orders.columns).order_by("month")


@analysis(
    question="Are customers coming, and coming back?",
    columns={
        "month": MONTH,
        "active": ColumnCard("Active", "count", "Known customers who ordered", ",d", "up"),
        "new": ColumnCard(
            "New", "count", "Of these, in the month of their first order", ",d", "up"
        ),
        "returning": ColumnCard(
            "Returning", "count", "Of these, with an earlier month", ",d", "up"
        ),
        "is_complete": IS_COMPLETE,
    },
    chart="bar",
)
def monthly_customers(star: Star) -> "Table":
    """Customers active in each month, new and returning. First orders are those of a lifetime."""
    known = active_members(star)
    counted = known.group_by("month").aggregate(
        active=known.count(), new=known.count(where=known.month == known.cohort)
    )
    every = over_months(star, counted, "active", "new")
    returning = every.mutate(returning=every.active - every.new)
    return returning.select(*monthly_customers.columns).order_by("month")


def _part(label: str, description: str) -> ColumnCard:
    return ColumnCard(label, "money", description, ",.2f", "up")


@analysis(
    question="Who brings the sales: new customers, or those who come back?",
    columns={
        "month": MONTH,
        "net_sales": column_of(sold.net_sales),
        "returning": _part("Returning customers", "Net sales to those who had ordered before"),
        "new": _part("New customers", "Net sales to customers in the month of their first order"),
        "guests": _part("Guests", "Net sales to whoever gave no name"),
        "is_complete": IS_COMPLETE,
    },
    chart="bar",
)
def monthly_sales_by_customer(star: Star) -> "Table":
    """Net sales of each month to new customers, returning ones and guests, who make up the whole.

    First orders are those of a lifetime. Returns by somebody who never ordered count as returning.
    """
    sales = with_month(star.sales).left_join(first_months(star), "customer_key")
    is_new = ibis.coalesce(sales.month == sales.cohort, ibis.literal(False))
    by = sales.mutate(is_new=is_new, is_guest=~is_known_customer(sales.customer_key))
    parts = by.group_by("month", "is_new", "is_guest").aggregate(net_sales=sold.net_sales(by))
    told = parts.group_by("month").aggregate(
        net_sales=total(parts.net_sales),
        new=total(parts.net_sales, parts.is_new),
        guests=total(parts.net_sales, parts.is_guest),
    )
    every = over_months(star, told, "net_sales", "new", "guests")
    whole = every.mutate(returning=every.net_sales - every.new - every.guests)
    return whole.select(*monthly_sales_by_customer.columns).order_by("month")
