"""One row per customer: what they are worth, and how often they order."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.customers.rfm import score_everyone
from regulars.analyses.define import Star, analysis, metric_column
from regulars.analyses.metrics import sales as sold
from regulars.core.columns import ColumnCard
from regulars.core.expressions import is_known_customer

if TYPE_CHECKING:
    from ibis.expr.types import Table

FEWEST_GAPS = 3
"""The fewest gaps between orders from which a next order date is derived."""

_METRICS = (sold.orders, sold.net_sales, sold.average_order_value, sold.returns)
_FOR_PARTS = {sold.average_order_value.name: (sold.net_sales_per_order.name,)}


@analysis(
    question="What is each customer worth, and when is their next order due?",
    columns={
        "customer_id": ColumnCard("Customer", "text", "Customer ID in the shop's system"),
        "location": ColumnCard("Location", "text", "Location of most of their orders"),
        "segment": ColumnCard(
            "Segment", "text", "RFM segment, scored over the whole shop; blank without an order"
        ),
        sold.orders.name: metric_column(sold.orders),
        sold.net_sales.name: metric_column(sold.net_sales),
        sold.average_order_value.name: metric_column(sold.average_order_value),
        sold.net_sales_per_order.name: metric_column(sold.net_sales_per_order),
        sold.returns.name: metric_column(sold.returns),
        "first_order_on": ColumnCard("First order", "date", "Day of the first order"),
        "last_order_on": ColumnCard("Last order", "date", "Day of the last order"),
        "order_days": ColumnCard(
            "Order days", "count", "Days with an order; several orders on one day count once", ",d"
        ),
        "median_gap": ColumnCard(
            "Days between orders", "days", "Median number of days from one order day to the next; "
            f"blank with fewer than {FEWEST_GAPS} such gaps", ",.1f",
        ),
        "next_order_on": ColumnCard(
            "Next order due", "date", "Day of the last order plus the median number of days "
            "between orders, rounded up",
        ),
    },
    for_parts=_FOR_PARTS,
)  # fmt: skip
def customer_summary(star: Star) -> "Table":
    """Every known customer with their orders, net sales, segment and next order, largest first.

    Customers with only returns or cancelled orders are included. Filters and periods limit what is
    counted, except for the segment, which is scored over the whole shop.
    """
    lines = star.sales.filter(is_known_customer(star.sales.customer_key))
    value = sold.average_order_value if star.has_whole_orders else sold.net_sales_per_order
    metrics = [value if one is sold.average_order_value else one for one in _METRICS]
    figures = lines.group_by("customer_key").aggregate(**{one.name: one(lines) for one in metrics})
    customers = star.customers.select("customer_key", "customer_id", "location")
    segments = score_everyone(star).select("customer_key", "segment")
    joined = figures.inner_join(customers, "customer_key")
    for details in (segments, _rhythm(star, lines)):
        joined = joined.left_join(details, "customer_key").drop("customer_key_right")
    columns = customer_summary.names(has_whole_orders=star.has_whole_orders)
    return joined.select(*columns).order_by(ibis.desc("net_sales"), "customer_id")


def _rhythm(star: Star, lines: "Table") -> "Table":
    """Return the days on which customers ordered, and the median gap between them.

    Columns: customer_key, first_order_on, last_order_on, order_days, median_gap, next_order_on.
    """
    days = _order_days(star, lines)
    by_customer = ibis.window(group_by=days.customer_key, order_by=days.ordered_on)
    before = days.ordered_on.lag().over(by_customer)
    gaps = days.mutate(gap=days.ordered_on.delta(before, unit="day").cast("int64"))
    summed = gaps.group_by("customer_key").aggregate(
        first_order_on=gaps.ordered_on.min(),
        last_order_on=gaps.ordered_on.max(),
        order_days=gaps.count(),
        median=gaps.gap.cast("float64").median(),
    )
    has_rhythm = summed.order_days > FEWEST_GAPS
    known = summed.mutate(median_gap=ibis.ifelse(has_rhythm, summed["median"], None))
    # A date plus days is a timestamp in DuckDB, which Ibis takes for a date.
    last = known.last_order_on.cast("timestamp")
    due = last + known.median_gap.ceil().cast("int64").as_interval("D")
    return known.mutate(next_order_on=due.date()).drop("median")


def _order_days(star: Star, lines: "Table") -> "Table":
    """Return each day on which a customer ordered: customer_key, ordered_on."""
    bought = lines.filter(lines.kind == "sale").select("customer_key", "order_key").distinct()
    orders = star.orders.select("order_key", "ordered_on")
    return bought.inner_join(orders, "order_key").select("customer_key", "ordered_on").distinct()
