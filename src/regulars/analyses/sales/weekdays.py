"""Sales by month and weekday."""

from typing import TYPE_CHECKING

from regulars.analyses.define import Star, analysis, metric_column
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import IS_COMPLETE, MONTH, goods, months, zero_if_null
from regulars.core.columns import ColumnCard
from regulars.core.expressions import ratio

if TYPE_CHECKING:
    from ibis.expr.types import Table

_WEEK = ("month", "weekday", "weekday_name")


@analysis(
    question="Which days of the week sell best?",
    columns={
        "month": MONTH,
        "weekday": ColumnCard("Weekday", "text", "Day of the week"),
        "trading_days": ColumnCard(
            "Trading days", "count", "Days of this weekday in the month on which the shop sold or "
            "took back any goods, regardless of filters", ",d",
        ),
        "net_sales": metric_column(sold.net_sales),
        "orders": metric_column(sold.orders),
        "net_sales_per_day": ColumnCard(
            "Net sales per trading day", "money", "Net sales divided by trading days; blank if "
            "there were none", ",.2f", "up",
        ),
        "is_complete": IS_COMPLETE,
    },
    chart="grid",
)  # fmt: skip
def weekday_sales(star: Star) -> "Table":
    """Net sales by month and weekday, in total and per trading day.

    There is a row for each weekday of a month with at least one day in the data and the period.
    Averages make a month with five Mondays comparable with a month with four, and days on which
    the whole shop was closed do not lower them.
    """
    joined = _trading_days(star).left_join(_sold(star), _WEEK).drop("month_right")
    totals = joined.mutate(
        net_sales=zero_if_null(joined.net_sales), orders=zero_if_null(joined.orders)
    )
    averages = totals.mutate(net_sales_per_day=ratio(totals.net_sales, totals.trading_days))
    ordered = averages.inner_join(months(star), "month").order_by("month", "weekday")
    named = ordered.drop("weekday").rename(weekday="weekday_name")
    return named.select(*weekday_sales.columns)


def _trading_days(star: Star) -> "Table":
    """Return the trading days of each weekday: month, weekday, weekday_name, trading_days."""
    traded = goods(star.all_sales).select("ordered_on").distinct()
    observed = star.dates.filter(star.dates.is_observed)
    days = observed.left_join(traded, observed.date == traded.ordered_on)
    return days.group_by(_WEEK).aggregate(trading_days=days.ordered_on.count())


def _sold(star: Star) -> "Table":
    """Return the sales of each weekday: month, weekday, weekday_name, net_sales, orders."""
    sold_goods, days = goods(star.sales), star.dates.select("date", *_WEEK)
    dated = sold_goods.inner_join(days, sold_goods.ordered_on == days.date)
    return dated.group_by(_WEEK).aggregate(
        net_sales=sold.net_sales(dated), orders=sold.orders(dated)
    )
