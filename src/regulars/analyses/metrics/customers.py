"""Customer metrics. Guests are not customers."""

from typing import TYPE_CHECKING

from regulars.analyses.define import metric
from regulars.core.expressions import is_known_customer, ratio

if TYPE_CHECKING:
    from ibis.expr.types import NumericValue, Table


@metric(label="Customers", unit="count", fmt=",d", good="up", is_ratio=False)
def customers(sales: "Table") -> "NumericValue":
    """Known customers who ordered in the period. Guests do not count."""
    bought = (sales.kind == "sale") & is_known_customer(sales.customer_key)
    return sales.customer_key.nunique(where=bought)


@metric(label="Repeat rate", unit="share", fmt=".1%", good="up", is_ratio=True)
def repeat_rate(sales: "Table") -> "NumericValue":
    """Share of customers with two or more orders in the period."""
    return repeat_rates(sales).repeat_rate.as_scalar()


def repeat_rates(sales: "Table", *by: str) -> "Table":
    """Return the repeat rate of each group: the columns to group by, repeat_rate."""
    bought = sales.filter((sales.kind == "sale") & is_known_customer(sales.customer_key))
    buyers = bought.group_by([*by, "customer_key"]).aggregate(orders=bought.order_key.nunique())
    rate = ratio(buyers.count(where=buyers.orders > 1), buyers.count())
    return (
        buyers.group_by(by).aggregate(repeat_rate=rate)
        if by
        else buyers.aggregate(repeat_rate=rate)
    )
