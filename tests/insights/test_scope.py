"""Scopes: a customer has one segment, whatever other period is queried."""

from datetime import date

import pytest

from regulars.insights.periods import Comparison, Span
from regulars.insights.scope import Scope
from regulars.insights.sections import sales
from support.warehouses import BuiltWarehouse

NOVEMBER = Span(date(2011, 11, 1), date(2011, 11, 30))


@pytest.mark.parametrize("segment", ["Champions", "Loyal Customers", "Promising"])
def test_the_headline_of_a_segment_equals_the_bar_of_its_month(
    standard: BuiltWarehouse, segment: str
) -> None:
    scope = Scope(standard.warehouse, NOVEMBER, {"segment": (segment,)})
    [kpis] = scope.rows("kpis")
    [bar] = [row for row in scope.months if row["month"] == NOVEMBER.first]
    assert kpis["net_sales"] == bar["net_sales"] > 0
    assert scope.measure("net_sales") == kpis["net_sales"]


def test_the_earlier_period_of_a_segment_covers_the_same_customers(
    standard: BuiltWarehouse,
) -> None:
    before = Span(date(2010, 11, 1), date(2010, 11, 30))
    scope = Scope(standard.warehouse, NOVEMBER, {"segment": ("Champions",)})
    headlines = sales.headlines(scope, Comparison(NOVEMBER, before, ""))
    champions = [
        row["customer_id"]
        for row in standard.ask("rfm", as_of="2011-12-01")
        if row["segment"] == "Champions"
    ]
    net_sales = standard.one(
        "kpis", since=before.first, until=before.last, where={"customer_id": champions}
    )["net_sales"]
    assert headlines.main[0].before == f"{net_sales:,.0f}"
