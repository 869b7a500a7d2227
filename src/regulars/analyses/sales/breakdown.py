"""Sales by product, location, store and time."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Option, Star, analysis, metric_column
from regulars.analyses.metrics import customers as people
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import SHARE, goods, with_month
from regulars.analyses.shared.largest_customer import with_largest
from regulars.core.columns import ColumnCard
from regulars.core.expressions import share

if TYPE_CHECKING:
    from ibis.expr.types import Table

THEN = {"category_then": "category", "subcategory_then": "subcategory"}
"""Dimensions as of the sale, each with its column in the order lines as read."""

BY = (
    "category", "subcategory", "product", "location", "store", "customer", "weekday", "month",
    *THEN,
)  # fmt: skip
_LARGEST = ("category", "subcategory", "product", "location", "store")
"""Dimensions whose rows a single customer can explain."""

_MEASURES = (sold.net_sales, sold.orders, people.customers, sold.units)
_PARTS_OF_ORDERS = ("category", "subcategory", "product", *THEN)
"""Dimensions that split orders: a row has only some of the lines of its orders."""

_ORDER_VALUES = (sold.average_order_value, sold.net_sales_per_order)


@analysis(
    question="What sells, where and when?",
    columns={
        "by": ColumnCard("By", "text", "Value of the chosen dimension"),
        **{metric.name: metric_column(metric) for metric in (*_MEASURES, *_ORDER_VALUES)},
        "share": SHARE,
        "largest_customer": ColumnCard(
            "Largest customer", "share", "Share of the row's net sales that its largest known "
            "customer bought, after returns; blank unless both are positive", ".1%",
        ),
    },
    options={"by": Option("category", "Break sales down by", choices=BY)},
    chart="bar",
)  # fmt: skip
def sales_by(star: Star, by: str = "category") -> "Table":
    """Net sales by one dimension, largest first; months and weekdays in calendar order.

    The first column is named after the dimension: customer_id for customer, and for product there
    are two, product_id and product_name. Guests are one row. Products count towards their current
    category; category_then is the category at the time of the sale. The location and the store are
    those of the order. A row for a product or a category has parts of orders, and so has every row
    under a filter on them: the value of these parts is net_sales_per_order instead of
    average_order_value.
    """
    sales, keys = with_dimension(star, by)
    is_whole = star.has_whole_orders and by not in _PARTS_OF_ORDERS
    metrics = (*_MEASURES, _ORDER_VALUES[0 if is_whole else 1])
    groups = sales.group_by(keys).aggregate(**{metric.name: metric(sales) for metric in metrics})
    columns = [*keys, *(metric.name for metric in metrics), "share"]
    if by in _LARGEST:
        groups = with_largest(groups, sales, keys, sold.net_sales(sales))
        largest = ibis.ifelse(groups.highest > 0, groups.highest, None)
        groups = groups.mutate(largest_customer=share(largest, groups.net_sales))
        columns.append("largest_customer")
    part = share(groups.net_sales, groups.net_sales.sum().over())
    result = groups.mutate(share=part).select(*columns)
    if by == "month":
        return result.order_by("month")
    if by == "weekday":
        return result.order_by("weekday").drop("weekday").rename(weekday="weekday_name")
    return result.order_by(ibis.desc("net_sales"), *keys)


def with_dimension(star: Star, by: str) -> "tuple[Table, list[str]]":
    """Return the sales and returns of goods, and the names of the columns to group them by."""
    sales = goods(star.sales)
    if by == "month":
        return with_month(sales), ["month"]
    if by == "weekday":
        days = star.dates.select("date", "weekday", "weekday_name")
        return sales.inner_join(days, sales.ordered_on == days.date), ["weekday", "weekday_name"]
    if by in THEN:
        at_sale = star.lines.select("source_id", "source_row", **{by: THEN[by]})
        return sales.inner_join(at_sale, ["source_id", "source_row"]), [by]
    if by in ("location", "store"):
        return sales.inner_join(star.orders.select("order_key", by), "order_key"), [by]
    if by == "customer":
        customers = star.customers.select("customer_key", "customer_id")
        return sales.inner_join(customers, "customer_key"), ["customer_id"]
    names = ["product_id", "product_name"] if by == "product" else [by]
    products = star.products.select("product_key", *names)
    return sales.inner_join(products, "product_key"), names
