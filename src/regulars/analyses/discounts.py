"""What discounts do."""

from typing import TYPE_CHECKING

import ibis

from regulars.analyses.columns import SHARE, with_month
from regulars.define import ColumnCard, Option, Star, analysis, column_of
from regulars.expr import ratio, total
from regulars.metrics import sales as sold
from regulars.tables import MONEY

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

STEP = 5
HIGHEST = 50
"""Bands are 5 points wide up to 50 %; whatever is above is one band."""

BANDS = (
    "0 %",
    *(f"{low}-{low + STEP} %" for low in range(0, HIGHEST, STEP)),
    f"over {HIGHEST} %",
)


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
    placed = sales.mutate(place=_band(sales))
    labelled, keys = _labelled(star, placed, by)
    groups = labelled.group_by([*keys, "place"]).aggregate(
        net_sales=total(labelled.net_amount), orders=labelled.order_key.nunique()
    )
    whole = groups.net_sales.sum().over(group_by=[groups[key] for key in keys])
    named = groups.mutate(
        band=ibis.cases(*((groups.place == n, label) for n, label in enumerate(BANDS))),
        share=ratio(groups.net_sales, whole),
    )
    ordered = named.order_by(*keys, "place")
    return ordered.select(*keys, "band", "net_sales", "orders", "share")


def _band(sales: "Table") -> "Value":
    """Return the place of a line's band. Products are compared: quotients round by engine.

    A discount was rounded at four decimals, so half a unit there, times 100, is let through.
    """
    slack = ibis.literal("0.005").cast(MONEY)
    taken, gross = sales.discount_amount.abs() * 100, sales.gross_amount.abs()
    edges = enumerate(range(STEP, HIGHEST + 1, STEP), 1)
    upper = ((taken <= gross * edge + slack, place) for place, edge in edges)
    return ibis.cases((taken == 0, 0), *upper, else_=len(BANDS) - 1)


def _labelled(star: Star, sales: "Table", by: str) -> "tuple[Table, list[str]]":
    if by == "month":
        return with_month(sales), ["month"]
    if by == "category":
        return sales.inner_join(star.products.select("product_key", by), "product_key"), [by]
    return sales, []
