"""Sales by what was sold, where, and when."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Option, Star, analysis, column_of
from regulars.analyses.metrics import customers as people
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import SHARE, goods, with_month
from regulars.core.columns import ColumnCard
from regulars.core.expressions import ratio

if TYPE_CHECKING:
    from ibis.expr.types import Table

THEN = {"category_then": "category", "subcategory_then": "subcategory"}
"""What a product was when it was sold, by the column of the lines as they were read."""

BY = ("category", "subcategory", "product", "location", "weekday", "month", *THEN)
_MEASURES = (sold.net_sales, sold.orders, people.customers, sold.units, sold.average_order_value)


@analysis(
    question="What sells, where, and when?",
    columns={
        "by": ColumnCard("By", "text", "The member of the chosen dimension"),
        **{metric.name: column_of(metric) for metric in _MEASURES},
        "share": SHARE,
    },
    options={"by": Option("category", "what to break sales down by", choices=BY)},
    chart="bar",
)
def sales_by(star: Star, by: str = "category") -> "Table":
    """Net sales broken down by one dimension, largest first; months and weekdays in their order.

    The first column bears the dimension's name; by product it is product_id and product_name. A
    product counts for the category it is in now; category_then is the one it was sold under. The
    location is that of the order.
    """
    sales, keys = labelled(star, by)
    groups = sales.group_by(keys).aggregate(**{m.name: m(sales) for m in _MEASURES})
    whole = groups.net_sales.sum().over()
    shared = groups.mutate(share=ratio(groups.net_sales, whole))
    named = shared.select(*keys, *(metric.name for metric in _MEASURES), "share")
    if by == "month":
        return named.order_by("month")
    if by == "weekday":
        return named.order_by("weekday").drop("weekday").rename(weekday="weekday_name")
    return named.order_by(ibis.desc("net_sales"), *keys)


def labelled(star: Star, by: str) -> "tuple[Table, list[str]]":
    """Return the goods sold and returned with the columns to group by."""
    sales = goods(star.sales)
    if by == "month":
        return with_month(sales), ["month"]
    if by == "weekday":
        days = star.dates.select("date", "weekday", "weekday_name")
        return sales.inner_join(days, sales.ordered_on == days.date), ["weekday", "weekday_name"]
    if by in THEN:
        then = star.lines.select("source_id", "source_row", **{by: THEN[by]})
        return sales.inner_join(then, ["source_id", "source_row"]), [by]
    if by == "location":
        return sales.inner_join(star.orders.select("order_key", "location"), "order_key"), [by]
    names = ["product_id", "product_name"] if by == "product" else [by]
    products = star.products.select("product_key", *names)
    return sales.inner_join(products, "product_key"), names
