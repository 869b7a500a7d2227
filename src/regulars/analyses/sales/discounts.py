"""Sales by discount."""

from typing import TYPE_CHECKING

from regulars.analyses.define import Option, Star, analysis, metric_column
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import SHARE, with_month
from regulars.analyses.shared.discount_bands import band_name, band_number
from regulars.core.columns import ColumnCard
from regulars.core.expressions import share, total

if TYPE_CHECKING:
    from ibis.expr.types import Table


@analysis(
    question="How much do we sell at each discount level?",
    columns={
        "band": ColumnCard(
            "Discount", "text", "Discount on the order line; the upper limit is included"
        ),
        "net_sales": metric_column(sold.net_sales),
        "orders": metric_column(sold.orders),
        "share": SHARE,
    },
    options={"by": Option("all", "Also break down by", choices=("all", "category", "month"))},
    chart="bar",
)
def discount_bands(star: Star, by: str = "all") -> "Table":
    """Sales before returns, by discount band.

    By category or month, shares are within each category or month.
    """
    lines = star.sales.filter(star.sales.kind == "sale")
    sales, keys = _with_dimension(star, lines.mutate(number=band_number(lines)), by)
    groups = sales.group_by([*keys, "number"]).aggregate(
        net_sales=total(sales.net_amount), orders=sales.order_key.nunique()
    )
    whole = groups.net_sales.sum().over(group_by=[groups[key] for key in keys])
    shares = groups.mutate(band=band_name(groups.number), share=share(groups.net_sales, whole))
    ordered = shares.order_by(*keys, "number")
    return ordered.select(*keys, "band", "net_sales", "orders", "share")


def _with_dimension(star: Star, sales: "Table", by: str) -> "tuple[Table, list[str]]":
    if by == "month":
        return with_month(sales), ["month"]
    if by == "category":
        return sales.inner_join(star.products.select("product_key", by), "product_key"), [by]
    return sales, []
