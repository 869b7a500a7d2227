"""Orders by weekday and hour of the day."""

from typing import TYPE_CHECKING

from regulars.analyses.define import Star, analysis, metric_column
from regulars.analyses.metrics import sales as sold
from regulars.analyses.sales.days import WEEKDAY
from regulars.analyses.shared.columns import goods
from regulars.analyses.shared.order_values import hour_of_order
from regulars.core.columns import ColumnCard
from regulars.core.expressions import ratio

if TYPE_CHECKING:
    from ibis.expr.types import Table


@analysis(
    question="At what time do customers order?",
    columns={
        "weekday": WEEKDAY,
        "hour": ColumnCard(
            "Hour", "count", "Hour of the day in which the order began, 0 to 23", "d"
        ),
        "orders": metric_column(sold.orders),
        "share": ColumnCard("Share", "share", "Share of the orders with a time of day", ".1%"),
        "net_sales": metric_column(sold.net_sales),
    },
    chart="grid",
)
def hourly_orders(star: Star) -> "Table":
    """Orders and their net sales by weekday and hour of the day, in the shop's local time.

    Orders at exactly midnight count as having no time of day and are left out. The result is empty
    if no order has one. Returns count at the time they are booked.
    """
    days = star.dates.select("date", "weekday", "weekday_name")
    times = star.orders.select("order_key", hour=hour_of_order(star.orders))
    lines = goods(star.sales).inner_join(times.filter(times.hour.notnull()), "order_key")
    dated = lines.inner_join(days, lines.ordered_on == days.date)
    hours = dated.group_by("weekday", "weekday_name", "hour").aggregate(
        orders=sold.orders(dated), net_sales=sold.net_sales(dated)
    )
    shares = hours.mutate(share=ratio(hours.orders, hours.orders.sum().over()))
    ordered = shares.order_by("weekday", "hour").drop("weekday").rename(weekday="weekday_name")
    return ordered.select(*hourly_orders.columns)
