"""The sales sections under filters: figures that keep their meaning, or say that they do not."""

from datetime import date

import pytest

from regulars.insights.parts import Kpi
from regulars.insights.periods import Comparison, Span
from regulars.insights.scope import Scope
from regulars.insights.sections.change import ChangeOf
from regulars.insights.sections.sales import headlines, places, products, trend
from regulars.insights.sections.today import HeadlinesOf
from support.present import present
from support.warehouses import BuiltWarehouse

NOVEMBER, YEAR_BEFORE = (
    Span(date(year, 11, 1), date(year, 11, 30)) for year in (2011, 2010)
)  # fmt: skip
COMPARED = Comparison(NOVEMBER, YEAR_BEFORE, f"{NOVEMBER}, compared with {YEAR_BEFORE}.")


def main(scope: Scope, compared: Comparison) -> dict[str, Kpi]:
    return {kpi.label: kpi for kpi in headlines(scope, compared, has_discounts=False).main}


def test_under_a_product_filter_its_money_per_order_is_beside_the_basket(
    shop: BuiltWarehouse,
) -> None:
    # Hats by hand: 87 in four orders, which are worth 136 with everything else in them.
    whole = Span(date(2024, 1, 1), date(2024, 4, 10))
    figures = main(Scope(shop.warehouse, where={"product_id": ["H1"]}), Comparison(whole, None, ""))
    assert {label: kpi.value for label, kpi in figures.items()} == {
        "Net sales": "87.00", "Orders": "4", "Customers": "4",
        "Net sales per order with it": "21.75", "Average basket with it": "34.00",
    }  # fmt: skip


@pytest.mark.parametrize("segment", ["Champions", "Hibernating"])
def test_a_segment_has_no_change_no_verdict_and_no_trend(
    standard: BuiltWarehouse, segment: str
) -> None:
    scope = Scope(standard.warehouse, NOVEMBER, {"segment": [segment]}, date(2011, 12, 9))
    months = tuple((date(2011, month, 1), True) for month in range(1, 12))
    found = HeadlinesOf(COMPARED, months, False)(scope)
    assert "Not compared with earlier periods" in found.detail
    for kpi in (*found.main, *found.others):
        assert (kpi.change, kpi.before, kpi.sparkline) == (None, "", None)
    change = present(ChangeOf(COMPARED)(scope))
    assert change.finding == "Segments are not compared with earlier periods"
    assert not change.parts
    by_month = trend(scope)
    assert by_month.finding.startswith("Net sales of ")
    assert "because of their recent orders" in by_month.detail
    assert not any(section.has_finding for section in (change, by_month))


def test_a_single_member_leads_nobody(shop: BuiltWarehouse) -> None:
    # Germany: 50 + 50 + 10 in three orders, all of them tea; the free pen is no sale of goods.
    germany = Scope(shop.warehouse, where={"location": ["DE"]})
    assert present(places(germany)).finding == "DE: net sales of 110.00 (only 3 orders)"
    tea = Scope(shop.warehouse, where={"product_id": ["T1"]})
    assert "leads" not in present(products(tea)).finding
    assert present(products(tea)).has_finding is False  # fewer than 30 orders
