"""What discounts do."""

from typing import TYPE_CHECKING

from regulars.analyses.define import Option, Star, analysis, column_of
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.columns import SHARE, with_month
from regulars.analyses.shared.discount_bands import name_of_band, place_of_band
from regulars.core.columns import ColumnCard
from regulars.core.expressions import ratio, total

if TYPE_CHECKING:
    from ibis.expr.types import Table


@analysis(
    question="How much is sold at which discount?",
    columns={
        "band": ColumnCard("Discount", "text", "Discount on the line; the upper end is included"),
        "net_sales": column_of(sold.net_sales),
        "orders": column_of(sold.orders),
        "share": SHARE,
    },
    options={"by": Option("all", "also by", choices=("all", "category", "month"))},
    chart="bar",
)
def discount_bands(star: Star, by: str = "all") -> "Table":
    """Sales before returns by the discount at which they were made.

    By category or month, the share is that of the band within it.
    """
    sales = star.sales.filter(star.sales.kind == "sale")
    placed = sales.mutate(place=place_of_band(sales))
    labelled, keys = _labelled(star, placed, by)
    groups = labelled.group_by([*keys, "place"]).aggregate(
        net_sales=total(labelled.net_amount), orders=labelled.order_key.nunique()
    )
    whole = groups.net_sales.sum().over(group_by=[groups[key] for key in keys])
    named = groups.mutate(band=name_of_band(groups.place), share=ratio(groups.net_sales, whole))
    ordered = named.order_by(*keys, "place")
    return ordered.select(*keys, "band", "net_sales", "orders", "share")


def _labelled(star: Star, sales: "Table", by: str) -> "tuple[Table, list[str]]":
    if by == "month":
        return with_month(sales), ["month"]
    if by == "category":
        return sales.inner_join(star.products.select("product_key", by), "product_key"), [by]
    return sales, []
