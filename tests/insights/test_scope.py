"""A part of the shop: everybody in it is in one segment, whatever days are asked for beside."""

from datetime import date

import pytest

from regulars.insights.periods import Comparison, Span
from regulars.insights.scope import Scope
from regulars.insights.sections import sales

NOVEMBER = Span(date(2011, 11, 1), date(2011, 11, 30))


@pytest.mark.parametrize("segment", ["Champions", "Loyal Customers", "Promising"])
def test_a_headline_of_a_segment_is_the_bar_of_its_month(standard, segment):
    part = Scope(standard.warehouse, NOVEMBER, {"segment": (segment,)})
    [kpis] = part.rows("kpis")
    [bar] = [row for row in part.months if row["month"] == NOVEMBER.first]
    assert kpis["net_sales"] == bar["net_sales"] > 0
    assert part.measure("net_sales") == kpis["net_sales"]


def test_the_period_before_is_that_of_the_same_customers(standard):
    before = Span(date(2010, 11, 1), date(2010, 11, 30))
    part = Scope(standard.warehouse, NOVEMBER, {"segment": ("Champions",)})
    shown = sales.headlines(part, Comparison(NOVEMBER, before, ""))
    champions = [
        row["customer_id"]
        for row in standard.ask("rfm", as_of="2011-12-01")
        if row["segment"] == "Champions"
    ]
    worth = standard.one(
        "kpis", since=before.first, until=before.last, where={"customer_id": champions}
    )["net_sales"]
    assert shown.chief[0].before == f"{worth:,.2f}"
