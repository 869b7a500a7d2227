"""The weekday section for the shop of thirty lines, worked out on paper."""

from collections.abc import Callable
from datetime import date

from regulars.insights.parts import Section
from regulars.insights.periods import Span
from regulars.insights.scope import Scope
from regulars.insights.sections.weekdays import weekdays
from support.present import present
from support.sections import table_of, texts
from support.warehouses import BuiltWarehouse

HEADING = "Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price\n"


def weekday_section(scope: Scope) -> Section:
    return present(weekdays(scope))


def shown(section: Section) -> list[list[str]]:
    """Return the table row by row, as text."""
    [table] = map(table_of, section.parts)
    return texts(table)


def test_finding_and_shares_cover_complete_months_only(shop: BuiltWarehouse) -> None:
    # April, incomplete, has Wednesdays of 38; January to March sum to 273, with 154 on Thursdays.
    section = weekday_section(Scope(shop.warehouse))
    assert (
        section.finding
        == "Thursday leads with 56.4% of net sales; no sales on Sunday (only 9 orders)"
    )
    assert "complete months only: January 2024 to March 2024" in section.detail
    assert "April 2024 (to 10 Apr) is incomplete: shown hatched" in section.detail
    assert shown(section)[-1] == [
        "Share", "8.8%", "−3.7%", "11.0%", "56.4%", "7.3%", "20.1%", "",
    ]  # fmt: skip


def test_a_cell_is_the_average_of_its_trading_days_and_blank_without_any(
    shop: BuiltWarehouse,
) -> None:
    assert shown(weekday_section(Scope(shop.warehouse)))[:-1] == [
        ["Jan 2024", "24.00", "", "30.00", "", "20.00", "20.00", ""],
        ["Feb 2024", "", "−10.00", "", "51.33", "", "17.50", ""],
        ["Mar 2024", "", "", "", "", "", "", ""],
        ["Apr 2024", "7.50", "12.00", "38.00", "", "10.00", "", ""],
    ]


def test_shades_compare_complete_months_and_every_cell_of_an_incomplete_one_is_marked(
    shop: BuiltWarehouse,
) -> None:
    [table] = map(table_of, weekday_section(Scope(shop.warehouse)).parts)
    *complete, april, _ = table.rows
    heats = {cell.text: cell.heat for row in complete for cell in row if cell.heat is not None}
    assert (heats["51.33"], heats["24.00"], heats["−10.00"]) == (1.0, 0.47, 0.0)
    assert {cell.style for cell in april if cell.text} == {"incomplete"}
    assert april[0].note == "to 10 Apr"
    assert [cell.heat for cell in april] == [None] * 8


def test_months_can_be_clicked_but_the_share_row_cannot(shop: BuiltWarehouse) -> None:
    [table] = map(table_of, weekday_section(Scope(shop.warehouse)).parts)
    assert (table.column, [row[0].member for row in table.rows]) == (
        "month", ["2024-01", "2024-02", "2024-03", "2024-04", ""],
    )  # fmt: skip


def test_a_trading_day_without_sales_of_the_selection_is_0_and_not_blank(
    shop: BuiltWarehouse,
) -> None:
    section = weekday_section(Scope(shop.warehouse, where={"location": "DE"}))
    assert shown(section)[1] == ["Feb 2024", "", "0.00", "", "33.33", "", "0.00", ""]
    assert section.finding == (
        "Thursday leads with 100.0% of net sales; no sales on Monday, Tuesday, Wednesday and 3 "
        "more (only 2 orders)"
    )


def test_a_period_that_ends_earlier_shows_the_months_up_to_its_end(shop: BuiltWarehouse) -> None:
    until_february = Scope(shop.warehouse, Span(date(2024, 2, 1), date(2024, 2, 29)))
    rows = shown(weekday_section(until_february))
    assert [row[0] for row in rows] == ["Jan 2024", "Feb 2024", "Share"]


def test_a_long_history_shows_the_last_twelve_complete_months(standard: BuiltWarehouse) -> None:
    rows = shown(weekday_section(Scope(standard.warehouse)))
    assert [row[0] for row in rows][::12] == ["Dec 2010", "Dec 2011"]
    # Large amounts have no pence.
    assert all("." not in cell for row in rows[:-1] for cell in row)
    assert {row[6] for row in rows} == {""}


def test_without_a_complete_month_there_is_no_table(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop(HEADING + "1,2024-03-05,c1,tea,2,3.50\n")
    section = weekday_section(Scope(shop.warehouse))
    assert section.finding.startswith("No month is complete yet")
    assert list(section.parts) == []
