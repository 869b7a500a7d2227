"""Sales by day, next to the same weekday of earlier weeks."""

from typing import TYPE_CHECKING

from regulars.analyses.define import Star, analysis, metric_column
from regulars.analyses.metrics import customers as people
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.days import day_figures, only_period
from regulars.core.columns import ColumnCard

if TYPE_CHECKING:
    from ibis.expr.types import Table

DAY = ColumnCard("Day", "date", "Date")
WEEKDAY = ColumnCard("Weekday", "text", "Day of the week")
IS_COMPLETE = ColumnCard(
    "Complete", "yes/no", "Whether the data covers the whole day; only the last one can be "
    "incomplete",
)  # fmt: skip
WEEK, YEAR = 7, 364
"""Days from a day to the same weekday of the week before, and of the year before."""

_BEFORE = {"net_sales_week_before": WEEK, "net_sales_year_before": YEAR}


@analysis(
    question="How do sales change from day to day?",
    columns={
        "day": DAY,
        "weekday": WEEKDAY,
        "net_sales": metric_column(sold.net_sales),
        "orders": metric_column(sold.orders),
        "customers": metric_column(people.customers),
        "net_sales_week_before": ColumnCard(
            "Week before", "money", "Net sales on the same weekday of the week before; blank if "
            "the data starts later", ",.2f", "up",
        ),
        "net_sales_year_before": ColumnCard(
            "Year before", "money", "Net sales 52 weeks before, on the same weekday; blank if the "
            "data starts later", ",.2f", "up",
        ),
        "is_complete": IS_COMPLETE,
    },
    chart="bar",
)  # fmt: skip
def daily_sales(star: Star) -> "Table":
    """Net sales, orders and customers by day, with net sales a week and a year before.

    A year before is 52 weeks before, so that weekdays match. The last day of the data is
    incomplete if its last order came more than an hour earlier than on any of the last eight same
    weekdays.
    """
    figures = day_figures(star)
    days = only_period(star, figures)
    for name, distance in _BEFORE.items():
        earlier = figures.select(later=figures.number + distance, **{name: figures.net_sales})
        joined = days.left_join(earlier, days.number == earlier.later)
        days = joined.select(*days.columns, name)
    named = days.drop("weekday").rename(day="date", weekday="weekday_name")
    return named.select(*daily_sales.columns).order_by("day")
