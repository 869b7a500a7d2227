"""On which days of the week the shop sells, month by month."""

from typing import TYPE_CHECKING

from regulars.analyses.define import Star, analysis, column_of
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import IS_COMPLETE, MONTH, goods, months, none_is_zero
from regulars.core.columns import ColumnCard
from regulars.core.expressions import ratio

if TYPE_CHECKING:
    from ibis.expr.types import Table

_WEEK = ("month", "weekday", "weekday_name")


@analysis(
    question="On which days of the week does the shop sell?",
    columns={
        "month": MONTH,
        "weekday": ColumnCard("Weekday", "text", "Day of the week, Monday to Sunday"),
        "trading_days": ColumnCard(
            "Trading days", "count", "Days of this weekday in the month on which the shop sold "
            "goods or took them back, whatever else is filtered", ",d",
        ),
        "net_sales": column_of(sold.net_sales),
        "orders": column_of(sold.orders),
        "net_sales_per_day": ColumnCard(
            "Net sales per trading day", "money", "Net sales by the trading days of this weekday "
            "in the month; blank where there was none", ",.2f", "up",
        ),
        "is_complete": IS_COMPLETE,
    },
    chart="grid",
)  # fmt: skip
def weekday_sales(star: Star) -> "Table":
    """Net sales of each month by day of the week, in all and for each day of trading.

    One row for each month and each weekday of which a day is in the data and in the period, in
    the order of months and of the week. A month with five Mondays compares with one with four,
    and a day on which the whole shop rested lowers nothing.
    """
    every = _trading_days(star).left_join(_sold(star), _WEEK).drop("month_right")
    known = every.mutate(net_sales=none_is_zero(every.net_sales), orders=none_is_zero(every.orders))
    told = known.mutate(net_sales_per_day=ratio(known.net_sales, known.trading_days))
    whole = told.inner_join(months(star), "month").order_by("month", "weekday")
    named = whole.drop("weekday").rename(weekday="weekday_name")
    return named.select(*weekday_sales.columns)


def _trading_days(star: Star) -> "Table":
    """Return how often the shop traded: month, weekday, weekday_name, trading_days."""
    traded = goods(star.every_sale).select("ordered_on").distinct()
    seen = star.dates.filter(star.dates.is_observed)
    days = seen.left_join(traded, seen.date == traded.ordered_on)
    return days.group_by(_WEEK).aggregate(trading_days=days.ordered_on.count())


def _sold(star: Star) -> "Table":
    """Return what was sold: month, weekday, weekday_name, net_sales, orders."""
    sold_goods, days = goods(star.sales), star.dates.select("date", *_WEEK)
    dated = sold_goods.inner_join(days, sold_goods.ordered_on == days.date)
    return dated.group_by(_WEEK).aggregate(
        net_sales=sold.net_sales(dated), orders=sold.orders(dated)
    )
