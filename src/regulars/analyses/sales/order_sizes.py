"""The distribution of orders by value and by units."""

from typing import TYPE_CHECKING

from regulars.analyses.define import Option, Star, analysis, metric_column
from regulars.analyses.metrics import sales as sold
from regulars.analyses.shared.baskets import whole_orders
from regulars.analyses.shared.columns import goods
from regulars.analyses.shared.order_values import band_name, band_number, order_totals
from regulars.core.columns import ColumnCard
from regulars.core.expressions import ratio, total

if TYPE_CHECKING:
    from ibis.expr.types import Table

VALUE, UNITS = "value", "units"


@analysis(
    question="How large are the orders?",
    columns={
        "band": ColumnCard(
            "Size", "text", "Net sales or units of the order; the upper limit is included"
        ),
        "orders": ColumnCard("Orders", "count", "Orders with an amount above 0", ",d", "up"),
        "share": ColumnCard("Share of orders", "share", "Share of these orders", ".1%"),
        "net_sales": metric_column(sold.net_sales),
        "share_of_net_sales": ColumnCard(
            "Share of net sales", "share", "Share of the net sales of these orders", ".1%"
        ),
    },
    options={"by": Option(VALUE, "Size of an order: its value or its units", (VALUE, UNITS))},
    chart="bar",
)
def order_sizes(star: Star, by: str = VALUE) -> "Table":
    """Orders by the size of their value (net sales) or of their units sold, smallest first.

    These are the orders of `order_amounts`: those with an amount of 0 or less are left out, and a
    filter on products selects orders that contain them, whose whole size counts. Empty bands
    are left out.
    """
    totals = order_totals(goods(whole_orders(star)))
    numbered = totals.mutate(number=band_number(totals[by]))
    bands = numbered.group_by("number").aggregate(
        orders=numbered.count(), net_sales=total(numbered["value"])
    )
    shares = bands.mutate(
        band=band_name(bands.number),
        share=ratio(bands.orders, bands.orders.sum().over()),
        share_of_net_sales=ratio(bands.net_sales, bands.net_sales.sum().over()),
    )
    return shares.order_by("number").select(*order_sizes.columns)
