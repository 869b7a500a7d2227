"""Sales metrics. Only sales and returns of goods count, never postage or fees."""

from typing import TYPE_CHECKING

from regulars.analyses.define import metric
from regulars.core.expressions import ratio, total

if TYPE_CHECKING:
    from ibis.expr.types import NumericValue, Table


@metric(label="Gross sales", unit="money", fmt=",.2f", good="up", is_ratio=False)
def gross_sales(sales: "Table") -> "NumericValue":
    """Quantity times list price of all goods sold, before discounts and returns."""
    return total(sales.gross_amount, sales.kind == "sale")


@metric(label="Discounts", unit="money", fmt=",.2f", good="neither", is_ratio=False)
def discounts(sales: "Table") -> "NumericValue":
    """Total discount on goods sold."""
    return total(sales.discount_amount, sales.kind == "sale")


@metric(label="Returns", unit="money", fmt=",.2f", good="down", is_ratio=False)
def returns(sales: "Table") -> "NumericValue":
    """Value of goods returned or cancelled, counted in the period in which they came back."""
    return -total(sales.net_amount, sales.kind == "return")


@metric(label="Net sales", unit="money", fmt=",.2f", good="up", is_ratio=False)
def net_sales(sales: "Table") -> "NumericValue":
    """Gross sales minus discounts and returns. Goods only: no postage, fees or vouchers."""
    return total(sales.net_amount, sales.kind.isin(("sale", "return")))


@metric(label="Adjustments", unit="money", fmt=",.2f", good="neither", is_ratio=False)
def adjustments(sales: "Table") -> "NumericValue":
    """Corrections and bookings without goods, such as credits by hand. Not part of net sales."""
    return total(sales.net_amount, sales.kind == "adjustment")


@metric(label="Orders", unit="count", fmt=",d", good="up", is_ratio=False)
def orders(sales: "Table") -> "NumericValue":
    """Orders with at least one sale. Cancellations do not count."""
    return sales.order_key.nunique(where=sales.kind == "sale")


@metric(label="Units", unit="units", fmt=",.0f", good="up", is_ratio=False)
def units(sales: "Table") -> "NumericValue":
    """Units sold, before returns."""
    return total(sales.quantity, sales.kind == "sale")


@metric(label="Average order value", unit="money", fmt=",.2f", good="up", is_ratio=True)
def average_order_value(sales: "Table") -> "NumericValue":
    """Net sales divided by orders."""
    return ratio(net_sales(sales), orders(sales))


@metric(label="Net sales per order with it", unit="money", fmt=",.2f", good="up", is_ratio=True)
def net_sales_per_order(sales: "Table") -> "NumericValue":
    """Net sales of a product, or of other parts of orders, divided by the orders with it."""
    return ratio(net_sales(sales), orders(sales))


@metric(label="Units per order", unit="units", fmt=",.1f", good="up", is_ratio=True)
def units_per_order(sales: "Table") -> "NumericValue":
    """Units sold divided by orders."""
    return ratio(units(sales), orders(sales))


@metric(label="Return rate", unit="share", fmt=".1%", good="down", is_ratio=True)
def return_rate(sales: "Table") -> "NumericValue":
    """Returns as a share of sales after discounts."""
    return ratio(returns(sales), total(sales.net_amount, sales.kind == "sale"))


@metric(label="Average discount", unit="share", fmt=".1%", good="neither", is_ratio=True)
def average_discount(sales: "Table") -> "NumericValue":
    """Discounts as a share of gross sales."""
    return ratio(discounts(sales), gross_sales(sales))
