"""Net sales by day and by week in the 30-line shop, added up by hand."""

from datetime import date

from regulars.insights.parts import Section, Table
from regulars.insights.periods import Span
from regulars.insights.scope import Scope
from regulars.insights.sections.sales import trend
from support.warehouses import BuiltWarehouse


def figures(section: Section) -> dict[str, tuple[str, str]]:
    """Return net sales and orders of each step."""
    [table] = [part for part in section.parts if isinstance(part, Table)]
    return {name.text: (sales.text, orders.text) for name, sales, orders in table.rows}


def test_up_to_60_days_are_shown_by_day(shop: BuiltWarehouse) -> None:
    section = trend(Scope(shop.warehouse, Span(date(2024, 4, 1), date(2024, 4, 10))))
    assert (section.topic, section.period) == ("Sales by day", "1 April 2024 to 10 April 2024")
    # Orders 1013 to 1018, 1020 and 1023.
    assert section.finding == (
        "Tuesday 2 April 2024 was the best day: net sales of 44.00 (only 8 orders)"
    )
    found = figures(section)
    assert len(found) == 10
    assert found["2 Apr 2024"] == ("44.00", "2")  # two hats at 5% off and four pens: 38 + 6
    assert found["3 Apr 2024"] == ("0.00", "0")
    assert found["9 Apr 2024"] == ("−20.00", "0")  # returned: tea for 10, two mugs for 10


def test_up_to_26_weeks_are_shown_by_week_from_monday(shop: BuiltWarehouse) -> None:
    section = trend(Scope(shop.warehouse, Span(date(2024, 1, 3), date(2024, 3, 14))))
    assert section.topic == "Sales by week"
    found = figures(section)
    assert len(found) == 11
    assert found["3 Jan 2024"] == ("20.00", "1")  # the week from 1 January, cut by the period
    assert found["29 Jan 2024"] == ("44.00", "2")  # 30 for hats, and 24 - 10 for pens and teas
    assert found["11 Mar 2024"] == ("0.00", "0")


def test_longer_periods_are_shown_by_month(shop: BuiltWarehouse) -> None:
    assert trend(Scope(shop.warehouse)).topic == "Sales by month"
