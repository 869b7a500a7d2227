"""Scopes: a customer has one segment, whatever other period is queried."""

from datetime import date

import pytest

from regulars.insights.periods import Span
from regulars.insights.scope import Scope
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
