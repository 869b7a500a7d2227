"""Sales, orders and customers by month."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Star, analysis, metric_column
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import (
    IS_COMPLETE,
    MONTH,
    active_customers,
    fill_months,
    with_month,
)
from regulars.analyses.shared.first_orders import cohort_months
from regulars.core.columns import ColumnCard
from regulars.core.expressions import is_known_customer, ratio, total

if TYPE_CHECKING:
    from ibis.expr.types import Table


@analysis(
    question="How do sales change from month to month?",
    columns={
        "month": MONTH,
        "net_sales": metric_column(sold.net_sales),
        "orders": metric_column(sold.orders),
        "growth": ColumnCard(
            "Growth", "share", "Change in net sales from the previous month; blank if either month "
            "is incomplete, and for a segment, whose customers are in it because of recent orders",
            "+.1%", "up",
        ),
        "is_complete": IS_COMPLETE,
    },
    chart="line",
)  # fmt: skip
def monthly_sales(star: Star) -> "Table":
    """Net sales and orders by month, with growth between complete months."""
    sales = with_month(star.sales)
    by_month = sales.group_by("month").aggregate(
        net_sales=sold.net_sales(sales), orders=sold.orders(sales)
    )
    filled = fill_months(star, by_month, "net_sales", "orders")
    order = ibis.window(order_by=filled.month)
    before = filled.net_sales.lag().over(order)
    comparable = filled.is_complete & filled.is_complete.lag().over(order) & (before > 0)
    if star.has_segment_filter:
        comparable &= ibis.literal(False)
    growth = ibis.ifelse(comparable, ratio(filled.net_sales - before, before), None)
    return filled.mutate(growth=growth).select(*monthly_sales.columns).order_by("month")


@analysis(
    question="How many orders are placed, and how many are cancelled?",
    columns={
        "month": MONTH,
        "invoices": ColumnCard("Invoices", "count", "Placed plus cancelled", ",d"),
        "placed": ColumnCard("Placed", "count", "Orders with at least one sale", ",d", "up"),
        "cancelled": ColumnCard("Cancelled", "count", "Cancellations and returns", ",d", "down"),
        "is_complete": IS_COMPLETE,
    },
    chart="bar",
)
def monthly_orders(star: Star) -> "Table":
    """Invoices by month: orders placed, and cancellations or returns."""
    orders = star.orders
    counted = orders.group_by("month").aggregate(
        placed=orders.count(where=orders.kind == "sale"),
        cancelled=orders.count(where=orders.kind.isin(("return", "cancelled"))),
    )
    filled = fill_months(star, counted, "placed", "cancelled")
    invoices = filled.mutate(invoices=filled.placed + filled.cancelled)
    return invoices.select(*monthly_orders.columns).order_by("month")


@analysis(
    question="How many customers are new, and how many come back?",
    columns={
        "month": MONTH,
        "active": ColumnCard(
            "Active", "count", "Known customers who ordered in the month", ",d", "up"
        ),
        "new": ColumnCard(
            "New", "count", "Active customers whose first order is in the month", ",d", "up"
        ),
        "returning": ColumnCard(
            "Returning", "count", "Active customers whose first order is earlier", ",d", "up"
        ),
        "is_complete": IS_COMPLETE,
    },
    chart="bar",
)
def monthly_customers(star: Star) -> "Table":
    """Active customers by month. A customer is new in the month of their first order ever."""
    active = active_customers(star)
    counted = active.group_by("month").aggregate(
        active=active.count(), new=active.count(where=active.month == active.cohort)
    )
    filled = fill_months(star, counted, "active", "new")
    returning = filled.mutate(returning=filled.active - filled.new)
    return returning.select(*monthly_customers.columns).order_by("month")


def _part(label: str, description: str) -> ColumnCard:
    return ColumnCard(label, "money", description, ",.2f", "up")


@analysis(
    question="Do sales come from new or returning customers?",
    columns={
        "month": MONTH,
        "net_sales": metric_column(sold.net_sales),
        "returning": _part("Returning customers", "Net sales to customers who had ordered before"),
        "new": _part("New customers", "Net sales to customers in the month of their first order"),
        "guests": _part("Guests", "Net sales of orders without a customer ID"),
        "is_complete": IS_COMPLETE,
    },
    chart="bar",
)
def monthly_sales_by_customer(star: Star) -> "Table":
    """Net sales by month, split into new customers, returning customers and guests.

    A customer is new in the month of their first order ever, and returning afterwards. Returns by a
    customer who never ordered count as returning.
    """
    sales = with_month(star.sales).left_join(cohort_months(star), "customer_key")
    is_new = ibis.coalesce(sales.month == sales.cohort, ibis.literal(False))
    lines = sales.mutate(is_new=is_new, is_guest=~is_known_customer(sales.customer_key))
    parts = lines.group_by("month", "is_new", "is_guest").aggregate(net_sales=sold.net_sales(lines))
    by_month = parts.group_by("month").aggregate(
        net_sales=total(parts.net_sales),
        new=total(parts.net_sales, parts.is_new),
        guests=total(parts.net_sales, parts.is_guest),
    )
    filled = fill_months(star, by_month, "net_sales", "new", "guests")
    returning = filled.mutate(returning=filled.net_sales - filled.new - filled.guests)
    return returning.select(*monthly_sales_by_customer.columns).order_by("month")
