"""Orders, returns and credits one by one."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.define import Star, analysis, metric_column
from regulars.analyses.metrics import sales as sold
from regulars.core.columns import ColumnCard
from regulars.core.expressions import total
from regulars.core.kinds import CANCELLED, REVERSAL

if TYPE_CHECKING:
    from ibis.expr.types import Table

_GOODS = ("sale", "return", CANCELLED, REVERSAL)
_ORDERS = ("order_key", "ordered_on", "ordered_at", "order_id", "kind", "location", "store")


@analysis(
    question="Which orders were placed, returned or cancelled?",
    columns={
        "ordered_on": ColumnCard("Day", "date", "Date of the order"),
        "ordered_at": ColumnCard("Time", "date", "Time of the order", "%H:%M"),
        "order_id": ColumnCard("Order", "text", "Order number in the shop's system"),
        "kind": ColumnCard(
            "Kind", "text",
            "sale for an order that counts; otherwise return, cancelled, reversal (the credit of a "
            "cancelled order), fee, adjustment, voucher or test",
        ),
        "customer_id": ColumnCard("Customer", "text", "Customer ID; empty for guests"),
        "location": ColumnCard("Location", "text", "Location of the order"),
        "store": ColumnCard("Store", "text", "Store of the order"),
        "main_product": ColumnCard(
            "Main product", "text", "Name or code of the product with the largest amount in it"
        ),
        "products": ColumnCard("Products", "count", "Number of different products in it", ",d"),
        "units": metric_column(sold.units),
        "net_sales": metric_column(sold.net_sales),
        "returns": metric_column(sold.returns),
        "left_out": ColumnCard(
            "Not counted", "money",
            "Amount that net sales leave out: cancelled goods, postage, vouchers, adjustments",
            ",.2f",
        ),
    },
)  # fmt: skip
def order_history(star: Star) -> "Table":
    """Every order, return and credit, latest first.

    Only those of kind `sale` count as orders. A filter on products, or on lines such as their
    discount, keeps only parts of orders.
    """
    orders = star.orders.select(*_ORDERS)
    customers = star.customers.select("customer_key", "customer_id")
    figures = _figures(star).inner_join(orders, "order_key").inner_join(customers, "customer_key")
    main = _main_products(star)
    joined = figures.left_join(main, "order_key").select(*order_history.columns)
    return joined.order_by(ibis.desc("ordered_at"), ibis.desc("order_id"), "customer_id")


def _figures(star: Star) -> "Table":
    """Return the figures of each order: order_key, customer_key, and one column for each.

    If lines of one order name several customers, each has a row.
    """
    sales = star.sales
    is_goods = sales.kind.isin(_GOODS)
    return sales.group_by("order_key", "customer_key").aggregate(
        products=sales.product_key.nunique(where=is_goods),
        units=sold.units(sales),
        net_sales=sold.net_sales(sales),
        returns=sold.returns(sales),
        left_out=total(sales.net_amount, ~sales.kind.isin(("sale", "return"))),
    )


def _main_products(star: Star) -> "Table":
    """Return the product with the largest amount in each order: order_key, main_product."""
    goods = star.sales.filter(star.sales.kind.isin(_GOODS))
    amounts = goods.group_by("order_key", "product_key").aggregate(
        amount=goods.net_amount.abs().sum()
    )
    largest = ibis.window(
        group_by="order_key", order_by=[ibis.desc(amounts.amount), amounts.product_key]
    )
    ranked = amounts.mutate(place=ibis.row_number().over(largest))
    first = ranked.filter(ranked.place == 0).select("order_key", "product_key")
    products = star.products.select("product_key", "product_id", "product_name")
    named = first.inner_join(products, "product_key")
    name = ibis.coalesce(named.product_name, named.product_id)
    return named.select("order_key", main_product=name)
